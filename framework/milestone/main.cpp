// The program around a milestone: chooses the backend, trains, and tells loss, accuracy, mistakes, time and who
// answered. Exit status: 0 the goal was reached, 1 it was missed or a kernel failed, 2 the call was wrong, 130 stopped
// by Ctrl-C.
#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "kiln/backend.hpp"
#include "kiln/memory.hpp"
#include "kiln/parallel.hpp"
#include "kiln/whole_file.hpp"
#include "milestone/confusion.hpp"
#include "milestone/curve.hpp"
#include "milestone/milestone.hpp"
#include "milestone/progress.hpp"

namespace kiln::milestone {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kReached = 0, kMissed = 1, kBadCall = 2, kStopped = 130;

volatile std::sig_atomic_t stop_wanted = 0;

struct Call {
  Options options;
  std::string backend = "student", json;
  std::vector<std::string> overrides;
  int threads = 0;  ///< 0: as many as the process has cores
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void choose_backend(const Call& call) {
  set_backend(call.backend);
  if (call.threads > 0) set_thread_count(call.threads);
  std::vector<Override> overrides;
  for (const std::string& text : call.overrides) overrides.push_back(parse_override(text));
  set_overrides(std::move(overrides));
}

bool reached(const Milestone& milestone, const Outcome& outcome) { return outcome.accuracy >= milestone.goal; }

void tell(const Milestone& milestone, const Call& call, const Outcome& outcome, double seconds) {
  std::printf("%s\n\nloss, epoch 1 to %zu%s\n%s\n", milestone.title, outcome.loss.size(),
              outcome.resumed ? " (gone on from the checkpoint)" : "", draw_curve(outcome.loss).c_str());
  std::printf("held-out examples\n%s\n", draw_confusion(outcome.classes, outcome.confusion).c_str());
  std::printf("held-out accuracy  %.1f %% of %lld examples (trained on %lld); the goal is %.1f %%: %s\n",
              100 * outcome.accuracy, static_cast<long long>(outcome.held_out),
              static_cast<long long>(outcome.trained_on), 100 * milestone.goal,
              reached(milestone, outcome) ? "reached" : "missed");
  std::printf("time               %.2f s\n\n", seconds);
  std::printf("backend %s: who answered\n%s", call.backend.c_str(),
              format_report(backend_report(call.backend)).c_str());
}

bool write_json(const Milestone& milestone, const Call& call, const Outcome& outcome, double seconds) {
  nlohmann::json json{{"milestone", milestone.name},
                      {"backend", call.backend},
                      {"seed", call.options.seed},
                      {"loss", outcome.loss},
                      {"accuracy", outcome.accuracy},
                      {"goal", milestone.goal},
                      {"held_out", outcome.held_out},
                      {"trained_on", outcome.trained_on},
                      {"classes", outcome.classes},
                      {"confusion", outcome.confusion},
                      {"seconds", seconds},
                      {"resumed", outcome.resumed},
                      {"reached", reached(milestone, outcome)}};
  for (const SlotReport& slot : backend_report(call.backend))
    json["slots"].push_back(
        {{"family", slot.family}, {"kernel", slot.kernel}, {"answer", std::string(to_string(slot.answer))}});
  const auto problem = write_atomically(call.json, json.dump(2) + '\n');
  if (problem) std::fprintf(stderr, "%s\n", problem->c_str());
  return !problem;
}

int tell_stopped(const Call& call, const Outcome& outcome) {
  std::fprintf(stderr, "stopped after %zu whole epochs.\n", outcome.loss.size());
  if (!call.options.checkpoint.empty())
    std::fprintf(stderr, "%s holds the run: the same command goes on with it.\n", call.options.checkpoint.c_str());
  return kStopped;
}

/// Whether all that the call names can be had; says what cannot.
bool check_call(const Call& call) {
  try {
    choose_backend(call);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return false;
  }
  if (!call.options.checkpoint.empty() && !milestone().keeps_checkpoints) {
    std::fprintf(stderr, "%s takes seconds and keeps no checkpoint; leave --checkpoint out\n", milestone().name);
    return false;
  }
  for (const std::string& path : {call.json, call.options.checkpoint})
    if (const auto problem = path.empty() ? std::nullopt : why_not_writable(path)) {
      std::fprintf(stderr, "%s\n", problem->c_str());
      return false;
    }
  return true;
}

int run_milestone(Call call) {
  if (!check_call(call)) return kBadCall;
  // The first Ctrl-C ends the run between two steps; the second ends the program.
  struct sigaction action {};
  action.sa_handler = [](int) { stop_wanted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  call.options.stop = [] { return stop_wanted != 0; };

  const Milestone& chosen = milestone();
  const auto start = Clock::now();
  const Outcome outcome = chosen.run(call.options, progress_line());
  const double seconds = seconds_since(start);
  end_progress_line();
  if (outcome.stopped) return tell_stopped(call, outcome);
  tell(chosen, call, outcome, seconds);
  if (!call.json.empty() && !write_json(chosen, call, outcome, seconds)) return kBadCall;
  return reached(chosen, outcome) ? kReached : kMissed;
}

int parse_and_run(int argc, char** argv) {
  CLI::App cli{milestone().title};
  Call call;
  cli.add_option("--backend", call.backend, "student (what is written; the rest is the reference's), reference, ...");
  cli.add_option("--override", call.overrides, "KERNEL=student or KERNEL=reference, for one kernel");
  cli.add_option("--threads", call.threads, "that kernels may use (default: one a core)")->check(CLI::Range(1, 1024));
  cli.add_option("--seed", call.options.seed, "of drawn data, the first weights and the order of examples");
  cli.add_option("--epochs", call.options.epochs, "at most (default: what the milestone takes)")
      ->check(CLI::Range(1, 1'000'000));
  cli.add_option("--checkpoint", call.options.checkpoint,
                 "keep the run in this file, and go on from it where it exists");
  cli.add_option("--json", call.json, "write the result to this file too");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : kBadCall;
  }
  return run_milestone(std::move(call));
}

}  // namespace
}  // namespace kiln::milestone

int main(int argc, char** argv) {
  kiln::keep_freed_memory();
  try {
    return kiln::milestone::parse_and_run(argc, argv);
  } catch (const std::exception& error) {
    kiln::milestone::end_progress_line();
    std::fprintf(stderr, "the milestone stopped: %s\nWho answered each kernel, `kiln status` tells.\n", error.what());
    return 1;
  }
}
