// doctor: is this machine fit to learn on, and to grade on?
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>

#include "grader/commands/commands.hpp"
#include "grader/report/text.hpp"
#include "grader/sandbox/layers.hpp"
#include "grader/sandbox/process.hpp"

namespace kiln::grader {

namespace {

void row(const App& app, bool good, const std::string& name, const std::string& detail) {
  fmt::print("  {}  {:<22} {}\n", app.out.paint(good ? Style::good : Style::warn, good ? "ok     " : "missing"), name,
             detail);
}

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// The share of a busy quarter of a second in which this thread did not run: others had the processor.
double stolen_share() {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const double cpu = thread_seconds();
  while (Clock::now() - start < std::chrono::milliseconds(250)) {
  }
  const double wall = std::chrono::duration<double>(Clock::now() - start).count();
  return std::max(0.0, 1 - (thread_seconds() - cpu) / wall);
}

bool report_learning(const App& app) {
  fmt::print("{}\n", app.out.paint(Style::bold, "To learn on"));
  const Toolchain& toolchain = app.installation.toolchain;
  const bool compiler = !find_program(toolchain.compiler.front()).empty();
  row(app, compiler, "compiler", fmt::format("{}, {}", toolchain.version, toolchain.compiler.front()));
  row(app, true, "kernel flags", fmt::format("{}", fmt::join(toolchain.kernel_flags, " ")));
  const bool meson = !find_program("meson").empty();
  row(app, meson, "meson", meson ? find_program("meson") : "`meson test` will not run; tools/setup installs it");
  bool complete = compiler;
  for (const Module& module : app.course.modules) {
    const auto parts = app.installation.modules.find(module.id);
    const bool built = parts != app.installation.modules.end() && !parts->second.tests.empty() &&
                       std::filesystem::exists(parts->second.tests) &&
                       std::filesystem::exists(parts->second.reference_worker);
    row(app, built, module.id, built ? "tests, oracle and reference are built" : "not built: ninja -C build");
    complete &= built;
  }
  return complete;
}

bool report_grading(const App& app) {
  fmt::print("\n{}\n", app.out.paint(Style::bold, "To grade on"));
  const Layers layers = probe_layers();
  for (const Layer& layer : layers.all) {
    row(app, layer.in_force, layer.name + (layer.required ? "" : " (optional)"), layer.detail);
    if (layer.in_force) continue;
    fmt::print("           without it: {}\n", layer.cost);
    if (!layer.next_step.empty()) fmt::print("           next: {}\n", layer.next_step);
  }
  row(app, app.installation.has_solutions(), "solutions",
      app.installation.has_solutions() ? "hidden tests can run" : "a student edition: visible tests only");
  const unsigned cpus = processors();
  row(app, cpus > 1, "processors", fmt::format("{}{}", cpus, cpus > 1 ? "" : "; tests and everything else share one"));
  const double stolen = stolen_share();
  row(app, stolen < 0.05, "quiet",
      fmt::format("others took {:.1f} % of a processor just now{}", 100 * stolen,
                  stolen < 0.05 ? "" : "; speed will be measured longer"));
  return layers.fit_to_grade();
}

}  // namespace

int doctor(const App& app) {
  const bool learn = report_learning(app);
  const bool grade = report_grading(app);
  fmt::print("\nThis machine is {} to learn on and {} to grade untrusted work on.\n", learn ? "fit" : "NOT fit",
             grade ? "fit" : "NOT fit");
  return learn && grade ? kWell : kFailed;
}

}  // namespace kiln::grader
