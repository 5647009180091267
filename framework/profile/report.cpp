// Tables of fixed columns: a row a kernel, a row a layer.
#include "profile/report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "profile/roofline_chart.hpp"

namespace kiln::profile {
namespace {

constexpr std::size_t kMostKernels = 20, kMostHoldings = 6;

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

/// "compute" where enough operations fall on a byte, else "memory".
const char* bound(const speed::Roofs& roofs, const KernelRow& row) {
  return attainable(roofs, row.intensity()) >= roofs.flops ? "compute" : "memory";
}

std::string kernel_line(const Report& report, const KernelRow& row) {
  const auto steps = static_cast<double>(std::max<std::int64_t>(report.steps, 1));
  std::string line = fmt::format("{:<28} {:>8.4g} {:>10.4f} {:>10.4f} {:>6.1f}", row.kernel,
                                 static_cast<double>(row.calls) / steps, 1e3 * row.self_seconds / steps,
                                 1e3 * row.seconds / steps, percent(row.self_seconds, report.summary.seconds));
  if (row.cost.flops <= 0 && row.cost.bytes <= 0) return line + "\n";
  line += fmt::format(" {:>10.3g} {:>9.3g} {:>9.2f} {:>8.2f}", row.cost.flops / steps * 1e-6,
                      row.cost.bytes / steps * 1e-6, row.flops_rate() * 1e-9, row.bytes_rate() * 1e-9);
  line += fmt::format(" {:>7.1f} {:>7.1f}  {}", percent(row.flops_rate(), report.roofs.flops),
                      percent(row.bytes_rate(), report.roofs.bytes), bound(report.roofs, row));
  return line + "\n";
}

std::string kernel_table(const Report& report) {
  std::string text =
      fmt::format("{:<28} {:>8} {:>10} {:>10} {:>6} {:>10} {:>9} {:>9} {:>8} {:>7} {:>7}  {}\n", "kernel", "calls",
                  "self ms", "total ms", "%", "MFLOP", "MB", "GFLOP/s", "GB/s", "%FMA", "%mem", "nearer roof");
  std::size_t shown = 0;
  double rest = 0;
  for (const KernelRow& row : report.summary.kernels) {
    if (shown++ < kMostKernels)
      text += kernel_line(report, row);
    else
      rest += row.self_seconds;
  }
  const auto steps = static_cast<double>(std::max<std::int64_t>(report.steps, 1));
  if (shown > kMostKernels)
    text += fmt::format("{:<28} {:>8} {:>10.4f} {:>10} {:>6.1f}\n", fmt::format("{} others", shown - kMostKernels), "",
                        1e3 * rest / steps, "", percent(rest, report.summary.seconds));
  const double outside = std::max(0.0, report.summary.seconds - report.summary.kernel_seconds);
  return text + fmt::format("{:<28} {:>8} {:>10.4f} {:>10} {:>6.1f}\n", "outside of kernels", "", 1e3 * outside / steps,
                            "", percent(outside, report.summary.seconds));
}

std::string layer_table(const Report& report) {
  const auto steps = static_cast<double>(std::max<std::int64_t>(report.steps, 1));
  std::string text =
      fmt::format("{:<28} {:>8} {:>10} {:>11} {:>6} {:>10} {:>9} {:>9} {:>8} {:>7} {:>7}\n", "layer", "calls",
                  "forward ms", "backward ms", "%", "MFLOP", "MB", "GFLOP/s", "GB/s", "%FMA", "%mem");
  for (const LayerRow& row : report.summary.layers) {
    const double seconds = row.seconds(), flops = seconds > 0 ? row.cost.flops / seconds : 0,
                 bytes = seconds > 0 ? row.cost.bytes / seconds : 0;
    text += fmt::format(
        "{:<28} {:>8.4g} {:>10.4f} {:>11.4f} {:>6.1f} {:>10.3g} {:>9.3g} {:>9.2f} {:>8.2f} {:>7.1f} {:>7.1f}\n",
        row.layer, static_cast<double>(row.calls) / steps, 1e3 * row.forward_seconds / steps,
        1e3 * row.backward_seconds / steps, percent(seconds, report.summary.seconds), row.cost.flops / steps * 1e-6,
        row.cost.bytes / steps * 1e-6, flops * 1e-9, bytes * 1e-9, percent(flops, report.roofs.flops),
        percent(bytes, report.roofs.bytes));
  }
  return text;
}

std::string memory_text(const MemoryPeak& memory) {
  std::string text = fmt::format(
      "memory of tensors  at most {:.3f} MB, {:.3f} MB of it before the steps; {} allocations\n",
      static_cast<double>(memory.bytes) * 1e-6, static_cast<double>(memory.before) * 1e-6, memory.allocations);
  for (std::size_t i = 0; i < std::min(memory.holdings.size(), kMostHoldings); ++i)
    text += fmt::format("  {:<30} {:>10.3f} MB\n", memory.holdings[i].owner,
                        static_cast<double>(memory.holdings[i].bytes) * 1e-6);
  return text;
}

std::string overhead_text(const Report& report) {
  const Overhead& overhead = report.overhead;
  if (overhead.plain <= 0) return "overhead           not measured: too few steps\n";
  return fmt::format(
      "overhead           {:+.2f} % of a step, half of the pairs between {:+.2f} and {:+.2f}: {:.4f} ms with "
      "recording, "
      "{:.4f} without\n",
      100 * overhead.share, 100 * overhead.low, 100 * overhead.high, 1e3 * overhead.recorded, 1e3 * overhead.plain);
}

nlohmann::json to_json(const speed::Roofs& roofs, const KernelRow& row, double seconds) {
  nlohmann::json json{{"kernel", row.kernel},
                      {"family", row.family},
                      {"calls", row.calls},
                      {"seconds", row.seconds},
                      {"self_seconds", row.self_seconds},
                      {"share", seconds > 0 ? row.self_seconds / seconds : 0},
                      {"flops", row.cost.flops},
                      {"bytes", row.cost.bytes},
                      {"gflops", row.flops_rate() * 1e-9},
                      {"gbytes", row.bytes_rate() * 1e-9},
                      {"costed", row.costed},
                      {"layer", row.layer}};
  json["fma_roof_share"] = row.flops_rate() / roofs.flops;
  json["memory_roof_share"] = row.bytes_rate() / roofs.bytes;
  json["bound"] = row.cost.bytes > 0 ? nlohmann::json(bound(roofs, row)) : nlohmann::json(nullptr);
  return json;
}

}  // namespace

std::string format(const Report& report) {
  std::string text = fmt::format(
      "{}\n\nbackend {}, {} thread{}: {} training steps recorded{}, {:.4f} ms a step (median)\n", report.title,
      report.backend, report.roofs.threads, report.roofs.threads == 1 ? "" : "s", report.steps,
      report.stopped ? fmt::format(" of {}, then Ctrl-C", report.wanted) : "", 1e3 * report.step_seconds);
  if (report.steps_at_once > 1)
    text += fmt::format("(this milestone can be stopped every {} steps only)\n", report.steps_at_once);
  if (!report.stopped && report.steps < report.wanted)
    text += fmt::format("(the run was over before the {} steps asked for)\n", report.wanted);
  text += fmt::format("roofs measured in this run: {:.0f} GFLOP/s ({}), memory {:.1f} GB/s, L2 {:.0f}, L1 {:.0f}\n\n",
                      report.roofs.flops * 1e-9, report.roofs.vectors, report.roofs.bytes * 1e-9,
                      report.roofs.l2_bytes * 1e-9, report.roofs.l1_bytes * 1e-9);
  text += "per step, by kernel; %FMA and %mem are shares of those roofs (above 100 %mem: the data was in a cache)\n";
  text += kernel_table(report) + "\nper step, by layer\n" + layer_table(report) + "\n";
  if (!report.summary.beside.empty()) {
    text += "beside the steps, on other threads (the loader)\n";
    for (const KernelRow& row : report.summary.beside) text += kernel_line(report, row);
    text += "\n";
  }
  text += memory_text(report.memory) + overhead_text(report);
  const Bottleneck found = bottleneck(report);
  text += fmt::format("\nbottleneck         {} ({:.0f} % of the time{}): {}\nnext               {}\n", found.name,
                      100 * found.share, found.bound.empty() ? "" : ", bound by " + found.bound, found.why, found.next);
  for (const std::string& file : report.files) text += fmt::format("wrote              {}\n", file);
  return text;
}

nlohmann::json to_json(const Report& report) {
  const Bottleneck found = bottleneck(report);
  nlohmann::json json{{"milestone", report.milestone},
                      {"backend", report.backend},
                      {"steps", report.steps},
                      {"wanted", report.wanted},
                      {"steps_at_once", report.steps_at_once},
                      {"stopped", report.stopped},
                      {"step_seconds", report.step_seconds},
                      {"seconds", report.summary.seconds},
                      {"kernel_seconds", report.summary.kernel_seconds},
                      {"flops", report.summary.cost.flops},
                      {"bytes", report.summary.cost.bytes},
                      {"files", report.files}};
  json["roofs"] = {{"threads", report.roofs.threads},           {"vectors", report.roofs.vectors},
                   {"gflops", report.roofs.flops * 1e-9},       {"memory_gbytes", report.roofs.bytes * 1e-9},
                   {"l1_gbytes", report.roofs.l1_bytes * 1e-9}, {"l2_gbytes", report.roofs.l2_bytes * 1e-9}};
  json["kernels"] = nlohmann::json::array();
  for (const KernelRow& row : report.summary.kernels)
    json["kernels"].push_back(to_json(report.roofs, row, report.summary.seconds));
  json["beside"] = nlohmann::json::array();
  for (const KernelRow& row : report.summary.beside)
    json["beside"].push_back(to_json(report.roofs, row, report.summary.seconds));
  json["layers"] = nlohmann::json::array();
  for (const LayerRow& row : report.summary.layers)
    json["layers"].push_back({{"layer", row.layer},
                              {"calls", row.calls},
                              {"forward_seconds", row.forward_seconds},
                              {"backward_seconds", row.backward_seconds},
                              {"flops", row.cost.flops},
                              {"bytes", row.cost.bytes}});
  json["memory"] = {{"peak_bytes", report.memory.bytes},
                    {"before_bytes", report.memory.before},
                    {"allocations", report.memory.allocations},
                    {"holdings", nlohmann::json::array()}};
  for (const Holding& holding : report.memory.holdings)
    json["memory"]["holdings"].push_back({{"owner", holding.owner}, {"bytes", holding.bytes}});
  json["overhead"] = {{"plain_seconds", report.overhead.plain},
                      {"recorded_seconds", report.overhead.recorded},
                      {"share", report.overhead.share},
                      {"low", report.overhead.low},
                      {"high", report.overhead.high}};
  json["bottleneck"] = {
      {"name", found.name}, {"share", found.share}, {"bound", found.bound}, {"why", found.why}, {"next", found.next}};
  return json;
}

}  // namespace kiln::profile
