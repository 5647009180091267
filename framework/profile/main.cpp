// The program around a milestone that is profiled: every kernel of the chosen backend is instrumented, some training
// steps are recorded, and the report, its JSON and the charts are written. Exit status: 0 measured, 1 a kernel failed
// or nothing could be measured, 2 the call was wrong, 130 stopped by Ctrl-C, with a report of what was measured.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "kiln/backend.hpp"
#include "kiln/memory.hpp"
#include "kiln/parallel.hpp"
#include "kiln/whole_file.hpp"
#include "milestone/milestone.hpp"
#include "profile/flame_chart.hpp"
#include "profile/instrument.hpp"
#include "profile/progress.hpp"
#include "profile/report.hpp"
#include "profile/roofline_chart.hpp"
#include "profile/steps.hpp"

namespace kiln::profile {
namespace {

constexpr int kMeasured = 0, kFailed = 1, kBadCall = 2, kStopped = 130;
constexpr double kRoofSeconds = 0.4;

volatile std::sig_atomic_t stop_wanted = 0;

struct Call {
  std::string backend = "student", out, json;
  std::int64_t steps = 20;
  int threads = 1;
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// The run of a milestone, listened to between its steps.
class Profiled {
 public:
  Profiled(const Call& call, std::string recorded)
      : call_(call), recorded_(std::move(recorded)), plan_(call.steps), memory_(wall_clock_hooks().place) {}
  ~Profiled() { observe_tensors(nullptr); }
  Profiled(const Profiled&) = delete;
  Profiled& operator=(const Profiled&) = delete;

  /// Throws what a kernel throws. Nothing is measured where the run is over before the steps that warm up are.
  void run() {
    Recorder::instance().reset(wall_clock_hooks());
    observe_tensors(&memory_);
    set_backend(recorded_);
    begin_ = now();
    const milestone::Options options{
        .stop = [this] { return stop_wanted != 0 || plan_.mode() == StepPlan::Mode::done; }};
    milestone::milestone().run(options, [this](const milestone::Moment& moment) { between(moment); });
    Recorder::instance().record(false);
    progress_.reset();
    if (peak_.bytes == 0) peak_ = memory_.peak();
  }

  Report report(const speed::Roofs& roofs) const {
    Report report;
    report.milestone = milestone::milestone().name;
    report.title = milestone::milestone().title;
    report.backend = call_.backend;
    for (const std::string& name : known_backends())
      if (name != recorded_) report.backends.push_back(name);
    report.steps = plan_.recorded_steps();
    report.wanted = call_.steps;
    report.steps_at_once = plan_.steps_at_once();
    report.step_seconds = plan_.step_seconds();
    report.stopped = stop_wanted != 0;
    report.summary = summarise(calls_, std::this_thread::get_id(), plan_.recorded_seconds());
    report.roofs = roofs;
    report.memory = peak_;
    report.overhead = plan_.overhead();
    return report;
  }

 private:
  void between(const milestone::Moment& moment) {
    const double seconds = now() - begin_;
    const bool was_recorded = plan_.mode() == StepPlan::Mode::recorded;
    Recorder::instance().record(false);
    const std::int64_t step = (moment.epoch - 1) * moment.batches + moment.batch;
    const bool in_epochs = moment.epoch == last_epoch_;
    plan_.stretch(step - last_step_, seconds, in_epochs && moment.batch == moment.batches);
    last_step_ = step;
    last_epoch_ = moment.epoch;
    if (was_recorded) calls_ = Recorder::instance().calls();
    watch_memory();
    const bool recorded = plan_.mode() == StepPlan::Mode::recorded;
    set_backend(recorded || plan_.mode() == StepPlan::Mode::warm_up ? recorded_ : call_.backend);
    progress_->show(
        fmt::format("{}: {} of {} steps recorded", milestone::milestone().name, plan_.recorded_steps(), call_.steps));
    Recorder::instance().record(recorded);
    begin_ = now();
  }

  /// Memory is watched in the last stretch that warms up, so that watching costs nothing where time is measured.
  void watch_memory() {
    if (plan_.mode() == StepPlan::Mode::warm_up) {
      memory_.begin_steps();
    } else if (peak_.bytes == 0) {
      peak_ = memory_.peak();
      observe_tensors(nullptr);
    }
  }

  const Call& call_;
  const std::string recorded_;
  StepPlan plan_;
  TensorMemory memory_;
  MemoryPeak peak_;
  std::optional<Progress> progress_{std::in_place};
  std::vector<ThreadCalls> calls_;
  std::int64_t last_step_ = 0, last_epoch_ = 0;
  double begin_ = 0;
};

bool write(const std::filesystem::path& path, const std::string& content) {
  const auto problem = write_atomically(path, content);
  if (problem) std::fprintf(stderr, "%s\n", problem->c_str());
  return !problem;
}

/// The charts, the text and the JSON.
bool tell(Report report, const Call& call) {
  const std::string title = fmt::format("{} on {}, {} thread{}", report.milestone, report.backend, report.roofs.threads,
                                        report.roofs.threads == 1 ? "" : "s");
  const std::filesystem::path folder = call.out;
  const std::filesystem::path roofline = folder / "roofline.svg", flame = folder / "flame.svg";
  bool written = write(roofline, roofline_chart(report.summary, report.roofs, "Roofline of " + title)) &&
                 write(flame, flame_chart(report.summary, report.steps, "A training step of " + title));
  if (written) report.files = {flame.string(), roofline.string()};
  std::fputs(format(report).c_str(), stdout);
  if (!call.json.empty()) written = write(call.json, to_json(report).dump(2) + '\n') && written;
  return written;
}

/// Whether all that the call names can be had; says what cannot.
bool check_call(const Call& call) {
  try {
    set_backend(call.backend);
    set_thread_count(call.threads);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return false;
  }
  for (const std::string& path : {call.json, call.out + "/flame.svg"})
    if (const auto problem = path.empty() ? std::nullopt : why_not_writable(path)) {
      std::fprintf(stderr, "%s\n", problem->c_str());
      return false;
    }
  return true;
}

void stop_on_ctrl_c() {
  // The first Ctrl-C ends the run between two steps; the second ends the program.
  struct sigaction action {};
  action.sa_handler = [](int) { stop_wanted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int run_profile(Call call) {
  if (call.out.empty()) call.out = std::string("profile-") + milestone::milestone().name;
  if (!check_call(call)) return kBadCall;
  stop_on_ctrl_c();
  const speed::Roofs roofs = speed::measure_roofs(call.threads, kRoofSeconds);
  Profiled profiled(call, instrument_backend(call.backend));
  profiled.run();
  const Report report = profiled.report(roofs);
  if (report.steps == 0) {
    std::fprintf(stderr, "the run was over before a step was measured%s\n",
                 report.stopped ? ": it was stopped while it warmed up" : "; ask a longer milestone");
    return report.stopped ? kStopped : kFailed;
  }
  if (!tell(report, call)) return kBadCall;
  return report.stopped ? kStopped : kMeasured;
}

int parse_and_run(int argc, char** argv) {
  CLI::App cli{std::string("Profiles training steps of a milestone. ") + milestone::milestone().title};
  Call call;
  cli.add_option("--backend", call.backend,
                 "whose kernels: student (what is written; the rest is the reference's), ...");
  cli.add_option("--steps", call.steps, "how many steps to record; as many run beside them without recording")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  cli.add_option("--threads", call.threads, "that kernels may use, and the roofs are measured with")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  cli.add_option("--out", call.out, "folder of flame.svg and roofline.svg (default: profile-NAME)");
  cli.add_option("--json", call.json, "write the report to this file too");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? kMeasured : kBadCall;
  }
  return run_profile(std::move(call));
}

}  // namespace
}  // namespace kiln::profile

int main(int argc, char** argv) {
  kiln::keep_freed_memory();
  try {
    return kiln::profile::parse_and_run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "the profile stopped: %s\nWho answered each kernel, `kiln status` tells.\n", error.what());
    return 1;
  }
}
