// Ladders of made-up rungs: how they are measured, verified, compared and drawn.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <set>

#include "journey/report.hpp"
#include "kiln/backend.hpp"
#include "kiln/error.hpp"
#include "kiln/kernels/tensor.hpp"

namespace kiln::journey {
namespace {

// One input and one output of n floats: each element doubled.
void doubled(std::span<const ConstView> in, View out) {
  for (std::int64_t i = 0; i < out.size(); ++i) out.data[i] = 2 * in[0].data[i];
}

Problem problem(std::int64_t n) {
  const auto size = static_cast<double>(n);
  return {.label = std::to_string(n), .size = size, .inputs = {{n}}, .output = {n}, .flops = 1e9 * size, .terms = 1};
}

Rung rung(const std::string& id, Work work) {
  return {.id = id, .title = id, .backend = kReference, .work = std::move(work)};
}

Ladder ladder_of(std::vector<Rung> rungs) {
  return {.kernel = "double", .size_name = "n", .rungs = std::move(rungs), .reference = doubled, .note = ""};
}

const MeasureOptions kQuick{.rounds = 3, .round_seconds = 1e-5};

TEST(Measure, TimesWhatIsRight) {
  int calls = 0;
  std::set<const float*> inputs;
  const Ladder ladder = ladder_of({rung("right", [&](std::span<const ConstView> in, View out) {
    ++calls;
    inputs.insert(in[0].data);
    doubled(in, out);
  })});
  const Measured measured = measure(ladder, problem(64), {0}, kQuick);
  EXPECT_GT(measured.results[0].seconds, 0);
  EXPECT_EQ(measured.results[0].rounds, 3);
  EXPECT_EQ(measured.results[0].wrong, "");
  EXPECT_GE(calls, 5);
  EXPECT_GT(inputs.size(), 1u) << "inputs change from call to call";
}

TEST(Measure, WhatIsWrongIsNotTimed) {
  const Ladder ladder = ladder_of({
      rung("right", doubled),
      rung("a little off",
           [](std::span<const ConstView> in, View out) {
             doubled(in, out);
             out.data[3] += 1e-5f;
           }),
      rung("leaves one out",
           [](std::span<const ConstView> in, View out) {
             doubled(in, View{out.data, {out.size() - 1}, {1}});
           }),
      rung("throws", [](std::span<const ConstView>, View) { throw Error(ErrorKind::exception, "no such luck"); }),
  });
  const Measured measured = measure(ladder, problem(64), {0, 0, 0, 0}, kQuick);
  EXPECT_EQ(measured.results[0].wrong, "");
  EXPECT_GT(measured.results[0].seconds, 0);
  EXPECT_NE(measured.results[1].wrong.find("element 3"), std::string::npos) << measured.results[1].wrong;
  EXPECT_NE(measured.results[2].wrong.find("element 63"), std::string::npos) << measured.results[2].wrong;
  EXPECT_NE(measured.results[3].wrong.find("no such luck"), std::string::npos);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(measured.results[i].seconds, 0);
}

TEST(Measure, ARungThatGoesWrongLaterIsFound) {
  int calls = 0;
  const Ladder ladder = ladder_of({rung("tired", [&](std::span<const ConstView> in, View out) {
    doubled(in, out);
    if (++calls > 4) out.data[0] = 7;
  })});
  const Measured measured = measure(ladder, problem(8), {0}, {.rounds = 50, .round_seconds = 1e-9});
  EXPECT_NE(measured.results[0].wrong, "");
  EXPECT_EQ(measured.results[0].seconds, 0);
}

TEST(Measure, SkipsWhatIsMissingOrTooSlow) {
  Rung missing = rung("missing", {});
  missing.missing = "nobody wrote it";
  const Ladder ladder = ladder_of({missing, rung("slow", doubled), rung("right", doubled)});
  const Measured measured = measure(ladder, problem(8), {0, 100, 1}, kQuick);
  EXPECT_EQ(measured.results[0].skipped, "nobody wrote it");
  EXPECT_EQ(measured.results[1].skipped, "a call would take about 100 s");
  EXPECT_GT(measured.results[2].seconds, 0);
}

TEST(Measure, CallsRunOnTheRungsBackend) {
  register_backend<TensorSlots>("journey-test", {});
  std::set<std::string> seen;
  Rung other = rung("other", [&](std::span<const ConstView> in, View out) {
    seen.insert(get_backend());
    doubled(in, out);
  });
  other.backend = "journey-test";
  measure(ladder_of({other, rung("right", doubled)}), problem(8), {0, 0}, kQuick);
  EXPECT_EQ(seen, std::set<std::string>{"journey-test"});
  set_backend(kReference);
}

Measured timed(std::int64_t n, std::vector<double> seconds) {
  Measured measured{problem(n), {}};
  for (const double each : seconds) measured.results.push_back({.seconds = each, .rounds = 1});
  return measured;
}

TEST(ExpectedSeconds, FollowTheLargestProblem) {
  const std::vector<Measured> before{timed(100, {1, 0}), timed(10, {5, 2})};
  EXPECT_EQ(expected_seconds(before, problem(200), 2), (std::vector<double>{2, 40}));
  EXPECT_EQ(expected_seconds({}, problem(200), 2), (std::vector<double>{0, 0}));
}

Ladder two() { return ladder_of({rung("a", doubled), rung("b", doubled)}); }

TEST(BreakEven, IsWhereTheLaterRungStaysFaster) {
  // Faster at 8, not at 16, then for good from 32 on.
  const std::vector<Measured> measured{timed(64, {4, 1}), timed(8, {2, 1}), timed(16, {1, 2}), timed(32, {3, 2})};
  const auto points = break_even_points(two(), measured);
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0].at->label, "32");
  EXPECT_FALSE(points[0].from_the_first);
  EXPECT_EQ(points[0].compared, 4u);
}

TEST(BreakEven, MayBeNowhereOrEverywhere) {
  EXPECT_FALSE(break_even_points(two(), {timed(8, {2, 1}), timed(16, {1, 2})})[0].at);
  const BreakEven all = break_even_points(two(), {timed(8, {2, 1}), timed(16, {2, 1})})[0];
  EXPECT_EQ(all.at->label, "8");
  EXPECT_TRUE(all.from_the_first);
  // As fast is not faster.
  EXPECT_FALSE(break_even_points(two(), {timed(8, {1, 1})})[0].at);
}

TEST(BreakEven, PassesOverWhatWasNotTimedAndWhoIsNotThere) {
  const auto points = break_even_points(two(), {timed(8, {2, 1}), timed(16, {0, 1}), timed(32, {2, 1})});
  EXPECT_EQ(points[0].at->label, "8");
  EXPECT_EQ(points[0].compared, 2u);
  Ladder three = ladder_of({rung("a", doubled), rung("gone", {}), rung("b", doubled), rung("mine", doubled)});
  three.rungs[3].yours = true;
  const auto over = break_even_points(three, {timed(8, {2, 0, 1, 1})});
  ASSERT_EQ(over.size(), 1u);
  EXPECT_EQ(over[0].earlier, "a");
  EXPECT_EQ(over[0].later, "b");
}

Report report_of(Ladder ladder, std::vector<Measured> table) {
  Report report{.ladder = std::move(ladder), .table = std::move(table)};
  report.one.flops = report.all.flops = 100e9;
  report.one.vectors = "256-bit FMA";
  return report;
}

TEST(Span, IsTakenAt512OrAtTheLargest) {
  const Span at = span_of(report_of(two(), {timed(1024, {9, 1}), timed(64, {8, 1}), timed(512, {6, 2})}));
  EXPECT_EQ(at.at, "512");
  EXPECT_DOUBLE_EQ(at.last_factor, 3);
  EXPECT_EQ(span_of(report_of(two(), {timed(64, {8, 1}), timed(1024, {9, 1}), timed(2048, {0, 1})})).at, "1024");
  EXPECT_EQ(span_of(report_of(two(), {timed(2048, {0, 1})})).last_factor, 0);
  Ladder three = ladder_of({rung("a", doubled), rung("b", doubled), rung("c", doubled)});
  const Span past = span_of(report_of(three, {timed(64, {8, 1, 2})}));
  EXPECT_EQ(past.last, "c");
  EXPECT_EQ(past.fastest, "b");
  EXPECT_DOUBLE_EQ(past.fastest_factor, 8);
}

TEST(Report, HoldsRatesFactorsAndShares) {
  const Report report = report_of(two(), {timed(10, {2, 0.2})});
  const nlohmann::json json = to_json(report);
  const nlohmann::json& b = json["sizes"][0]["results"]["b"];
  EXPECT_DOUBLE_EQ(b["gflops"].get<double>(), 50);
  EXPECT_DOUBLE_EQ(b["factor"].get<double>(), 10);
  EXPECT_DOUBLE_EQ(b["roof_share"].get<double>(), 0.5);
  const std::string text = format(report, {.width = 60, .height = 10, .colour = false});
  EXPECT_NE(text.find("50"), std::string::npos);
  EXPECT_EQ(text.find('\033'), std::string::npos);
  EXPECT_NE(text.find("at 10: 10x from a to b (the fastest)"), std::string::npos) << text;
  EXPECT_FALSE(any_wrong(report));
}

TEST(Report, NamesWhatIsWrongSkippedAndMissing) {
  Ladder ladder = ladder_of({rung("a", doubled), rung("b", doubled), rung("c", {})});
  ladder.rungs[2].missing = "no such backend";
  Report report = report_of(ladder, {timed(10, {2, 0, 0})});
  report.table[0].results[1].wrong = "element 0";
  EXPECT_TRUE(any_wrong(report));
  const std::string text = format(report, {});
  EXPECT_NE(text.find("wrong: b at 10: element 0"), std::string::npos) << text;
  EXPECT_NE(text.find("left out: c: no such backend"), std::string::npos) << text;
}

TEST(Plot, IsAsWideAsAskedAndHasEverySeries) {
  const std::vector<Series> series{{"a", {{1, 10}, {100, 1000}}}, {"b", {{1, 1000}, {100, 10}}}};
  const std::string plain = draw_plot(series, "n", "FLOP/s", {.width = 50, .height = 9, .colour = false});
  std::size_t longest = 0, begin = 0;
  for (std::size_t end = plain.find('\n'); end != std::string::npos; begin = end + 1, end = plain.find('\n', begin))
    longest = std::max(longest, end - begin);
  EXPECT_EQ(longest, 49u) << plain;
  EXPECT_NE(plain.find("a a   b b"), std::string::npos) << plain;
  const std::string coloured = draw_plot(series, "n", "FLOP/s", {.width = 50, .height = 9, .colour = true});
  EXPECT_NE(coloured.find("\033[31ma\033[0m"), std::string::npos);
  EXPECT_EQ(draw_plot({}, "n", "FLOP/s", {}), "");
  EXPECT_NE(draw_plot({{"one", {{5, 5}}}}, "n", "FLOP/s", {}), "");
}

TEST(Plot, RespectsNoColor) {
  setenv("CLICOLOR_FORCE", "1", 1);
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(plot_style().colour);
  unsetenv("NO_COLOR");
  EXPECT_TRUE(plot_style().colour);
  unsetenv("CLICOLOR_FORCE");
  EXPECT_FALSE(plot_style().colour) << "the tests' output is no terminal";
}

TEST(Chart, IsOneDocument) {
  const std::string svg = chart(report_of(two(), {timed(8, {2, 1}), timed(16, {2, 1})}));
  EXPECT_TRUE(svg.starts_with("<svg "));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_TRUE(chart(report_of(two(), {})).ends_with("</svg>\n"));
}

TEST(Problems, AreReadFromWords) {
  const Problem matmul = problem_of("matmul", "64");
  EXPECT_EQ(matmul.flops, 2.0 * 64 * 64 * 64);
  const Problem conv = problem_of("conv2d", "1x28");
  EXPECT_EQ(conv.inputs[1], (Shape{16, 1, 3, 3}));
  EXPECT_EQ(conv.flops, 2.0 * 4 * 16 * 28 * 28 * 9);
  for (const char* word : {"", "0", "-3", "8x8", "12a", "99999999999999999999"})
    EXPECT_THROW(problem_of("matmul", word), Error) << word;
  for (const char* word : {"", "8", "x8", "8x", "0x4", "4x4x4"})
    EXPECT_THROW(problem_of("conv2d", word), Error) << word;
}

TEST(Ladders, NameWhatThisBuildHasNotGot) {
  // No kernels are linked here.
  const Ladder ladder = journey::ladder_of("matmul", 2);
  for (const Rung& each : ladder.rungs) {
    EXPECT_FALSE(each.work) << each.id;
    EXPECT_FALSE(each.missing.empty()) << each.id;
  }
  try {
    journey::ladder_of("softmax", 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("matmul, conv2d"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace kiln::journey
