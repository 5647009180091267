// Rules of thumb, in the order in which they are asked. Each names the figure it rests on.
#include <fmt/format.h>

#include <algorithm>

#include "profile/report.hpp"
#include "profile/roofline_chart.hpp"

namespace kiln::profile {
namespace {

constexpr double kFew = 0.6;          // of the roof: above it a kernel has little left to gain
constexpr double kTinyCall = 3e-6;    // seconds: what a call costs shows
constexpr double kMuchOutside = 0.4;  // of the time

bool known(const Report& report, const std::string& backend) {
  return std::ranges::find(report.backends, backend) != report.backends.end();
}

std::string other_backend(const Report& report) {
  if (report.backend.starts_with("optimized") || report.backend == "library")
    return "compare `--backend library` and `--threads`, and look whether shapes are too small for a full block";
  if (known(report, "optimized"))
    return fmt::format(
        "see what fast kernels make of it: kiln profile {} --backend optimized; how they work is module 15",
        report.milestone);
  return "make the kernel faster: blocks, vectors and threads are module 15 (acceleration)";
}

Bottleneck of_kernel(const Report& report, const KernelRow& row, double share) {
  Bottleneck found{.name = row.kernel, .share = share, .bound = {}, .why = {}, .next = {}};
  const std::string where = fmt::format("{:.0f} % of its time in {}", 100 * row.layer_share, row.layer);
  const double call = row.calls > 0 ? row.self_seconds / static_cast<double>(row.calls) : 0;
  if (row.kernel.starts_with("ring_")) {
    found.bound = "loader";
    const bool waits = row.kernel == "ring_begin_use";
    found.why = waits ? "the step waits for its batch" : "its core goes to the thread that loads, which was just woken";
    found.next = waits ? "load less or faster: look at the kernels beside the steps (collate, augment)"
                       : "measure again on an idle machine: loading wants a core of its own";
    return found;
  }
  if (call < kTinyCall) {
    found.bound = "calls";
    found.why = fmt::format("{} calls of {:.2f} us each; {}", row.calls, 1e6 * call, where);
    found.next = "give each call more to do: a larger batch, or one kernel in the place of several";
    return found;
  }
  if (!row.costed || row.cost.bytes <= 0) {
    found.bound = "compute";
    found.why = fmt::format("its work is not told by its shapes; {}", where);
    found.next = "look inside: kiln bench " + row.kernel;
    return found;
  }
  const double reach = attainable(report.roofs, row.intensity());
  const double of_roof = row.cost.flops > 0 ? row.flops_rate() / reach : row.bytes_rate() / report.roofs.bytes;
  found.bound = row.cost.flops > 0 && reach >= report.roofs.flops ? "compute" : "memory";
  found.why =
      fmt::format("{:.2f} operations a byte, {:.3g} GFLOP/s and {:.3g} GB/s: {:.0f} % of what the {} roof allows; {}",
                  row.intensity(), row.flops_rate() * 1e-9, row.bytes_rate() * 1e-9, 100 * of_roof, found.bound, where);
  if (of_roof < kFew)
    found.next = other_backend(report);
  else if (found.bound == "memory")
    found.next = "it moves data as fast as memory can: move less, by joining it with its neighbour (bias_gelu does so)";
  else
    found.next = "it is near the roof: only fewer operations, or more threads, make it faster";
  return found;
}

}  // namespace

Bottleneck bottleneck(const Report& report) {
  const Summary& summary = report.summary;
  if (summary.seconds <= 0) return {"nothing", 0, "", "no step was measured", "let it run longer"};
  const double outside = 1 - std::min(1.0, summary.kernel_seconds / summary.seconds);
  if (summary.kernels.empty() || outside > kMuchOutside) {
    return {
        "outside of kernels", outside, "framework",
        fmt::format("{:.0f} % of a step is no kernel: the tape, memory for tensors, the loop itself", 100 * outside),
        "give the kernels more to do between: a larger batch, or fewer and larger operations"};
  }
  const KernelRow& row = summary.kernels.front();
  return of_kernel(report, row, row.self_seconds / summary.seconds);
}

}  // namespace kiln::profile
