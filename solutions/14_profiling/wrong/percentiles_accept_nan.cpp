// Wrong: a comparison with NaN is false both ways, and sorting breaks down; infinities pass as well.
#include <algorithm>
#include <cmath>
#include <vector>

#include "kiln/kernels/profiling.hpp"

using namespace kiln;

namespace {

std::vector<double> sorted_copy(std::span<const double> values) {
  KILN_REQUIRE("percentile: there are no values", values.size() >= 1u);
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

double between(const std::vector<double>& sorted, double percent) {
  const double h = static_cast<double>(sorted.size() - 1) * percent / 100;
  const auto i = static_cast<std::size_t>(h);
  if (i + 1 >= sorted.size()) return sorted.back();
  return sorted[i] + (h - static_cast<double>(i)) * (sorted[i + 1] - sorted[i]);
}

}  // namespace

// Example: percentile({40, 10, 20, 30}, 50) is 25, half-way between the second and the third; of 95 it is 38.5.
double impl::percentile(std::span<const double> values, double percent) {
  KILN_REQUIRE("percentile: percent is below 0, or NaN", percent >= 0);
  KILN_REQUIRE("percentile: percent is above 100", percent <= 100);
  return between(sorted_copy(values), percent);
}

TimingSummary impl::timing_summary(std::span<const double> samples) {
  const std::vector<double> sorted = sorted_copy(samples);
  double sum = 0;
  for (const double sample : sorted) sum += sample;
  TimingSummary summary;
  summary.runs = static_cast<std::int64_t>(sorted.size());
  summary.mean = sum / static_cast<double>(sorted.size());
  summary.min = sorted.front();
  summary.max = sorted.back();
  summary.p50 = between(sorted, 50);
  summary.p95 = between(sorted, 95);
  summary.p99 = between(sorted, 99);
  return summary;
}
