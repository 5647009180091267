// The command line of a module's test program.
#include "testing/options.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "testing/run.hpp"

namespace kiln::testing {

namespace {

double parse_number(const std::string& text, const std::string& whole) {
  try {
    std::size_t used = 0;
    const double value = std::stod(text, &used);
    if (used == text.size()) return value;
  } catch (const std::exception&) {  // told below, with the whole request
  }
  throw Error(ErrorKind::invalid_argument, "--speed " + whole + ": expected NAME or NAME=RATIO:POINTS,..., found \"" +
                                               text + "\" where a number should be");
}

}  // namespace

SpeedRequest parse_speed_request(const std::string& text) {
  SpeedRequest request;
  const std::size_t equals = text.find('=');
  request.name = text.substr(0, equals);
  if (request.name.ends_with("@wall")) {
    request.parallel = true;
    request.name.resize(request.name.size() - 5);
  }
  if (equals == std::string::npos) return request;
  for (std::size_t start = equals + 1; start <= text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    const std::string step = text.substr(start, end - start);
    const std::size_t colon = step.find(':');
    request.steps.push_back({parse_number(step.substr(0, colon), text),
                             parse_number(colon == std::string::npos ? "" : step.substr(colon + 1), text)});
    start = end + 1;
  }
  return request;
}

Options parse_options(int argc, char** argv) {
  Options options;
  std::string seed;
  std::vector<std::string> speed;
  bool speed_only = false, in_process = true;  // parse() writes here: they outlive the blocks below
  CLI::App app{
      runs_in_process()
          ? "Runs a module's tests on the kernels that are linked into this program: for gdb, valgrind and sanitizers."
          : "Runs a module's tests against a worker: a process of its own that hosts one implementation's kernels."};
  if (!runs_in_process()) {
    app.add_option("--worker", options.student.worker, "the worker program under test")
        ->required()
        ->check(CLI::ExistingFile);
    app.add_option("--launch", options.student.launcher,
                   "one word of the command that puts workers into a sandbox; repeat it")
        ->allow_extra_args(false);
    app.add_option_function<std::string>(
        "--implementation",
        [&](const std::string& name) {
          options.student.arguments = {"--implementation", name};
        },
        "which of the worker's implementations to run (default: the one it has)");
    app.add_option("--reference-worker", options.reference.worker, "the reference's worker, for --speed")
        ->check(CLI::ExistingFile);
    app.add_option_function<std::string>(
        "--reference-implementation",
        [&](const std::string& name) {
          options.reference.arguments = {"--implementation", name};
        },
        "which of its implementations is the reference (default: the one it has)");
    app.add_option("--speed", speed, "measure this case (NAME, or NAME=RATIO:POINTS,... to compare with steps)")
        ->allow_extra_args(false);
    app.add_flag("--speed-only", speed_only, "measure, without running the tests first");
    app.add_option("--time-limit-ms", options.time_limit_ms, "of one call, in the worker's CPU time")
        ->check(CLI::PositiveNumber);
    app.add_option("--threads", options.threads, "that a kernel may use; the launcher sees to it that it uses no more")
        ->check(CLI::PositiveNumber);
    app.add_option("--cpu", options.cpu, "the processor that this program and its workers share");
  } else {
    app.add_flag("--in-process", in_process, "says what this program does anyway");
  }
  app.add_option("--seed", seed, "draw the cases from this seed, decimal or 0x...");
  app.add_option("--case", options.only_case, "run this case of each property alone");
  app.add_option("--report", options.report, "write a JSON report to this file");
  app.add_option("--rerun", options.rerun, "the command that failures name for running one test again");
  app.add_flag("--quiet", options.quiet, "print nothing about single tests");
  app.footer(
      "GoogleTest's own options work too: --gtest_filter=matmul.*, --gtest_list_tests, ...\n"
      "Exit status: 0 all passed, 1 something failed, 2 the call was wrong, 3 the judge itself failed, 77 all is still "
      "a stub.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::printf("%s", app.help().c_str());
    throw CLI::Success();
  }
  options.seed = Run{}.seed;
  if (!seed.empty()) {
    std::size_t used = 0;
    try {
      options.seed = std::stoull(seed, &used, 0);
    } catch (const std::exception&) {  // told below
    }
    if (used != seed.size() || seed.front() == '-')
      throw CLI::ValidationError("--seed", "expected a number such as 42 or 0x2a, found \"" + seed + "\"");
  }
  options.correctness = !speed_only;
  options.reference.launcher = options.student.launcher;
  for (const std::string& request : speed) options.speed.push_back(parse_speed_request(request));
  if (!options.speed.empty() && options.reference.worker.empty())
    throw CLI::ValidationError("--speed", "needs --reference-worker: speed is a ratio to the reference");
  return options;
}

}  // namespace kiln::testing
