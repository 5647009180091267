// kiln-peers: Kiln's kernels beside the libraries that this machine has. tools/peers builds and starts it; the method
// and the JSON are described in docs/peers.md.
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <regex>

#include "peers/problems.hpp"
#include "peers/report.hpp"

namespace {

using namespace kiln::peers;

volatile sig_atomic_t interrupted = 0;

struct Call {
  std::string json, only = "", threads = "both", spoil;
  double seconds = 2;
  std::uint64_t seed = 1;
  bool missing = false, list = false, must_hold = false, variants = false;
};

/// From the system's own description; "" where it has none.
std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "";
}

std::vector<std::unique_ptr<Peer>> contestants(const Call& call, [[maybe_unused]] std::vector<std::string>& missing) {
  std::vector<std::unique_ptr<Peer>> all = kiln_backends(call.variants);
#ifdef KILN_PEERS_OPENBLAS
  all.push_back(openblas());
#else
  missing.push_back("openblas");
#endif
#ifdef KILN_PEERS_ONEDNN
  all.push_back(onednn());
#else
  missing.push_back("onednn");
#endif
#ifdef KILN_PEERS_EIGEN
  all.push_back(eigen());
#else
  missing.push_back("eigen");
#endif
#ifdef KILN_PEERS_LIBTORCH
  all.push_back(libtorch());
#else
  missing.push_back("libtorch");
#endif
  return all;
}

/// A line that is written over where somebody watches, and nothing elsewhere.
class Progress {
 public:
  Progress() : live_(isatty(STDERR_FILENO) != 0) {}
  ~Progress() { clear(); }
  void say(const std::string& text) {
    if (!live_) return;
    std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
    std::fflush(stderr);
  }
  void clear() { say(""); }

 private:
  bool live_;
};

/// Whether one of Kiln's own was wrong or failed.
bool disgraced(const Run& run) {
  for (const Result& result : run.results)
    for (const Standing& each : result.standings)
      if (each.ours && (each.status == Status::wrong || each.status == Status::failed)) return true;
  return false;
}

int measure(const Call& call, const std::vector<Problem>& chosen) {
  Run run{.processor = processor(), .seconds = call.seconds, .seed = call.seed};
  const auto peers = contestants(call, run.missing);
  const char* no_colour = std::getenv("NO_COLOR");
  const bool colour = isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0');
  Progress progress;

  // The roofs of this very run.
  std::vector<int> counts;
  for (const int count : {1, 2})
    if (call.threads == "both" || call.threads == std::to_string(count)) counts.push_back(count);
  progress.say("measuring the machine's roofs");
  for (const int count : counts) run.roofs.push_back(kiln::speed::measure_roofs(count));
  for (const auto& peer : peers) run.libraries.push_back({peer->name(), peer->description(), peer->ours()});
  progress.clear();
  std::fputs(heading(run, colour).c_str(), stdout);
  std::fflush(stdout);

  // One thread first: threads that a library has started may disturb.
  const std::size_t cases = counts.size() * chosen.size();
  for (std::size_t i = 0; i < cases && interrupted == 0; ++i) {
    const std::size_t row = i / chosen.size();
    const Problem& problem = chosen[i % chosen.size()];
    ContestOptions options{.threads = counts[row], .seconds = call.seconds, .seed = call.seed, .spoil = call.spoil};
    const std::string place = "[" + std::to_string(i + 1) + "/" + std::to_string(cases) + "] " + problem.name + ", " +
                              std::to_string(counts[row]) + (counts[row] == 1 ? " thread" : " threads");
    options.stopped = [] { return interrupted != 0; };
    options.on_round = [&](int rounds) { progress.say(place + ": " + std::to_string(rounds) + " rounds"); };
    progress.say(place + ": checking");
    Result result = contest(problem, peers, options);
    progress.clear();
    if (result.rounds == 0 && interrupted != 0) break;
    std::fputs(table(result, run.roofs[row], colour).c_str(), stdout);
    std::fflush(stdout);
    run.results.push_back(std::move(result));
    run.complete = false;
    if (!call.json.empty()) write_json(run, call.json);
  }
  run.complete = interrupted == 0;
  if (!call.json.empty()) write_json(run, call.json);

  bool well = !disgraced(run);
  if (call.must_hold) {
    const std::vector<Verdict> all = verdicts(run.results, run.roofs);
    std::fputs(table(all, colour).c_str(), stdout);
    for (const Verdict& each : all) well = well && each.holds;
  }
  if (interrupted != 0) std::fprintf(stderr, "peers: interrupted; what was measured so far stands above\n");
  return interrupted != 0 ? 130 : well ? 0 : 1;
}

int run(const Call& call) {
  if (call.missing) {
    std::vector<std::string> missing;
    contestants(call, missing);
    for (const std::string& each : missing) std::printf("%s\n", each.c_str());
    return 0;
  }
  std::vector<Problem> chosen;
  for (Problem& each : problems())
    if (std::regex_search(each.name, std::regex(call.only))) chosen.push_back(std::move(each));
  if (chosen.empty()) {
    std::fprintf(stderr, "peers: no case matches '%s'; --list names them all\n", call.only.c_str());
    return 2;
  }
  if (call.list) {
    for (const Problem& each : chosen) std::printf("%s\n", each.name.c_str());
    return 0;
  }
  return measure(call, chosen);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli{"Kiln's kernels beside the libraries that this machine has, in turns, on fresh inputs.", "tools/peers"};
  Call call;
  cli.add_option("--json", call.json, "write the results to this file too, case by case");
  cli.add_option("--only", call.only, "cases whose name this regular expression finds: --only 'sgemm|conv2d'");
  cli.add_option("--threads", call.threads)->check(CLI::IsMember({"1", "2", "both"}))->capture_default_str();
  cli.add_option("--seconds", call.seconds, "of rounds for each case")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  cli.add_option("--seed", call.seed, "of the inputs")->capture_default_str();
  cli.add_flag("--list", call.list, "name the cases");
  cli.add_flag("--must-hold", call.must_hold,
               "end with the promises of the optimized kernels; status 1 if one is missed");
  cli.add_flag("--variants", call.variants, "also the optimized kernels of each instruction set");
  cli.add_flag("--missing", call.missing, "name the peers that this program was built without")->group("");
  cli.add_option("--spoil", call.spoil, "falsify this contestant's answers, to see them found")->group("");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2;
  }
  // What is freed is kept: otherwise whoever allocates results is measured by the system's clearing of pages.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
  // The first Ctrl-C ends the run with what was measured, the second at once.
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  try {
    return run(call);
  } catch (const std::regex_error& error) {
    std::fprintf(stderr, "peers: --only '%s' is no regular expression: %s\n", call.only.c_str(), error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "peers: %s\n", error.what());
    return 3;
  }
}
