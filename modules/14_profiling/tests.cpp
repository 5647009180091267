// Module 14's tests of percentiles, timer, roofline and bottleneck, as students see them: one suite an exercise, one
// behaviour a test. The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include "kiln/kernels/profiling.hpp"

#include <cmath>
#include <limits>

#include "scripts.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

const ProfilingSlots& kernel() { return under_test<ProfilingSlots>(); }

// ---- percentiles

std::vector<double> random_samples(Generator& g, std::int64_t count) {
  std::vector<double> samples;
  for (std::int64_t i = 0; i < count; ++i) samples.push_back(g.random().uniform(0.001f, 0.01f));
  return samples;
}

TEST(percentiles, by_hand) {
  one_case([](Generator&) {
    const std::vector<double> values{40, 10, 20, 30};
    for (const auto& [percent, expected] :
         std::vector<std::pair<double, double>>{{0, 10}, {25, 17.5}, {50, 25}, {95, 38.5}, {99, 39.7}, {100, 40}})
      expect_number("percentile({40, 10, 20, 30}, " + std::to_string(percent) + ")",
                    kernel().percentile(values, percent), expected);
  });
}

TEST(percentiles, of_one_value) {
  one_case([](Generator&) {
    for (const double percent : {0.0, 37.0, 50.0, 100.0})
      expect_number("percentile({7}, " + std::to_string(percent) + ")",
                    kernel().percentile(std::vector<double>{7}, percent), 7);
  });
}

TEST(percentiles, random_values) {
  for_each_case(40, [](Generator& g) {
    const std::vector<double> values = random_samples(g, 1 + below(g, 40));
    const double percent = below(g, 4) == 0 ? 100.0 * static_cast<double>(below(g, 2)) : g.random().uniform(0, 100);
    g.note(std::to_string(values.size()) + " values, percent " + std::to_string(percent));
    expect_number("percentile", kernel().percentile(values, percent), oracle::percentile(values, percent),
                  oracle::percentile_slack(values));
  });
}

TEST(percentiles, keep_the_callers_order) {
  one_case([](Generator&) {
    const std::vector<double> values{3, 1, 2}, before = values;
    expect_number("percentile({3, 1, 2}, 50)", kernel().percentile(values, 50), 2);
    expect_number("timing_summary({3, 1, 2}).p50", kernel().timing_summary(values).p50, 2);
    EXPECT_EQ(values, before) << "the caller's values were changed: sort a copy";
  });
}

void expect_summary(const std::vector<double>& samples) {
  const TimingSummary actual = kernel().timing_summary(samples), expected = oracle::timing_summary(samples);
  EXPECT_EQ(actual.runs, expected.runs);
  expect_number("mean", actual.mean, expected.mean);
  expect_number("min", actual.min, expected.min);
  expect_number("max", actual.max, expected.max);
  const double slack = oracle::percentile_slack(samples);
  expect_number("p50", actual.p50, expected.p50, slack);
  expect_number("p95", actual.p95, expected.p95, slack);
  expect_number("p99", actual.p99, expected.p99, slack);
}

TEST(percentiles, summary_by_hand) {
  one_case([](Generator&) {
    // One run in ten was interrupted: the mean tells of it, the median does not.
    const TimingSummary summary = kernel().timing_summary(std::vector<double>{2, 2, 2, 4, 2, 2, 102, 4, 4, 4});
    EXPECT_EQ(summary.runs, 10);
    expect_number("mean", summary.mean, 12.8);
    expect_number("p50", summary.p50, 3);
    expect_number("p95", summary.p95, 57.9);
    expect_number("p99", summary.p99, 93.18);
    expect_number("min", summary.min, 2);
    expect_number("max", summary.max, 102);
  });
}

TEST(percentiles, summary_of_random_samples) {
  for_each_case(20, [](Generator& g) { expect_summary(random_samples(g, 1 + below(g, 120))); });
}

TEST(percentiles, refuse_no_values) {
  one_case([](Generator&) {
    expect_refusal("there are no values", [] { kernel().percentile({}, 50); });
    expect_refusal("there are no samples", [] { kernel().timing_summary({}); });
    expect_summary({5});
  });
}

TEST(percentiles, refuse_values_that_are_none) {
  one_case([](Generator&) {
    for (const double bad : {kNotANumber, kInfinite, -kInfinite})
      for (std::size_t at = 0; at < 3; ++at) {
        std::vector<double> values{3, 1, 2};
        values[at] = bad;
        expect_refusal("a value is not finite", [&] { kernel().percentile(values, 50); });
        expect_refusal("a sample is not finite", [&] { kernel().timing_summary(values); });
      }
    expect_summary({3, 1, 2});
  });
}

TEST(percentiles, refuse_percents_outside) {
  one_case([](Generator&) {
    const std::vector<double> values{3, 1, 2};
    for (const double percent : {-1.0, 100.5, kNotANumber, kInfinite})
      expect_refusal("percent is " + std::to_string(percent), [&] { kernel().percentile(values, percent); });
    expect_number("percentile({3, 1, 2}, 100)", kernel().percentile(values, 100), 3);
  });
}

// ---- timer

TEST(timer, by_hand) {
  one_case([](Generator&) { expect_timer(timing_script({1, 2, 3}, {100})); });
}

TEST(timer, warm_up_is_not_timed) {
  one_case([](Generator&) {
    // The first runs meet cold caches.
    expect_timer(timing_script({3, 4, 1}, {9000, 5000, 2000, 100}));
    expect_timer(timing_script({0, 2, 1}, {9000, 100}));
  });
}

TEST(timer, a_sample_holds_one_reading) {
  one_case([](Generator&) {
    expect_timer(timing_script({0, 3, 1}, {100}, 25));
    expect_timer(timing_script({2, 3, 10}, {100}, 25));
  });
}

TEST(timer, random_scripts) {
  for_each_case(30, [](Generator& g) {
    Numbers run_ns;
    for (std::int64_t i = below(g, 12); i >= 0; --i) run_ns.push_back(below(g, 10'000));
    expect_timer(timing_script({below(g, 4), 1 + below(g, 6), 1 + below(g, 5)}, run_ns, below(g, 50)));
  });
}

TEST(timer, calibrates_by_hand) {
  one_case([](Generator&) {
    expect_timer(calibration_script(30, 100, 1000));  // 1, 2, 4 runs: 30, 60, 120 ns
    expect_timer(calibration_script(25, 100, 1000));  // 4 runs last exactly as long as wanted
    expect_timer(calibration_script(500, 100, 1000));
  });
}

TEST(timer, calibration_ends) {
  one_case([](Generator&) {
    for (const std::int64_t most : {1, 2, 7, 8, 9, 10, 16}) expect_timer(calibration_script(1, 1000, most));
    expect_timer(calibration_script(0, 1, 64));  // a task that the clock cannot see
  });
}

TEST(timer, refuses_before_it_runs) {
  one_case([](Generator&) {
    expect_timer_refuses("warmup is negative", timing_script({-1, 2, 1}, {100}));
    expect_timer_refuses("there are no runs", timing_script({3, 0, 1}, {100}));
    expect_timer_refuses("there are no repeats", timing_script({3, 2, 0}, {100}));
    TimerScript script = timing_script({3, 2, 1}, {100});
    script.samples = 3;
    expect_timer_refuses("seconds has room for more samples", script);
    script.samples = 1;
    expect_timer_refuses("seconds has no room for all samples", script);
    expect_timer_refuses("least_ns is 0", calibration_script(10, 0, 8));
    expect_timer_refuses("most is negative", calibration_script(10, 5, -1));
    expect_timer(timing_script({0, 1, 1}, {100}));
  });
}

TEST(timer, lets_exceptions_out) {
  one_case([](Generator&) {
    TimerScript script = timing_script({2, 3, 2}, {100});
    for (script.throws_at = 0; script.throws_at < 9; ++script.throws_at) expect_timer(script);
    script = calibration_script(30, 100, 64);
    for (script.throws_at = 0; script.throws_at < 8; ++script.throws_at) expect_timer(script);
  });
}

// ---- roofline

void expect_point(std::int64_t flops, std::int64_t bytes, double seconds, Roof roof) {
  expect_no_complaint(oracle::complaint_about_point(kernel().roofline(flops, bytes, seconds, roof),
                                                    oracle::roofline(flops, bytes, seconds, roof)));
}

TEST(roofline, by_hand) {
  one_case([](Generator&) {
    expect_number("ridge_intensity", kernel().ridge_intensity(kRoof), 4);
    expect_number("attainable_flops(2)", kernel().attainable_flops(2, kRoof), 50e9);
    expect_number("attainable_flops(8)", kernel().attainable_flops(8, kRoof), 100e9);
    // An addition of 10^9 floats in one second.
    const RooflinePoint add = kernel().roofline(1'000'000'000, 12'000'000'000, 1.0, kRoof);
    expect_number("intensity", add.intensity, 1.0 / 12);
    expect_number("attainable", add.attainable, 25e9 / 12);
    expect_number("achieved", add.achieved, 1e9);
    expect_number("share", add.share, 0.48);
    EXPECT_EQ(add.bound, Bound::memory);
    // A product of two 1000 x 1000 matrices in 40 ms.
    const RooflinePoint matmul = kernel().roofline(2'000'000'000, 12'000'000, 0.04, kRoof);
    expect_number("attainable", matmul.attainable, 100e9);
    expect_number("achieved", matmul.achieved, 50e9);
    expect_number("share", matmul.share, 0.5);
    EXPECT_EQ(matmul.bound, Bound::compute);
  });
}

TEST(roofline, random_points) {
  for_each_case(40, [](Generator& g) {
    const Roof roof{static_cast<double>(1 + below(g, 1000)) * 1e9, static_cast<double>(1 + below(g, 200)) * 1e9};
    const auto flops = below(g, std::int64_t{1} << below(g, 40)), bytes = below(g, std::int64_t{1} << below(g, 36));
    const double seconds = static_cast<double>(1 + below(g, 100'000)) * 1e-6;
    expect_point(flops, bytes, seconds, roof);
    expect_number("ridge_intensity", kernel().ridge_intensity(roof), roof.flops / roof.bytes);
  });
}

TEST(roofline, at_the_ridge) {
  one_case([](Generator&) {
    EXPECT_EQ(kernel().roofline(4000, 1000, 1e-6, kRoof).bound, Bound::compute) << "the ridge itself is compute-bound";
    EXPECT_EQ(kernel().roofline(3999, 1000, 1e-6, kRoof).bound, Bound::memory);
    expect_number("attainable_flops(4)", kernel().attainable_flops(4, kRoof), 100e9);
  });
}

TEST(roofline, without_flops_or_bytes) {
  one_case([](Generator&) {
    // A copy of 25 GB in 2 s reaches half of the bandwidth, and no FLOP/s.
    const RooflinePoint copy = kernel().roofline(0, 25'000'000'000, 2.0, kRoof);
    expect_number("the share of a copy", copy.share, 0.5);
    expect_number("what a copy achieves", copy.achieved, 0);
    EXPECT_EQ(copy.bound, Bound::memory);
    expect_point(0, 1000, 1e-3, kRoof);
    expect_point(1000, 0, 1e-3, kRoof);
    expect_point(0, 0, 1e-3, kRoof);
    expect_number("attainable_flops(infinity)", kernel().attainable_flops(kInfinite, kRoof), 100e9);
    expect_number("attainable_flops(0)", kernel().attainable_flops(0, kRoof), 0);
  });
}

TEST(roofline, more_than_the_roof) {
  one_case([](Generator&) {
    // From a cache: 100 GB/s where memory gives 25.
    expect_number("share", kernel().roofline(0, 1'000'000, 1e-5, kRoof).share, 4);
  });
}

TEST(roofline, refuses_what_is_no_measurement) {
  one_case([](Generator&) {
    expect_refusal("flops is negative", [] { kernel().roofline(-1, 8, 1.0, kRoof); });
    expect_refusal("bytes is negative", [] { kernel().roofline(1, -8, 1.0, kRoof); });
    for (const double seconds : {0.0, -1.0, kNotANumber, kInfinite})
      expect_refusal("seconds is " + std::to_string(seconds), [&] { kernel().roofline(1, 8, seconds, kRoof); });
    for (const double intensity : {-1.0, kNotANumber})
      expect_refusal("intensity is " + std::to_string(intensity), [&] { kernel().attainable_flops(intensity, kRoof); });
    for (const double bad : {0.0, -1.0, kNotANumber, kInfinite})
      for (const Roof& roof : {Roof{bad, 25e9}, Roof{100e9, bad}}) {
        expect_refusal("the roof is no roof", [&] { kernel().ridge_intensity(roof); });
        expect_refusal("the roof is no roof", [&] { kernel().attainable_flops(2, roof); });
        expect_refusal("the roof is no roof", [&] { kernel().roofline(1, 8, 1.0, roof); });
      }
    expect_point(100, 8, 1.0, kRoof);
  });
}

// ---- bottleneck

void expect_report(const std::vector<KernelWork>& kernels, const Numbers& events, const Numbers& times) {
  expect_no_complaint(oracle::complaint_about_report(kernel().bottleneck_report(kernels, events, times, kRoof),
                                                     oracle::bottleneck_report(kernels, events, times, kRoof)));
}

TEST(bottleneck, by_hand) {
  one_case([](Generator&) {
    // relu for 2 ms, then matmul for 8 ms, 480 MFLOP in all.
    const std::vector<KernelWork> kernels{{"relu", 1'000'000, 8'000'000}, {"matmul", 480'000'000, 9'000'000}};
    const Numbers events{0, -1, 1, -1}, times{0, 2'000'000, 2'000'000, 10'000'000};
    const BottleneckReport report = kernel().bottleneck_report(kernels, events, times, kRoof);
    ASSERT_EQ(report.lines.size(), 2u);
    EXPECT_EQ(report.bottleneck, "matmul");
    EXPECT_EQ(report.lines[0].name, "matmul") << "the dearest first";
    expect_number("matmul's share of the time", report.lines[0].share_of_time, 0.8);
    expect_number("matmul's share of the roof", report.lines[0].point.share, 0.6);
    expect_number("most_speedup", report.most_speedup, 5);
    EXPECT_EQ(report.next, NextStep::compute_less);
    expect_report(kernels, events, times);
  });
}

TEST(bottleneck, self_time_decides) {
  one_case([](Generator&) {
    // A train step is open all the time, and does next to nothing itself.
    const std::vector<KernelWork> kernels{{"step", 0, 0}, {"forward", 1000, 1000}, {"backward", 2000, 2000}};
    expect_report(kernels, {0, 1, -1, 2, -1, -1}, {0, 10, 4010, 4020, 12'020, 12'030});
  });
}

TEST(bottleneck, random_traces) {
  for_each_case(30, [](Generator& g) {
    std::vector<KernelWork> kernels;
    for (std::int64_t k = 0; k < 1 + below(g, 6); ++k)
      kernels.push_back(
          {"kernel " + std::to_string(k), below(g, 3) * below(g, 1'000'000), below(g, 3) * below(g, 1'000'000)});
    const Numbers events =
        random_steps(g.random(), static_cast<std::size_t>(below(g, 20)), static_cast<std::int64_t>(kernels.size()), 4);
    expect_report(kernels, events, random_times(g.random(), events.size()));
  });
}

TEST(bottleneck, names_the_next_step) {
  one_case([](Generator&) {
    const auto next = [](std::int64_t flops, std::int64_t bytes, std::int64_t ns) {
      return kernel().bottleneck_report({{"kernel", flops, bytes}}, Numbers{0, -1}, Numbers{0, ns}, kRoof).next;
    };
    EXPECT_EQ(next(0, 0, 1000), NextStep::call_less);
    EXPECT_EQ(next(100'000, 100, 10'000), NextStep::use_the_lanes) << "a tenth of the compute roof";
    EXPECT_EQ(next(100'000, 100, 1'250), NextStep::compute_less) << "four fifths of the compute roof";
    EXPECT_EQ(next(100, 25'000, 10'000), NextStep::walk_in_order) << "a tenth of the bandwidth";
    EXPECT_EQ(next(100, 25'000, 1'250), NextStep::move_less) << "four fifths of the bandwidth";
  });
}

TEST(bottleneck, nothing_to_report) {
  one_case([](Generator&) {
    expect_report({}, {}, {});
    expect_report({{"never called", 10, 10}}, {}, {});
    expect_report({{"quick", 10, 10}}, {0, -1}, {5, 5});
    expect_report({{"never called", 10, 10}, {"called", 10, 10}}, {1, -1}, {5, 9});
  });
}

TEST(bottleneck, refuses_what_its_parts_refuse) {
  one_case([](Generator&) {
    const auto refuse = [](const std::string& why, const std::vector<KernelWork>& kernels, const Numbers& events,
                           const Numbers& times, Roof roof) {
      expect_refusal(why, [&] { kernel().bottleneck_report(kernels, events, times, roof); });
    };
    refuse("a begin has no end", {{"a", 1, 1}}, {0}, {0}, kRoof);
    refuse("a number is no kernel's", {{"a", 1, 1}}, {1, -1}, {0, 1}, kRoof);
    refuse("flops are negative", {{"a", -1, 1}}, {0, -1}, {0, 1}, kRoof);
    refuse("bytes are negative, of a kernel that was not called", {{"a", 1, 1}, {"b", 1, -1}}, {0, -1}, {0, 1}, kRoof);
    refuse("the roof is no roof, and nothing was called", {}, {}, {}, {0, 25e9});
    expect_report({{"a", 1, 1}}, {0, -1}, {0, 1});
  });
}

}  // namespace
