// The oracles of numbers: percentiles, costs, the roofline, and the report.
#include "oracle.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <sstream>

namespace kiln::oracle {

namespace {

/// The value of a rank: as many values are smaller, or equal and earlier.
double value_of_rank(std::span<const double> values, std::size_t rank) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::size_t before = 0;
    for (std::size_t j = 0; j < values.size(); ++j)
      before += values[j] < values[i] || (values[j] == values[i] && j < i) ? 1 : 0;
    if (before == rank) return values[i];
  }
  return std::numeric_limits<double>::quiet_NaN();
}

__extension__ typedef __int128 Wide;

/// Stops at 2^100, far beyond an int64.
Wide times(Wide a, Wide b) {
  constexpr Wide kCap = Wide{1} << 100;
  if (a == 0 || b == 0) return 0;
  return a > kCap / b ? kCap : a * b;
}

Wide elements(const Shape& shape) {
  Wide count = 1;
  for (const std::int64_t extent : shape)
    if (extent == 0) return 0;
  for (const std::int64_t extent : shape) count = times(count, extent);
  return count;
}

/// FLOPs as sums over what the loops of a plain kernel would do.
Wide flops_of(Work work, const std::vector<Shape>& inputs, const Shape& out, const Shape& window) {
  const Wide size = elements(out), bias = inputs.size() == 3 ? size : 0;
  switch (work) {
    case Work::elementwise: return times(size, static_cast<Wide>(inputs.size() == 1 ? 1 : inputs.size() - 1));
    case Work::reduce: return elements(inputs[0]);
    case Work::softmax: return times(size, 5);
    case Work::batch_norm: return times(size, 4);
    case Work::layer_norm: return times(size, 7);
    case Work::matmul: return times(times(size, 2), inputs[0][inputs[0].rank() - 1]);
    case Work::linear: return times(times(size, 2), inputs[0][1]) + bias;
    case Work::conv2d: return times(times(size, 2), elements({inputs[1][1], inputs[1][2], inputs[1][3]})) + bias;
    case Work::pool: return times(size, elements(window));
    default: return 0;
  }
}

template <class T>
void compare(std::ostringstream& words, const std::string& what, const T& actual, const T& expected) {
  if constexpr (std::is_same_v<T, double>) {
    if (close(actual, expected)) return;
  } else {
    if (actual == expected) return;
  }
  words.precision(12);
  if constexpr (std::is_enum_v<T>)
    words << what << " is number " << static_cast<int>(actual) << ", expected " << static_cast<int>(expected) << "\n";
  else
    words << what << " is " << actual << ", expected " << expected << "\n";
}

void compare_points(std::ostringstream& words, const std::string& of, const RooflinePoint& actual,
                    const RooflinePoint& expected) {
  compare(words, of + "intensity", actual.intensity, expected.intensity);
  compare(words, of + "attainable", actual.attainable, expected.attainable);
  compare(words, of + "achieved", actual.achieved, expected.achieved);
  compare(words, of + "share", actual.share, expected.share);
  compare(words, of + "bound", actual.bound, expected.bound);
}

NextStep next_step(const RooflinePoint& point) {
  if (point.bound == Bound::none) return NextStep::call_less;
  if (point.bound == Bound::memory) return point.share < 0.5 ? NextStep::walk_in_order : NextStep::move_less;
  return point.share < 0.5 ? NextStep::use_the_lanes : NextStep::compute_less;
}

}  // namespace

bool close(double a, double b) {
  if (a == b) return true;
  return std::abs(a - b) <= 64 * std::numeric_limits<double>::epsilon() * std::max(std::abs(a), std::abs(b));
}

double percentile_slack(std::span<const double> values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double size = std::max(std::abs(*least), std::abs(*most));
  return 4 * std::numeric_limits<double>::epsilon() * (static_cast<double>(values.size()) * (*most - *least) + size);
}

double percentile(std::span<const double> values, double percent) {
  const long double place = static_cast<long double>(values.size() - 1) * percent / 100;
  const auto below = static_cast<std::size_t>(std::floor(place));
  const long double weight = place - static_cast<long double>(below);
  if (weight == 0) return value_of_rank(values, below);
  return static_cast<double>((1 - weight) * value_of_rank(values, below) + weight * value_of_rank(values, below + 1));
}

TimingSummary timing_summary(std::span<const double> samples) {
  TimingSummary summary;
  summary.runs = static_cast<std::int64_t>(samples.size());
  summary.mean = static_cast<double>(std::accumulate(samples.begin(), samples.end(), 0.0L) /
                                     static_cast<long double>(samples.size()));
  summary.min = *std::min_element(samples.begin(), samples.end());
  summary.max = *std::max_element(samples.begin(), samples.end());
  summary.p50 = percentile(samples, 50);
  summary.p95 = percentile(samples, 95);
  summary.p99 = percentile(samples, 99);
  return summary;
}

std::optional<WorkCost> operation_cost(Work work, const std::vector<Shape>& inputs, const Shape& out,
                                       const Shape& window) {
  if (work == Work::leaf) return WorkCost{};
  const Wide flops = flops_of(work, inputs, out, window);
  Wide bytes = 4 * elements(out);
  for (const Shape& in : inputs) bytes += 4 * elements(in);
  constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
  if (flops > kMost || bytes > kMost) return std::nullopt;
  return WorkCost{static_cast<std::int64_t>(flops), static_cast<std::int64_t>(bytes)};
}

RooflinePoint roofline(std::int64_t flops, std::int64_t bytes, double seconds, Roof roof) {
  RooflinePoint point;
  if (flops == 0 && bytes == 0) return point;
  const auto work = static_cast<double>(flops);
  point.achieved = work / seconds;
  if (bytes == 0) {
    point.intensity = std::numeric_limits<double>::infinity();
    point.attainable = roof.flops;
  } else {
    point.intensity = work / static_cast<double>(bytes);
    point.attainable = std::min(roof.flops, roof.bytes * work / static_cast<double>(bytes));
  }
  point.share = flops == 0 ? static_cast<double>(bytes) / seconds / roof.bytes : point.achieved / point.attainable;
  point.bound = point.intensity >= roof.flops / roof.bytes ? Bound::compute : Bound::memory;
  return point;
}

std::string complaint_about_point(const RooflinePoint& actual, const RooflinePoint& expected) {
  std::ostringstream words;
  compare_points(words, "", actual, expected);
  return words.str();
}

BottleneckReport bottleneck_report(const std::vector<KernelWork>& kernels, std::span<const std::int64_t> events,
                                   std::span<const std::int64_t> times, Roof roof) {
  const Aggregated figures = aggregate(events, times, kernels.size());
  BottleneckReport report;
  std::vector<bool> taken(kernels.size());
  std::int64_t all = 0;
  for (const std::int64_t ns : figures.self_ns) all += ns;
  report.seconds = static_cast<double>(all) / 1e9;
  for (;;) {
    std::size_t most = kernels.size();
    for (std::size_t k = 0; k < kernels.size(); ++k)
      if (!taken[k] && figures.calls[k] > 0 && (most == kernels.size() || figures.self_ns[k] > figures.self_ns[most]))
        most = k;
    if (most == kernels.size()) break;
    taken[most] = true;
    BottleneckLine line;
    line.name = kernels[most].name;
    line.calls = figures.calls[most];
    line.seconds = static_cast<double>(figures.self_ns[most]) / 1e9;
    if (figures.self_ns[most] > 0) {
      line.share_of_time = static_cast<double>(figures.self_ns[most]) / static_cast<double>(all);
      line.point = roofline(kernels[most].flops, kernels[most].bytes, line.seconds, roof);
    }
    if (report.lines.empty() && all > 0) {
      report.bottleneck = line.name;
      report.most_speedup = static_cast<double>(all) / static_cast<double>(all - figures.self_ns[most]);
      report.next = next_step(line.point);
    }
    report.lines.push_back(line);
  }
  return report;
}

std::string complaint_about_report(const BottleneckReport& actual, const BottleneckReport& expected) {
  std::ostringstream words;
  compare(words, "the number of lines", actual.lines.size(), expected.lines.size());
  for (std::size_t i = 0; i < std::min(actual.lines.size(), expected.lines.size()); ++i) {
    const std::string of = "line " + std::to_string(i) + " (" + expected.lines[i].name + "): ";
    compare(words, of + "name", actual.lines[i].name, expected.lines[i].name);
    compare(words, of + "calls", actual.lines[i].calls, expected.lines[i].calls);
    compare(words, of + "seconds", actual.lines[i].seconds, expected.lines[i].seconds);
    compare(words, of + "share_of_time", actual.lines[i].share_of_time, expected.lines[i].share_of_time);
    compare_points(words, of, actual.lines[i].point, expected.lines[i].point);
  }
  compare(words, "seconds", actual.seconds, expected.seconds);
  compare(words, "bottleneck", actual.bottleneck, expected.bottleneck);
  // A share near 1 leaves few digits of 1 - share.
  const double slack = 1e-15 * expected.most_speedup * expected.most_speedup;
  if (!(std::abs(actual.most_speedup - expected.most_speedup) <= slack))
    compare(words, "most_speedup", actual.most_speedup, expected.most_speedup);
  compare(words, "next", actual.next, expected.next);
  return words.str();
}

}  // namespace kiln::oracle
