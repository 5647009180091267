// The order of a run, and what it says meanwhile.
#include "peers/session.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace kiln::peers {
namespace {

bool colour_wanted() {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0');
}

/// From the system's own description; "" where it has none.
std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "";
}

/// Variables by which somebody chose a library's kernels, or Kiln's.
std::vector<std::string> narrowed() {
  std::vector<std::string> found;
  for (const char* name : {"OPENBLAS_CORETYPE", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY",
                           "KILN_MAX_INSTRUCTION_SET"})
    if (const char* value = std::getenv(name)) found.push_back(std::string(name) + "=" + value);
  return found;
}

void tell(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

/// Whether one of Kiln's own was wrong or failed.
bool disgraced(const Result& result) {
  return std::ranges::any_of(result.standings, [](const Standing& each) {
    return each.ours && (each.status == Status::wrong || each.status == Status::failed);
  });
}

}  // namespace

Session::Session(SessionOptions options)
    : options_(std::move(options)), colour_(colour_wanted()), live_(isatty(STDERR_FILENO) != 0) {
  run_.processor = processor();
  run_.narrowed = narrowed();
  run_.seconds = options_.seconds;
  run_.seed = options_.seed;
  run_.complete = false;
}

/// On one line, which the next call writes over; nothing where nobody watches.
void Session::say(const std::string& progress) const {
  if (!live_) return;
  std::fprintf(stderr, "\r\x1b[K%s", progress.c_str());
  std::fflush(stderr);
}

void Session::save() const {
  if (!options_.json.empty()) write_json(run_, options_.json);
}

void Session::begin(const Peers& peers) {
  for (const auto& peer : peers) run_.libraries.push_back({peer->name(), peer->description(), peer->ours()});
  save();
  say("measuring the machine's roofs");
  for (const int threads : options_.threads) run_.roofs.push_back(speed::measure_roofs(threads));
  say("");
  tell(heading(run_, colour_));
}

void Session::measure(const Problem& problem, const Peers& peers, const speed::Roofs& roofs, const std::string& place) {
  ContestOptions options{.threads = roofs.threads,
                         .seconds = options_.seconds,
                         .seed = options_.seed,
                         .spoil = options_.spoil,
                         .stopped = options_.stopped};
  options.on_round = [&](int rounds) { say(place + ": " + std::to_string(rounds) + " rounds"); };
  say(place + ": checking");
  Result result = contest(problem, peers, options);
  say("");
  if (result.rounds == 0 && options_.stopped()) return;
  tell(table(result, roofs, colour_));
  run_.results.push_back(std::move(result));
  save();
}

int Session::run(const std::vector<Problem>& problems, const Peers& peers, std::vector<std::string> missing) {
  run_.missing = std::move(missing);
  begin(peers);
  // The fewest threads first: those that a library has started may disturb.
  const std::size_t cases = run_.roofs.size() * problems.size();
  std::size_t number = 0;
  for (const speed::Roofs& roofs : run_.roofs)
    for (const Problem& problem : problems) {
      const std::string threads = std::to_string(roofs.threads) + (roofs.threads == 1 ? " thread" : " threads");
      const std::string place = "[" + std::to_string(++number) + "/" + std::to_string(cases) + "] ";
      if (!options_.stopped()) measure(problem, peers, roofs, place + problem.name + ", " + threads);
    }
  run_.complete = !options_.stopped();
  save();
  return status();
}

int Session::status() const {
  bool well = std::ranges::none_of(run_.results, disgraced);
  if (options_.must_hold) {
    const std::vector<Verdict> all = verdicts(run_.results, run_.roofs);
    tell(table(all, colour_));
    well = well && std::ranges::all_of(all, &Verdict::holds);
  }
  if (!run_.complete) {
    std::fprintf(stderr, "peers: interrupted; what was measured so far stands above\n");
    return 130;
  }
  return well ? 0 : 1;
}

}  // namespace kiln::peers
