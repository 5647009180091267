// The sanitizer stage over real submissions of module 01: each goes through build, tests and stage as in `kiln grade`.
// Sources are the solution of `fill` with one error that the tests do not see, or cannot place.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

#include "grader/build/temp_directory.hpp"
#include "grader/course/load.hpp"
#include "grader/judge/judge.hpp"

namespace kiln::grader {
namespace {

/// The build's own course; loaded once.
struct Shop {
  Installation installation;
  Module module;
};

const Shop& shop() {
  static const Shop the_shop = [] {
    auto installation = load_installation(std::filesystem::path(KILN_COURSE_JSON));
    if (!installation) throw std::runtime_error(installation.error());
    auto module = load_module(installation->source_root / "modules" / "01_tensor");
    if (!module) throw std::runtime_error("module 01 cannot be read");
    return Shop{*installation, *module};
  }();
  return the_shop;
}

constexpr const char* kHead = R"(#include <cstdio>
#include <unistd.h>
#include <vector>
#include "kiln/kernels/tensor.hpp"
using namespace kiln;
)";

/// A right `fill`, with `helper` before it and `error` run in every call.
std::string fill_with(const std::string& helper, const std::string& error) {
  return kHead + helper + R"(
void impl::fill(View out, float value) {
  [[maybe_unused]] const int n = static_cast<int>(out.size());
)" + error +
         R"(
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = out.rank() - 1; d >= 0; --d) {
      offset += rest % out.shape[d] * out.strides[d];
      rest /= out.shape[d];
    }
    out.data[offset] = value;
  }
}
)";
}

/// The line on which `words` first stand.
int line_of(const std::string& source, const std::string& words) {
  return 1 + static_cast<int>(
                 std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(source.find(words)), '\n'));
}

JudgeOptions graded(SanitizerStage stage) {
  JudgeOptions options;
  options.hidden = true;
  options.seed = 77;
  options.sanitize = stage;
  return options;
}

/// Builds, tests and sanitizes one source of `fill`.
ExerciseResult judged(const std::string& source, const JudgeOptions& options, int threads = 1,
                      std::optional<Verdict> tested = std::nullopt) {
  const TempDirectory directory("kiln-sanitize-test");
  Exercise exercise = *shop().module.find_exercise("fill");
  exercise.threads = threads;
  const Judge judge(shop().installation, shop().module);
  std::vector<Job> jobs{make_job(exercise, source)};
  if (tested) {
    jobs[0].result.verdict = *tested;
  } else {
    judge.build(jobs, directory.path(), options);
    judge.test(jobs[0], directory.path(), options);
  }
  judge.sanitize(jobs[0], directory.path(), options);
  return jobs[0].result;
}

std::string words_of(const ExerciseResult& result) {
  std::string words = "sanitizers: " + result.sanitizers + "\n" + result.detail + "\n";
  for (const Finding& finding : result.findings)
    words += finding.sanitizer + "|" + finding.what + "|" + finding.file + "|" + std::to_string(finding.line) + "|" +
             finding.function + (finding.hidden ? "|hidden\n" : "\n") + finding.text;
  return words;
}

/// Without the plain tests, one visible test: what the sanitizers say of a source.
ExerciseResult sanitized(const std::string& source, int threads = 1) {
  JudgeOptions options;
  options.sanitize = SanitizerStage::report;
  options.test = "random_shapes";
  return judged(source, options, threads, Verdict::pass);
}

struct Wrong {
  const char *name, *helper, *error, *sanitizer, *what;
};

class Finds : public testing::TestWithParam<Wrong> {};

TEST_P(Finds, kind_file_and_line) {
  const Wrong& wrong = GetParam();
  const std::string source = fill_with(wrong.helper, wrong.error);
  const ExerciseResult result = sanitized(source);
  ASSERT_EQ(result.findings.size(), 1u) << words_of(result);
  const Finding& finding = result.findings[0];
  EXPECT_EQ(finding.sanitizer, wrong.sanitizer) << words_of(result);
  EXPECT_TRUE(finding.what.starts_with(wrong.what)) << words_of(result);
  EXPECT_EQ(finding.file, "fill.cpp");
  EXPECT_EQ(finding.line, line_of(source, "// here")) << words_of(result);
  EXPECT_FALSE(finding.hidden);
  EXPECT_EQ(result.sanitizers, "address, undefined");
  // Nothing of the box or the machine, and no address.
  for (const char* secret : {"/kiln", "/tmp", "/usr", "0x", "/proc", "/worker"})
    EXPECT_EQ(finding.text.find(secret), std::string::npos) << secret << " in\n" << finding.text;
}

INSTANTIATE_TEST_SUITE_P(
    sanitize, Finds,
    testing::Values(
        Wrong{"signed_overflow", "", "volatile int big = 2147483647;\n  volatile int sum = big + 1 + n;  // here",
              "undefined", "signed integer overflow"},
        Wrong{"heap", "", "std::vector<int> own(4);\n  volatile int i = 4;\n  volatile int x = own.data()[i];  // here",
              "address", "heap-buffer-overflow: READ of size 4"},
        Wrong{"use_after_free", "",
              "int* own = new int[4]();\n  int* volatile kept = own;\n  delete[] own;\n  kept[1] = 2;  // here",
              "address", "heap-use-after-free: WRITE of size 4"},
        Wrong{"stack", "",
              "volatile int own[4] = {};\n  int* volatile p = const_cast<int*>(own);\n  p[4] = 1;  // here", "address",
              "stack-buffer-overflow: WRITE of size 4"},
        Wrong{"misaligned", "",
              "alignas(8) static char bytes[16];\n  char* volatile at = bytes + 1;\n"
              "  volatile int x = *reinterpret_cast<int*>(at);  // here",
              "undefined", "load of misaligned address"}),
    [](const auto& info) { return info.param.name; });

// ---- what must be nobody's loss

TEST(Sanitize, a_clean_solution_keeps_full_points_in_either_mode) {
  const Exercise& exercise = *shop().module.find_exercise("matmul");
  std::ifstream file(shop().installation.solutions("01_tensor") / exercise.file);
  const std::string source{std::istreambuf_iterator<char>(file), {}};
  const TempDirectory directory("kiln-sanitize-test");
  const Judge judge(shop().installation, shop().module);
  std::vector<Job> jobs{make_job(exercise, source)};
  const JudgeOptions options = graded(SanitizerStage::fail);
  judge.build(jobs, directory.path(), options);
  judge.test(jobs[0], directory.path(), options);
  const ExerciseResult tested = jobs[0].result;
  ASSERT_EQ(tested.verdict, Verdict::pass) << tested.detail;
  judge.sanitize(jobs[0], directory.path(), options);
  EXPECT_TRUE(jobs[0].result.findings.empty()) << words_of(jobs[0].result);
  EXPECT_EQ(jobs[0].result.sanitizers, "address, undefined");
  EXPECT_EQ(jobs[0].result.points, tested.points);
  EXPECT_EQ(jobs[0].result.verdict, Verdict::pass);
  EXPECT_FALSE(jobs[0].done) << "its speed is still to be measured";
  EXPECT_TRUE(std::filesystem::exists(jobs[0].worker)) << "with the plain worker";
}

/// One test of a source that passed before, under an exercise with other limits, where a finding would cost points.
ExerciseResult under_limits(const std::string& source, int memory_mb, int time_limit_ms) {
  JudgeOptions options = graded(SanitizerStage::fail);
  options.test = "random_shapes";
  const TempDirectory directory("kiln-sanitize-test");
  Exercise exercise = *shop().module.find_exercise("fill");
  exercise.memory_mb = memory_mb;
  exercise.time_limit_ms = time_limit_ms;
  std::vector<Job> jobs{make_job(exercise, source)};
  jobs[0].result.verdict = Verdict::pass;
  jobs[0].result.points = 2;
  Judge(shop().installation, shop().module).sanitize(jobs[0], directory.path(), options);
  return jobs[0].result;
}

TEST(Sanitize, memory_and_time_that_run_out_are_no_finding) {
  const ExerciseResult hungry =
      under_limits(fill_with("",
                             "for (int i = 0; i < 700; ++i) { volatile char* own = new char[1 << 20]; "
                             "for (int at = 0; at < 1 << 20; at += 4096) own[at] = 1; }"),
                   1, 2000);
  EXPECT_TRUE(hungry.findings.empty()) << words_of(hungry);
  EXPECT_EQ(hungry.sanitizers, "address, undefined; 1 test ran out of memory");
  const ExerciseResult endless = under_limits(fill_with("", "for (volatile int i = 0;; i = 1) {}"), 512, 20);
  EXPECT_TRUE(endless.findings.empty()) << words_of(endless);
  EXPECT_EQ(endless.sanitizers, "address, undefined; 1 test ran out of time, tenfold as it is");
  for (const ExerciseResult& result : {hungry, endless}) {
    EXPECT_EQ(result.points, 2);
    EXPECT_EQ(result.verdict, Verdict::pass);
  }
}

TEST(Sanitize, a_stage_that_cannot_run_says_why_and_costs_nothing) {
  Installation broken = shop().installation;
  broken.toolchain.compiler = {"/usr/bin/false"};
  const TempDirectory directory("kiln-sanitize-test");
  std::vector<Job> jobs{make_job(*shop().module.find_exercise("fill"), fill_with("", ""))};
  jobs[0].result.verdict = Verdict::slow;
  jobs[0].result.points = 2;
  Judge(broken, shop().module).sanitize(jobs[0], directory.path(), graded(SanitizerStage::fail));
  EXPECT_TRUE(jobs[0].result.sanitizers.starts_with("address, undefined could not run: ")) << jobs[0].result.sanitizers;
  EXPECT_EQ(jobs[0].result.verdict, Verdict::slow);
  EXPECT_EQ(jobs[0].result.points, 2);
  broken.toolchain.version = "clang 14.0.6";
  Judge(broken, shop().module).sanitize(jobs[0], directory.path(), graded(SanitizerStage::fail));
  EXPECT_NE(jobs[0].result.sanitizers.find("needs GCC"), std::string::npos) << jobs[0].result.sanitizers;
}

TEST(Sanitize, runs_only_where_it_can_say_more_than_the_verdict) {
  for (Verdict verdict : {Verdict::not_attempted, Verdict::compile_error, Verdict::timeout, Verdict::memory,
                          Verdict::violation, Verdict::judge_error})
    EXPECT_EQ(judged("no C++ at all", graded(SanitizerStage::fail), 1, verdict).sanitizers, "") << to_string(verdict);
  EXPECT_EQ(judged("no C++ at all", graded(SanitizerStage::off), 1, Verdict::pass).sanitizers, "");
}

// ---- what a finding is worth

/// A read beyond a block of its own, in calls with more than `least` elements: no plain test sees it.
std::string peeks(int least) {
  return fill_with("", "if (n > " + std::to_string(least) +
                           ") {\n    std::vector<int> own(4);\n    volatile int i = 4;\n"
                           "    volatile int x = own.data()[i];  // here\n  }");
}

// Tested by its visible tests and as if it had been timed, then sanitized once a stage.
TEST(Sanitize, a_report_changes_no_point_and_a_fail_costs_each_test_its_share) {
  const std::string source = peeks(1);
  const TempDirectory directory("kiln-sanitize-test");
  const Judge judge(shop().installation, shop().module);
  std::vector<Job> jobs{make_job(*shop().module.find_exercise("fill"), source)};
  JudgeOptions options;
  judge.build(jobs, directory.path(), options);
  judge.test(jobs[0], directory.path(), options);
  const ExerciseResult plain = jobs[0].result;
  ASSERT_EQ(plain.verdict, Verdict::pass) << words_of(plain);
  const double visible = jobs[0].exercise->points.visible;
  ASSERT_EQ(plain.points, visible);
  jobs[0].result.speed.push_back({.name = "large", .points = 3, .max = 4});
  jobs[0].result.points += 3;

  Job reported = jobs[0];
  options.sanitize = SanitizerStage::report;
  judge.sanitize(reported, directory.path(), options);
  EXPECT_EQ(reported.result.verdict, Verdict::pass);
  EXPECT_EQ(reported.result.points, visible + 3);
  EXPECT_TRUE(reported.result.failures.empty());
  ASSERT_EQ(reported.result.findings.size(), 1u) << "one place, one finding, however many tests meet it";
  EXPECT_EQ(reported.result.findings[0].line, line_of(source, "// here"));

  Job failed = jobs[0];
  options.sanitize = SanitizerStage::fail;
  judge.sanitize(failed, directory.path(), options);
  const ExerciseResult& result = failed.result;
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_TRUE(failed.done) << "nothing of it is to be timed";
  EXPECT_EQ(result.speed[0].points, 0);
  EXPECT_EQ(result.findings.size(), 1u);
  ASSERT_GT(result.failed, 1);
  ASSERT_GT(result.passed, 0) << "scalars have one element";
  EXPECT_EQ(result.passed + result.failed, plain.passed);
  EXPECT_EQ(static_cast<std::size_t>(result.failed), result.failures.size());
  EXPECT_DOUBLE_EQ(result.points, visible * result.passed / plain.passed);
}

TEST(Sanitize, a_test_that_had_failed_already_costs_nothing_more) {
  JudgeOptions options = graded(SanitizerStage::fail);
  options.test = "scalars";
  const TempDirectory directory("kiln-sanitize-test");
  std::vector<Job> jobs{make_job(*shop().module.find_exercise("fill"), peeks(0))};
  jobs[0].result.verdict = Verdict::pass;
  jobs[0].result.passed = 2;
  jobs[0].result.points = 2;
  // As if the visible one had failed before: only what is lost now is taken.
  jobs[0].result.failures.push_back({"fill.scalars", "fail", "", false});
  jobs[0].result.points -= jobs[0].exercise->points.visible;
  const double before = jobs[0].result.points;
  Judge(shop().installation, shop().module).sanitize(jobs[0], directory.path(), options);
  const ExerciseResult& result = jobs[0].result;
  ASSERT_EQ(result.failures.size(), 2u) << words_of(result);
  EXPECT_TRUE(result.failures[1].hidden);
  EXPECT_DOUBLE_EQ(result.points, before - jobs[0].exercise->points.hidden);
}

TEST(Sanitize, a_finding_under_a_hidden_test_says_so) {
  JudgeOptions options = graded(SanitizerStage::report);
  options.test = "six_dimensions";
  const ExerciseResult result = judged(peeks(0), options, 1, Verdict::pass);
  ASSERT_EQ(result.findings.size(), 1u) << words_of(result);
  EXPECT_TRUE(result.findings[0].hidden);
}

TEST(Sanitize, a_crash_gets_its_line) {
  // The plain verdict names the operand; the sanitizer names the line that touched it.
  const std::string source = fill_with("", "if (n > 0 && out.is_contiguous()) out.data[out.size()] = value;  // here");
  const ExerciseResult result = judged(source, graded(SanitizerStage::report));
  EXPECT_EQ(result.verdict, Verdict::crash);
  ASSERT_EQ(result.findings.size(), 1u) << words_of(result);
  EXPECT_EQ(result.findings[0].what, "SEGV, memory that is not its own: WRITE");
  EXPECT_EQ(result.findings[0].line, line_of(source, "// here"));
}

// ---- what a submission may try

TEST(Sanitize, a_printed_report_is_only_print) {
  // It names another file, and nobody died of it.
  const ExerciseResult result = sanitized(fill_with(
      "",
      "std::fprintf(stderr, \"==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1\\n    #0 0x1 in "
      "copy /kiln/work/copy.cpp:5\\n    #1 0x1 in fill /kiln/work/fill.cpp:5\\n\");"));
  EXPECT_TRUE(result.findings.empty()) << words_of(result);
}

TEST(Sanitize, closing_the_line_of_reports_hides_nothing) {
  const ExerciseResult result =
      sanitized(fill_with("",
                          "close(1);\n  close(2);\n  std::vector<int> own(4);\n  volatile int i = 4;\n"
                          "  volatile int x = own.data()[i];"));
  ASSERT_EQ(result.findings.size(), 1u) << words_of(result);
  EXPECT_EQ(result.findings[0].file, "fill.cpp");
  EXPECT_EQ(result.findings[0].line, 0);
  EXPECT_NE(result.findings[0].what.find("kept back"), std::string::npos);
}

TEST(Sanitize, switches_are_refused_or_without_effect) {
  const ExerciseResult options =
      judged(fill_with("extern \"C\" const char* __asan_default_options() { return \"detect_leaks=1\"; }", ""),
             graded(SanitizerStage::report));
  EXPECT_EQ(options.verdict, Verdict::compile_error);
  EXPECT_EQ(options.sanitizers, "") << "not run at all";
  // Told apart by a macro it would be absent from the judged object; there is no such macro.
  const ExerciseResult sly = sanitized(fill_with("#ifdef __SANITIZE_ADDRESS__\n#error seen\n#endif\n", ""));
  EXPECT_EQ(sly.sanitizers, "address, undefined") << words_of(sly);
  // The attribute is without effect, and the instructor is told.
  const ExerciseResult off = sanitized(fill_with(
      "__attribute__((no_sanitize(\"address\", \"undefined\"), noinline)) static int peek(const int* p, int i) {\n"
      "  return p[i];\n}\n",
      "std::vector<int> own(4);\n  volatile int x = peek(own.data(), 4);"));
  EXPECT_EQ(off.findings.size(), 1u) << words_of(off);
  EXPECT_EQ(off.sanitizers, "address, undefined; the file names a switch of the sanitizers");
}

// ---- threads

TEST(Sanitize, a_data_race_is_found_where_threads_are_allowed) {
  const std::string race = fill_with("#include <thread>\nstatic int shared_count = 0;",
                                     "std::thread other([&] { shared_count += n; });  // there\n"
                                     "  shared_count += 1;  // here\n  other.join();");
  const ExerciseResult result = sanitized(race, 2);
  if (result.sanitizers.find("thread could not run") != std::string::npos) GTEST_SKIP() << result.sanitizers;
  EXPECT_EQ(result.sanitizers, "address, undefined, thread");
  ASSERT_EQ(result.findings.size(), 1u) << words_of(result);
  EXPECT_EQ(result.findings[0].sanitizer, "thread");
  EXPECT_TRUE(result.findings[0].what.starts_with("data race")) << words_of(result);
  const int line = result.findings[0].line;
  EXPECT_TRUE(line == line_of(race, "// here") || line == line_of(race, "// there")) << words_of(result);
}

TEST(Sanitize, threads_that_take_turns_are_no_race) {
  const ExerciseResult result =
      sanitized(fill_with("#include <mutex>\n#include <thread>\nstatic int shared_count = 0;\nstatic std::mutex lock;",
                          "std::thread other([&] { std::lock_guard guard(lock); shared_count += n; });\n"
                          "  { std::lock_guard guard(lock); shared_count += 1; }\n  other.join();"),
                2);
  EXPECT_TRUE(result.findings.empty()) << words_of(result);
  if (result.sanitizers.find("thread could not run") != std::string::npos) GTEST_SKIP() << result.sanitizers;
  EXPECT_EQ(result.sanitizers, "address, undefined, thread");
}

}  // namespace
}  // namespace kiln::grader
