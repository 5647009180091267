// The program behind `kiln journey`: measures each rung of a kernel's ladder, and tells. Exit status: 0 measured, 1 a
// rung gave a wrong result, 2 the call was wrong, 130 stopped by Ctrl-C, with a report of what was measured.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "journey/report.hpp"
#include "kiln/error.hpp"
#include "kiln/parallel.hpp"
#include "kiln/whole_file.hpp"
#include "profile/progress.hpp"

namespace kiln::journey {
namespace {

constexpr int kMeasured = 0, kFailed = 1, kBadCall = 2, kStopped = 130;
constexpr double kRoofSeconds = 0.4;

volatile std::sig_atomic_t stop_wanted = 0;

struct Call {
  std::string kernel, json, out;
  std::vector<std::string> sizes;
  int threads = 0;  ///< 0: one a core
  bool quick = false;
};

MeasureOptions options_of(const Call& call, bool fine) {
  MeasureOptions options;
  if (call.quick) options = {.rounds = 3, .round_seconds = 2e-4, .limit_seconds = 0.3};
  if (fine) options = {.rounds = 5, .round_seconds = 3e-4};
  options.stop = [] { return stop_wanted != 0; };
  return options;
}

std::vector<Problem> problems_of(const std::string& kernel, const std::vector<std::string>& words) {
  std::vector<Problem> problems;
  for (const std::string& word : words) problems.push_back(problem_of(kernel, word));
  return problems;
}

std::vector<Measured> measure_all(const Ladder& ladder, const std::vector<Problem>& problems,
                                  const MeasureOptions& options, profile::Progress& progress) {
  std::vector<Measured> measured;
  for (const Problem& problem : problems) {
    if (options.stop()) break;
    progress.show(fmt::format("{}: {} {} ({} of {})", ladder.kernel, ladder.size_name, problem.label,
                              measured.size() + 1, problems.size()));
    measured.push_back(measure(ladder, problem, expected_seconds(measured, problem, ladder.rungs.size()), options));
  }
  return measured;
}

/// A wrong call throws Error(invalid_argument) before anything is measured.
Report run(const Call& call, const std::vector<Problem>& problems, const std::vector<Problem>& fine) {
  Report report;
  report.ladder = ladder_of(call.kernel, call.threads);
  profile::Progress progress;
  report.one = report.all = speed::measure_roofs(1, kRoofSeconds);
  if (call.threads > 1) report.all = speed::measure_roofs(call.threads, kRoofSeconds);
  report.fine = measure_all(report.ladder, fine, options_of(call, true), progress);
  report.table = measure_all(report.ladder, problems, options_of(call, false), progress);
  report.stopped = stop_wanted != 0;
  return report;
}

bool write(const std::filesystem::path& path, const std::string& content) {
  const auto problem = write_atomically(path, content);
  if (problem) std::fprintf(stderr, "%s\n", problem->c_str());
  return !problem;
}

void stop_on_ctrl_c() {
  // The first Ctrl-C ends the measurement; the second ends the program.
  struct sigaction action {};
  action.sa_handler = [](int) { stop_wanted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int run_journey(Call call) {
  if (call.threads == 0) call.threads = thread_count();
  if (call.out.empty()) call.out = "journey-" + call.kernel;
  const std::filesystem::path picture = std::filesystem::path(call.out) / (call.kernel + ".svg");
  std::vector<Problem> problems, fine;
  try {
    ladder_of(call.kernel, call.threads);
    problems = problems_of(call.kernel, call.sizes.empty() ? default_sizes(call.kernel, call.quick) : call.sizes);
    if (!call.quick) fine = problems_of(call.kernel, fine_sizes(call.kernel));
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return kBadCall;
  }
  for (const std::string& path : {call.json, picture.string()})
    if (const auto problem = path.empty() ? std::nullopt : why_not_writable(path)) {
      std::fprintf(stderr, "%s\n", problem->c_str());
      return kBadCall;
    }

  stop_on_ctrl_c();
  Report report = run(call, problems, fine);
  bool written = write(picture, chart(report));
  if (written) report.files = {picture.string()};
  std::fputs(format(report, plot_style()).c_str(), stdout);
  if (!call.json.empty()) written = write(call.json, to_json(report).dump(2) + '\n') && written;
  if (!written) return kBadCall;
  return report.stopped ? kStopped : any_wrong(report) ? kFailed : kMeasured;
}

int parse_and_run(int argc, char** argv) {
  CLI::App cli{"The journey of a kernel, from textbook loops to the library, each rung measured."};
  Call call;
  cli.add_option("kernel", call.kernel, "matmul or conv2d")->required();
  cli.add_option("--sizes", call.sizes, "64,256 of matmul; 16x14,64x56 (channels x extent) of conv2d")->delimiter(',');
  cli.add_option("--threads", call.threads, "of the parallel rung (default: one a core)")->check(CLI::Range(1, 1024));
  cli.add_flag("--quick", call.quick, "fewer sizes and rounds, and no fine sizes for break-even points");
  cli.add_option("--out", call.out, "folder of the picture (default: journey-KERNEL)");
  cli.add_option("--json", call.json, "write the result to this file too");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? kMeasured : kBadCall;
  }
  return run_journey(std::move(call));
}

}  // namespace
}  // namespace kiln::journey

int main(int argc, char** argv) {
  try {
    return kiln::journey::parse_and_run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "the journey stopped: %s\n", error.what());
    return 1;
  }
}
