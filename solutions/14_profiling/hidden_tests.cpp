// Module 14's hidden tests of percentiles, timer, costs, roofline and bottleneck: rarer cases of the same contract.
#include <limits>

#include "costs.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

const ProfilingSlots& kernel() { return under_test<ProfilingSlots>(); }

TEST(percentiles, ties_and_signs) {
  for_each_case(30, [](Generator& g) {
    std::vector<double> values;
    for (std::int64_t i = 0; i <= below(g, 30); ++i) values.push_back(static_cast<double>(below(g, 5) - 2));
    const double percent = static_cast<double>(below(g, 101));
    const double slack = oracle::percentile_slack(values);
    expect_number("percentile", kernel().percentile(values, percent), oracle::percentile(values, percent), slack);
    expect_number("p99", kernel().timing_summary(values).p99, oracle::percentile(values, 99), slack);
  });
}

TEST(percentiles, whole_places_are_values) {
  one_case([](Generator&) {
    std::vector<double> values;
    for (int i = 100; i >= 0; --i) values.push_back(i * i);
    for (int percent = 0; percent <= 100; ++percent)
      expect_number("percentile of the squares", kernel().percentile(values, percent), percent * percent,
                    oracle::percentile_slack(values));
  });
}

TEST(percentiles, neighbours_far_apart) {
  one_case([](Generator&) {
    expect_number("percentile({-1e300, 1e300}, 50)",
                  kernel().percentile(std::vector<double>{1e300, -1e300}, 75) / 1e300, 0.5);
    expect_number("percentile({0, 1e-300}, 10)", kernel().percentile(std::vector<double>{1e-300, 0}, 10) / 1e-300, 0.1);
  });
}

TEST(timer, as_by_default) {
  one_case([](Generator&) { expect_timer(timing_script(TimerOptions{}, {5000, 400, 300, 200, 210, 190, 200}, 20)); });
}

TEST(timer, long_times) {
  one_case([](Generator&) {
    // Three hours a run: beyond 32 bits, and beyond a float's digits.
    expect_timer(timing_script({0, 2, 1}, {10'800'000'000'001, 10'800'000'000'003}));
    expect_timer(timing_script({1, 2, 3}, {10'800'000'000'001, 10'800'000'000'003}));
  });
}

TEST(timer, calibration_with_a_high_limit) {
  one_case([](Generator&) {
    expect_timer(calibration_script(7, 5000, kMost));
    TimerScript script = calibration_script(7, 5000, kMost);
    script.read_ns = 900;
    expect_timer(script);
    expect_timer(calibration_script(1, kMost, 1));
    expect_timer_refuses("most is the least number",
                         calibration_script(1, 1, std::numeric_limits<std::int64_t>::min()));
    expect_timer_refuses("least_ns is negative", calibration_script(1, -5, 4));
  });
}

TEST(timer, calibrates_by_what_it_measured) {
  one_case([](Generator&) {
    TimerScript script = calibration_script(0, 1000, 4096);
    script.run_ns = {900, 500, 500, 10};  // a slow first run, then exactly enough
    expect_timer(script);
    script.run_ns = {900, 499, 500, 10};
    expect_timer(script);
  });
}

TEST(operation_cost, scalars_and_small_ranks) {
  one_case([](Generator&) {
    expect_cost({Work::elementwise, {{}}, {}, {}});
    expect_cost({Work::elementwise, {{}, {}}, {}, {}});
    expect_cost({Work::elementwise, {{}, {1, 1}}, {4, 5}, {}});
    expect_cost({Work::reduce, {{4, 5}}, {}, {}});
    expect_cost({Work::reduce, {{}}, {}, {}});
    expect_cost({Work::reduce, {{4, 0}}, {4}, {}});
    expect_cost({Work::copy, {{}}, {1, 1}, {}});
    expect_cost({Work::softmax, {{7}}, {7}, {}});
    expect_cost({Work::layer_norm, {{7}, {7}, {7}}, {7}, {}});
    expect_cost({Work::matmul, {{1, 9}, {9, 1}}, {1, 1}, {}});
    expect_cost({Work::matmul, {{3, 2, 4, 5}, {3, 2, 5, 6}}, {3, 2, 4, 6}, {}});
  });
}

TEST(operation_cost, nothing_beside_much) {
  one_case([](Generator&) {
    // Whoever multiplies from the left overflows before he meets the 0.
    constexpr std::int64_t kLarge = 3'000'000'000;
    expect_cost({Work::copy, {{kLarge, kLarge, kLarge, 0}}, {kLarge, kLarge, kLarge, 0}, {}});
    expect_cost({Work::elementwise, {{kLarge, kLarge, 0}, {1}}, {kLarge, kLarge, 0}, {}});
    expect_cost({Work::reduce, {{kLarge, kLarge, 0}}, {7}, {}});
    expect_refused("an extent is negative beside a 0", Work::elementwise, {{-1, 0}}, {-1, 0});
  });
}

TEST(operation_cost, refuses_overflow_of_every_kind) {
  one_case([](Generator&) {
    const auto overflows = [](const char* what, Work work, const std::vector<Shape>& inputs, const Shape& out,
                              const Shape& window = {}) {
      expect_words(expect_refusal(what, [&] { kernel().operation_cost(work, inputs, out, window); }), {"overflow"});
    };
    overflows("5 FLOPs an element", Work::softmax, {{kMost / 4}}, {kMost / 4});
    overflows("the window", Work::pool, {{1, 1, 4, 4}}, {1, 1, 2, 2}, {kMost / 2, 3});
    overflows("the output times the window", Work::pool, {{1, 1, 4, 4}}, {1, 1, 2, 2}, {kMost / 3, 1});
    overflows("the sum of operands", Work::elementwise, {{kMost / 8}, {kMost / 8}}, {kMost / 8});
    overflows("an input's elements", Work::reduce, {{kMost, 2}}, {1});
    expect_cost({Work::reduce, {{kMost / 8}}, {1}, {}});
  });
}

TEST(operation_cost, graph_overflow_and_order) {
  one_case([](Generator&) {
    std::vector<WorkNode> nodes{{Work::leaf, {}, {kMost / 16}, {}}, {Work::leaf, {}, {3}, {}}};
    nodes.push_back({Work::copy, {0}, {kMost / 16}, {}});
    EXPECT_EQ(kernel().graph_cost(nodes).total.bytes, kMost / 16 * 8);
    for (int i = 0; i < 2; ++i) nodes.push_back({Work::copy, {0}, {kMost / 16}, {}});
    expect_words(expect_refusal("each node fits, their sum does not", [&] { kernel().graph_cost(nodes); }),
                 {"overflow"});
    EXPECT_TRUE(kernel().graph_cost({}).nodes.empty());
    // Operands in their order: (2, 3) by (3, 4) fits, the other way round does not.
    nodes = {{Work::leaf, {}, {3, 4}, {}}, {Work::leaf, {}, {2, 3}, {}}, {Work::matmul, {1, 0}, {2, 4}, {}}};
    EXPECT_EQ(kernel().graph_cost(nodes).total.flops, 48);
    nodes[2].inputs = {0, 1};
    expect_words(expect_refusal("operands lie the other way", [&] { kernel().graph_cost(nodes); }), {"2"});
  });
}

TEST(operation_cost, refuses_what_is_no_operation) {
  one_case([](Generator&) {
    expect_refused("there is no such operation", static_cast<Work>(99), {{2}}, {2});
    expect_cost({Work::copy, {{2}}, {2}, {}});
  });
}

TEST(roofline, large_and_small) {
  one_case([](Generator&) {
    const auto expect = [](std::int64_t flops, std::int64_t bytes, double seconds, Roof roof) {
      expect_no_complaint(oracle::complaint_about_point(kernel().roofline(flops, bytes, seconds, roof),
                                                        oracle::roofline(flops, bytes, seconds, roof)));
    };
    expect(kMost, 1, 1e6, kRoof);
    expect(1, kMost, 1e6, kRoof);
    expect(kMost, kMost, 1e-9, kRoof);
    expect(3, 7, 1e-12, {1.0, 1.0});
    expect(4'000'000'000'000, 3, 1e3, {1e15, 1e-3});
  });
}

TEST(bottleneck, of_equals_the_first_in_the_list) {
  one_case([](Generator&) {
    const std::vector<KernelWork> kernels{{"a", 8, 8}, {"b", 8, 8}, {"c", 8, 8}, {"d", 8, 8}};
    const Numbers events{3, -1, 2, -1, 1, -1, 0, -1}, times{0, 5, 5, 10, 10, 15, 15, 20};
    const BottleneckReport report = kernel().bottleneck_report(kernels, events, times, kRoof);
    ASSERT_EQ(report.lines.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(report.lines[i].name, kernels[i].name);
    EXPECT_EQ(report.bottleneck, "a");
  });
}

TEST(bottleneck, a_kernel_within_itself_and_many_kernels) {
  for_each_case(10, [](Generator& g) {
    std::vector<KernelWork> kernels;
    for (int k = 0; k < 40; ++k) kernels.push_back({"kernel", below(g, 1000), below(g, 1000)});
    const Numbers events = random_steps(g.random(), 200, 40, 12), times = random_times(g.random(), events.size());
    expect_no_complaint(oracle::complaint_about_report(kernel().bottleneck_report(kernels, events, times, kRoof),
                                                       oracle::bottleneck_report(kernels, events, times, kRoof)));
  });
}

}  // namespace
