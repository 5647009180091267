// The program around a milestone: chooses the backend, trains, and tells loss, accuracy, time and who answered.
// Exit status: 0 the goal was reached, 1 it was missed or a kernel failed, 2 the call was wrong.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kiln/backend.hpp"
#include "milestone/curve.hpp"
#include "milestone/milestone.hpp"

namespace kiln::milestone {
namespace {

using Clock = std::chrono::steady_clock;

struct Call {
  Options options;
  std::string backend = "student", json;
  std::vector<std::string> overrides;
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void choose_backend(const Call& call) {
  set_backend(call.backend);
  std::vector<Override> overrides;
  for (const std::string& text : call.overrides) overrides.push_back(parse_override(text));
  set_overrides(std::move(overrides));
}

/// One line that is written over, on a terminal only.
Progress progress_line() {
  if (isatty(2) == 0) return [](int, int, double) {};
  return [last = Clock::time_point()](int epoch, int epochs, double loss) mutable {
    if (epoch != epochs && seconds_since(last) < 0.1) return;
    last = Clock::now();
    std::fprintf(stderr, "\r\033[Kepoch %d of at most %d, loss %.4g", epoch, epochs, loss);
  };
}

void tell(const Milestone& milestone, const Call& call, const Outcome& outcome, double seconds) {
  if (isatty(2) != 0) std::fprintf(stderr, "\r\033[K");
  std::printf("%s\n\nloss, epoch 1 to %zu\n%s\n", milestone.title, outcome.loss.size(),
              draw_curve(outcome.loss).c_str());
  const bool reached = outcome.accuracy >= milestone.goal;
  std::printf("held-out accuracy  %.1f %% of %lld examples (trained on %lld); the goal is %.1f %%: %s\n",
              100 * outcome.accuracy, static_cast<long long>(outcome.held_out),
              static_cast<long long>(outcome.trained_on), 100 * milestone.goal, reached ? "reached" : "missed");
  std::printf("time               %.2f s\n\n", seconds);
  std::printf("backend %s: who answered\n%s", call.backend.c_str(),
              format_report(backend_report(call.backend)).c_str());
}

bool write_json(const Milestone& milestone, const Call& call, const Outcome& outcome, double seconds) {
  nlohmann::json json{{"milestone", milestone.name},  {"backend", call.backend},
                      {"seed", call.options.seed},    {"loss", outcome.loss},
                      {"accuracy", outcome.accuracy}, {"goal", milestone.goal},
                      {"held_out", outcome.held_out}, {"trained_on", outcome.trained_on},
                      {"seconds", seconds},           {"reached", outcome.accuracy >= milestone.goal}};
  for (const SlotReport& slot : backend_report(call.backend))
    json["slots"].push_back(
        {{"family", slot.family}, {"kernel", slot.kernel}, {"answer", std::string(to_string(slot.answer))}});
  std::ofstream file(call.json);
  file << json.dump(2) << '\n';
  file.close();
  if (!file) std::fprintf(stderr, "%s cannot be written\n", call.json.c_str());
  return static_cast<bool>(file);
}

int run_milestone(const Call& call) {
  try {
    choose_backend(call);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  const Milestone& chosen = milestone();
  const auto start = Clock::now();
  const Outcome outcome = chosen.run(call.options, progress_line());
  const double seconds = seconds_since(start);
  tell(chosen, call, outcome, seconds);
  if (!call.json.empty() && !write_json(chosen, call, outcome, seconds)) return 2;
  return outcome.accuracy >= chosen.goal ? 0 : 1;
}

int parse_and_run(int argc, char** argv) {
  CLI::App cli{milestone().title};
  Call call;
  cli.add_option("--backend", call.backend, "student (what is written; the rest is the reference's), reference, ...");
  cli.add_option("--override", call.overrides, "KERNEL=student or KERNEL=reference, for one kernel");
  cli.add_option("--seed", call.options.seed, "of the data, the first weights and the order of examples");
  cli.add_option("--epochs", call.options.epochs, "at most (default: what the milestone takes)")
      ->check(CLI::Range(1, 1'000'000));
  cli.add_option("--json", call.json, "write the result to this file too");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2;
  }
  return run_milestone(call);
}

}  // namespace
}  // namespace kiln::milestone

int main(int argc, char** argv) {
  try {
    return kiln::milestone::parse_and_run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "\nthe milestone stopped: %s\nWho answered each kernel, `kiln status` tells.\n", error.what());
    return 1;
  }
}
