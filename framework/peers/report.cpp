// Tables and JSON.
#include "peers/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kiln/error.hpp"

namespace kiln::peers {
namespace {

using nlohmann::json;

// Where others use more of the machine than this, several threads have to wait for each other.
constexpr double kDisturbed = 0.1;

constexpr const char* kGreen = "32";
constexpr const char* kRed = "31";
constexpr const char* kBold = "1";

std::string paint(const std::string& text, const char* code, bool colour) {
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

/// The share of what the machine could do at most: the time that the nearer roof allows over the time taken.
struct Share {
  double value = 0;
  const char* roof = "";
};
Share share(const Result& result, double seconds, const speed::Roofs& roofs) {
  const double arithmetic = result.flops / roofs.flops, memory = result.bytes / roofs.bytes;
  if (arithmetic >= memory) return {arithmetic / seconds, "FMA"};
  return {memory / seconds, "memory"};
}

std::string duration(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.2f} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.3f} ms", seconds * 1e3);
  return fmt::format("{:.3f} s ", seconds);
}

std::string rate(const Result& result, double seconds) {
  if (result.flops > 0) return fmt::format("{:.1f} GFLOP/s", result.flops / seconds / 1e9);
  return fmt::format("{:.1f} GB/s   ", result.bytes / seconds / 1e9);
}

std::string threads(int count) { return count == 1 ? "1 thread" : fmt::format("{} threads", count); }

json to_json(const speed::Interval& interval) {
  return {{"median", interval.median}, {"low", interval.low}, {"high", interval.high}};
}

json to_json(const Standing& standing, const Result& result, const speed::Roofs* roofs) {
  json entry{{"name", standing.name},
             {"kind", standing.ours ? "kiln" : "peer"},
             {"status", to_string(standing.status)},
             {"note", standing.note}};
  if (!standing.call) return entry;
  const double seconds = standing.call->median;
  entry["seconds"] = to_json(*standing.call);
  entry["rounds"] = std::ranges::count_if(standing.seconds, [](double each) { return each > 0; });
  if (result.flops > 0) entry["gflops"] = result.flops / seconds / 1e9;
  if (result.bytes > 0) entry["gbytes"] = result.bytes / seconds / 1e9;
  if (roofs == nullptr) return entry;
  const Share part = share(result, seconds, *roofs);
  entry["roof"] = {{"of", part.roof}, {"share", part.value}};
  return entry;
}

json to_json(const Result& result, const speed::Roofs* roofs) {
  json entry{{"case", result.name},
             {"threads", result.threads},
             {"clock", result.threads == 1 ? "cpu" : "wall"},
             {"flops", result.flops},
             {"bytes", result.bytes},
             {"rounds", result.rounds},
             {"complete", result.complete},
             {"other_processors", result.others},
             {"contestants", json::array()},
             {"ratios", json::array()}};
  for (const Standing& each : result.standings) entry["contestants"].push_back(to_json(each, result, roofs));
  for (const Pair& each : result.pairs) {
    json pair = to_json(each.ratio);
    pair.update({{"ours", each.ours}, {"other", each.other}, {"rounds", each.rounds}});
    entry["ratios"].push_back(std::move(pair));
  }
  return entry;
}

const speed::Roofs* roofs_of(const Run& run, int threads) {
  const auto found = std::ranges::find(run.roofs, threads, &speed::Roofs::threads);
  return found == run.roofs.end() ? nullptr : &*found;
}

/// The first of Kiln's that was timed.
const Standing* leader(const Result& result) {
  const auto found =
      std::ranges::find_if(result.standings, [](const Standing& each) { return each.ours && each.call; });
  return found == result.standings.end() ? nullptr : &*found;
}

}  // namespace

json to_json(const Run& run) {
  json all{{"format", 1},
           {"processor", run.processor},
           {"seconds", run.seconds},
           {"seed", run.seed},
           {"complete", run.complete},
           {"narrowed", run.narrowed},
           {"missing", run.missing},
           {"libraries", json::array()},
           {"roofs", json::array()},
           {"cases", json::array()},
           {"promises", json::array()}};
  for (const Library& each : run.libraries)
    all["libraries"].push_back(
        {{"name", each.name}, {"kind", each.ours ? "kiln" : "peer"}, {"description", each.description}});
  for (const speed::Roofs& each : run.roofs)
    all["roofs"].push_back({{"threads", each.threads},
                            {"vectors", each.vectors},
                            {"gflops", each.flops / 1e9},
                            {"memory_gbytes", each.bytes / 1e9},
                            {"read_gbytes", each.read_bytes / 1e9},
                            {"triad_gbytes", each.triad_bytes / 1e9},
                            {"l1_gbytes", each.l1_bytes / 1e9},
                            {"l2_gbytes", each.l2_bytes / 1e9}});
  for (const Result& each : run.results) all["cases"].push_back(to_json(each, roofs_of(run, each.threads)));
  for (const Verdict& each : verdicts(run.results, run.roofs))
    all["promises"].push_back({{"case", each.name},
                               {"against", each.against},
                               {"at_least", each.at_least},
                               {"measured", each.measured ? json(*each.measured) : json()},
                               {"holds", each.holds}});
  return all;
}

void write_json(const Run& run, const std::filesystem::path& file) {
  const std::filesystem::path beside = file.string() + ".new";
  std::error_code failed;
  const bool written = static_cast<bool>((std::ofstream(beside) << to_json(run).dump(2) << '\n').flush());
  if (written) std::filesystem::rename(beside, file, failed);
  if (!written || failed)
    throw Error(ErrorKind::invalid_argument, file.string() + " cannot be written; is its folder there?");
}

std::string heading(const Run& run, bool colour) {
  std::string text = run.processor + "\n";
  for (const speed::Roofs& each : run.roofs)
    text += fmt::format("roofs of {}: {:.1f} GFLOP/s ({}), memory {:.1f} GB/s\n", threads(each.threads),
                        each.flops / 1e9, each.vectors, each.bytes / 1e9);
  for (const Library& each : run.libraries)
    if (!each.ours || !each.description.empty())
      text += fmt::format("{} {}\n", paint(fmt::format("{:<11}", each.name), kBold, colour), each.description);
  for (const std::string& each : run.narrowed)
    text += fmt::format("{} {} stands in the environment; without it a library may be faster\n",
                        paint(fmt::format("{:<11}", "narrowed"), kBold, colour), each);
  for (const std::string& each : run.missing)
    text += fmt::format("{:<11} was not there when this was built: tools/setup --peers gets it\n", each);
  return text;
}

std::string table(const Result& result, const speed::Roofs& roofs, bool colour) {
  const Standing* ours = leader(result);
  std::string text =
      fmt::format("\n{}\n", paint(fmt::format("{}, {}", result.name, threads(result.threads)), kBold, colour));
  text += fmt::format("  {:<20} {:>11} {:>16} {:>12}", "", "a call", "rate", "of the roof");
  text += ours == nullptr ? "\n" : fmt::format("   {} is ... times as fast\n", ours->name);
  for (const Standing& each : result.standings) {
    if (!each.call) {
      text += fmt::format("  {:<20} {}\n", each.name,
                          paint(to_string(each.status) + (each.note.empty() ? "" : ": " + each.note),
                                each.status == Status::left_out || each.status == Status::timed ? "0" : kRed, colour));
      continue;
    }
    const double seconds = each.call->median;
    const Share part = share(result, seconds, roofs);
    text += fmt::format("  {:<20} {:>11} {:>16} {:>5.1f}% {:<6}", each.name, duration(seconds), rate(result, seconds),
                        100 * part.value, part.roof);
    if (const Pair* pair = ours == nullptr ? nullptr : result.pair(ours->name, each.name))
      text += fmt::format(
          "  {} ({:.3f} to {:.3f}), {} rounds",
          paint(fmt::format("{:>7.3f}", pair->ratio.median), pair->ratio.median >= 1 ? kGreen : kRed, colour),
          pair->ratio.low, pair->ratio.high, pair->rounds);
    text += "\n";
  }
  if (result.threads > 1 && result.others > kDisturbed)
    text += fmt::format("  other processes used {:.1f} processors meanwhile: times on {} are too long\n", result.others,
                        threads(result.threads));
  return text;
}

std::string table(const std::vector<Verdict>& verdicts, bool colour) {
  if (verdicts.empty()) return "\nNo promise is about these cases.\n";
  std::string text = "\nMust hold, on one thread:\n";
  for (const Verdict& each : verdicts)
    text += fmt::format("  {:<24} {:<34} at least {:>5.2f}: {:>8}  {}\n", each.name, each.against, each.at_least,
                        each.measured ? fmt::format("{:.3f}", *each.measured) : "-",
                        paint(!each.measured ? "not measured"
                              : each.holds   ? "holds"
                                             : "missed",
                              each.holds ? kGreen : kRed, colour));
  return text;
}

}  // namespace kiln::peers
