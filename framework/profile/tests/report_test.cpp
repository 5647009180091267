// Which steps are recorded, what is made of them, who holds memory, and what is drawn.
#include "profile/report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "kiln/tensor.hpp"
#include "profile/flame_chart.hpp"
#include "profile/log_axes.hpp"
#include "profile/roofline_chart.hpp"
#include "profile/steps.hpp"

namespace kiln::profile {
namespace {

using Mode = StepPlan::Mode;

TEST(StepPlan, WarmsUpThenTakesTurns) {
  StepPlan plan(4);
  std::string modes;
  while (plan.mode() != Mode::done && modes.size() < 100) {
    modes += "wrp"[static_cast<int>(plan.mode())];
    // Recorded steps take a tenth more; the machine slows down all the while.
    const double slow = 1 + 0.01 * static_cast<double>(modes.size());
    plan.stretch(1, slow * (plan.mode() == Mode::recorded ? 1.1 : 1.0), false);
  }
  EXPECT_EQ(modes, "wwrpprrppr");
  EXPECT_EQ(plan.recorded_steps(), 4);
  EXPECT_NEAR(plan.overhead().share, 0.1, 0.011);
}

TEST(StepPlan, AStretchMayHoldManySteps) {
  StepPlan plan(15);
  for (int i = 0; i < 100 && plan.mode() != Mode::done; ++i) plan.stretch(10, 2.0, false);
  EXPECT_EQ(plan.recorded_steps(), 20);
  EXPECT_EQ(plan.steps_at_once(), 10);
  EXPECT_DOUBLE_EQ(plan.recorded_seconds(), 4.0);
  EXPECT_DOUBLE_EQ(plan.step_seconds(), 0.2);
}

TEST(StepPlan, AnEpochBeginsRecorded) {
  StepPlan plan(10);
  plan.stretch(1, 1, false);
  plan.stretch(1, 1, false);
  ASSERT_EQ(plan.mode(), Mode::recorded);
  plan.stretch(1, 1, true);  // plain would be next
  EXPECT_EQ(plan.mode(), Mode::recorded);
  plan.stretch(1, 1, false);
  EXPECT_EQ(plan.mode(), Mode::plain);
}

TEST(StepPlan, WithoutPairsThereIsNoOverhead) {
  StepPlan plan(1);
  for (int i = 0; i < 3; ++i) plan.stretch(1, 1, false);
  EXPECT_EQ(plan.overhead().plain, 0);
  EXPECT_EQ(plan.recorded_steps(), 1);
}

const std::string kLayer = "0.Linear";

TEST(TensorMemory, KnowsTheHighestAndWhoHeldIt) {
  static std::string layer;
  layer = "";
  TensorMemory memory([] { return LayerPlace{&layer, false}; });
  TensorObserver* const before = observe_tensors(&memory);
  {
    const Tensor weights(Shape{100});
    memory.begin_steps();
    layer = kLayer;
    { const Tensor gone(Shape{50}); }
    Tensor kept(Shape{200});
    const Tensor moved = std::move(kept);
    layer = "";
    const Tensor copy = moved;
  }
  observe_tensors(before);
  const MemoryPeak peak = memory.peak();
  EXPECT_EQ(peak.bytes, 4 * (100 + 200 + 200));
  EXPECT_EQ(peak.before, 400);
  EXPECT_EQ(peak.allocations, 3);
  ASSERT_EQ(peak.holdings.size(), 3u);
  EXPECT_EQ(peak.holdings[0].owner, kLayer);
  EXPECT_EQ(peak.holdings[0].bytes, 800);
  EXPECT_EQ(peak.holdings[2].owner, "before the steps");
}

speed::Roofs roofs() {
  speed::Roofs roofs;
  roofs.vectors = "256-bit FMA";
  roofs.flops = 100e9;
  roofs.bytes = 10e9;
  roofs.l1_bytes = 100e9;
  roofs.l2_bytes = 50e9;
  return roofs;
}

/// One second of one kernel: 1e9 bytes and so many operations, in so many calls.
Report report_of(const std::string& kernel, double flops, std::int64_t calls, double self = 1) {
  Report report{.milestone = "xor",
                .title = "XOR",
                .backend = "reference",
                .backends = {"reference", "optimized"},
                .steps = 10,
                .wanted = 10,
                .step_seconds = 0.1};
  report.roofs = roofs();
  report.summary.seconds = 1;
  report.summary.kernel_seconds = self;
  report.summary.kernels.push_back({.family = "tensor",
                                    .kernel = kernel,
                                    .calls = calls,
                                    .seconds = self,
                                    .self_seconds = self,
                                    .costed = true,
                                    .cost = {flops, 1e9},
                                    .layer = "0.Linear",
                                    .layer_share = 1});
  report.summary.flame = {"step", "", 1, {{"0.Linear", "", self, {{"forward", "", self, {{kernel, "", self, {}}}}}}}};
  return report;
}

TEST(Bottleneck, IsComputeOrMemoryByTheRidge) {
  // The ridge lies at 10 operations a byte.
  EXPECT_EQ(bottleneck(report_of("matmul", 20e9, 100)).bound, "compute");
  EXPECT_EQ(bottleneck(report_of("matmul", 5e9, 100)).bound, "memory");
  EXPECT_NE(bottleneck(report_of("matmul", 20e9, 100)).next.find("--backend optimized"), std::string::npos);
  EXPECT_NE(bottleneck(report_of("matmul", 90e9, 100)).next.find("near the roof"), std::string::npos);
}

TEST(Bottleneck, IsCallsOrTheLoaderOrTheFramework) {
  EXPECT_EQ(bottleneck(report_of("matmul", 20e9, 1'000'000)).bound, "calls");
  EXPECT_EQ(bottleneck(report_of("ring_end_use", 0, 10)).bound, "loader");
  EXPECT_EQ(bottleneck(report_of("matmul", 20e9, 100, 0.5)).bound, "framework");
  EXPECT_EQ(bottleneck(report_of("matmul", 20e9, 100, 0.7)).name, "matmul");
  EXPECT_EQ(bottleneck(Report{}).name, "nothing");
}

TEST(Report, HoldsTheFigures) {
  const Report report = report_of("matmul", 20e9, 100);
  const std::string text = format(report);
  EXPECT_NE(text.find("outside of kernels"), std::string::npos);
  EXPECT_NE(text.find("10 training steps"), std::string::npos);
  const nlohmann::json json = to_json(report);
  EXPECT_DOUBLE_EQ(json["kernels"][0]["gflops"].get<double>(), 20);
  EXPECT_DOUBLE_EQ(json["kernels"][0]["fma_roof_share"].get<double>(), 0.2);
  EXPECT_DOUBLE_EQ(json["kernels"][0]["memory_roof_share"].get<double>(), 0.1);
}

TEST(Charts, NameTheirKernelsAndEscapeThem) {
  const Report report = report_of("a<b>&\"c\"", 20e9, 100);
  for (const std::string& chart :
       {roofline_chart(report.summary, report.roofs, "t"), flame_chart(report.summary, report.steps, "t")}) {
    EXPECT_NE(chart.find("a&lt;b&gt;&amp;&quot;c&quot;"), std::string::npos);
    EXPECT_EQ(chart.find("a<b>"), std::string::npos);
    EXPECT_NE(chart.find("prefers-color-scheme: dark"), std::string::npos);
    EXPECT_EQ(chart.find("<script"), std::string::npos);
    EXPECT_TRUE(chart.ends_with("</svg>\n"));
  }
}

TEST(LogAxes, PlaceValuesByTheirLogarithm) {
  const LogAxes axes(100, 10, 300, 200, {1.5, 700}, {1.5, 700});
  EXPECT_DOUBLE_EQ(axes.x_range().low, 1);
  EXPECT_DOUBLE_EQ(axes.x_range().high, 1000);
  EXPECT_NEAR(axes.x(10), 200, 1e-9);
  EXPECT_NEAR(axes.y(1), 210, 1e-9);
  EXPECT_NEAR(axes.y(1000), 10, 1e-9);
}

TEST(LogAxes, ShortNumbers) {
  EXPECT_EQ(short_number(0.02), "0.02");
  EXPECT_EQ(short_number(2000), "2k");
  EXPECT_EQ(short_number(999.9), "1k");
  EXPECT_EQ(short_number(1.5e9), "1.5G");
}

TEST(Attainable, IsTheLowerRoof) {
  EXPECT_DOUBLE_EQ(attainable(roofs(), 1), 10e9);
  EXPECT_DOUBLE_EQ(attainable(roofs(), 100), 100e9);
}

}  // namespace
}  // namespace kiln::profile
