// doctor: is this machine fit to learn on, and to grade on?
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <thread>

#include "grader/commands/commands.hpp"
#include "grader/report/text.hpp"
#include "grader/sandbox/layers.hpp"
#include "grader/sandbox/process.hpp"
#include "kiln/whole_file.hpp"

namespace kiln::grader {

namespace {

/// Prints lines, and keeps them for --json.
class Findings {
 public:
  explicit Findings(const App& app) : app_(app) {}

  void row(bool good, const std::string& name, const std::string& detail) {
    print(good ? Style::good : Style::warn, good ? "ok" : "missing", name, detail);
    rows_.push_back({{"name", name}, {"ok", good}, {"detail", detail}});
  }
  void layer(const Layer& layer) {
    const char* state = layer.in_force ? "ok" : layer.needed ? "missing" : "-";
    print(layer.in_force || !layer.needed ? Style::good : Style::warn, state,
          layer.name + (layer.required || !layer.needed ? "" : " (optional)"), layer.detail);
    layers_.push_back({{"name", layer.name},
                       {"in_force", layer.in_force},
                       {"required", layer.required},
                       {"needed", layer.needed},
                       {"detail", layer.detail},
                       {"cost", layer.cost},
                       {"next_step", layer.next_step}});
    if (layer.in_force || !layer.needed) return;
    fmt::print("           without it: {}\n", layer.cost);
    if (!layer.next_step.empty()) fmt::print("           next: {}\n", layer.next_step);
  }
  nlohmann::json json(bool learn, bool grade) const {
    return {{"fit_to_learn", learn}, {"fit_to_grade", grade}, {"layers", layers_}, {"findings", rows_}};
  }

 private:
  void print(Style style, const char* state, const std::string& name, const std::string& detail) const {
    fmt::print("  {}  {:<22} {}\n", app_.out.paint(style, fmt::format("{:<7}", state)), name, detail);
  }

  const App& app_;
  nlohmann::json rows_ = nlohmann::json::array(), layers_ = nlohmann::json::array();
};

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

bool report_learning(const App& app, Findings& findings) {
  fmt::print("{}\n", app.out.paint(Style::bold, "To learn on"));
  const Toolchain& toolchain = app.installation.toolchain;
  const bool compiler = !find_program(toolchain.compiler.front()).empty();
  findings.row(compiler, "compiler", fmt::format("{}, {}", toolchain.version, toolchain.compiler.front()));
  findings.row(true, "kernel flags", fmt::format("{}", fmt::join(toolchain.kernel_flags, " ")));
  const bool meson = !find_program("meson").empty();
  findings.row(meson, "meson", meson ? find_program("meson") : "`meson test` will not run; tools/setup installs it");
  bool complete = compiler;
  for (const Module& module : app.course.modules) {
    const auto parts = app.installation.modules.find(module.id);
    const bool built = parts != app.installation.modules.end() && !parts->second.tests.empty() &&
                       std::filesystem::exists(parts->second.tests) &&
                       std::filesystem::exists(parts->second.reference_worker);
    findings.row(built, module.id, built ? "tests, oracle and reference are built" : "not built: ninja -C build");
    complete &= built;
  }
  return complete;
}

bool report_grading(const App& app, Findings& findings) {
  fmt::print("\n{}\n", app.out.paint(Style::bold, "To grade on"));
  const Layers layers = probe_layers();
  for (const Layer& layer : layers.all) findings.layer(layer);
  findings.row(app.installation.has_solutions(), "solutions",
               app.installation.has_solutions() ? "hidden tests can run" : "a student edition: visible tests only");
  const unsigned cpus = processors();
  findings.row(cpus > 1, "processors",
               fmt::format("{}{}", cpus, cpus > 1 ? "" : "; tests and everything else share one"));
  const double stolen = stolen_share();
  findings.row(stolen < 0.05, "quiet",
               fmt::format("others took {:.1f} % of a processor just now{}", 100 * stolen,
                           stolen < 0.05 ? "" : "; speed will be measured longer"));
  return layers.fit_to_grade();
}

}  // namespace

int doctor(const App& app, const std::string& json) {
  Findings findings(app);
  const bool learn = report_learning(app, findings);
  const bool grade = report_grading(app, findings);
  fmt::print("\nThis machine is {} to learn on and {} to grade untrusted work on.\n", learn ? "fit" : "NOT fit",
             grade ? "fit" : "NOT fit");
  if (!json.empty()) {
    if (const auto problem = write_atomically(json, findings.json(learn, grade).dump(2) + "\n")) {
      fmt::print(stderr, "kiln: {}\n", *problem);
      return kJudgeFailed;
    }
  }
  return learn && grade ? kWell : kFailed;
}

}  // namespace kiln::grader
