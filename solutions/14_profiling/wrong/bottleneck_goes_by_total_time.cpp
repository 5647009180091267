// Wrong: whatever encloses all others costs most, and knowing it helps nobody.
#include <algorithm>
#include <limits>
#include <vector>

#include "kiln/kernels/profiling.hpp"

using namespace kiln;

namespace {

NextStep next_step(const RooflinePoint& point) {
  const bool near_the_roof = point.share >= 0.5;
  switch (point.bound) {
    case Bound::memory: return near_the_roof ? NextStep::move_less : NextStep::walk_in_order;
    case Bound::compute: return near_the_roof ? NextStep::compute_less : NextStep::use_the_lanes;
    default: return NextStep::call_less;
  }
}

}  // namespace

// Example: matmul was the innermost for 8 ms and relu for 2 ms: two lines, matmul first with a share of 0.8; without it
// the whole would be 5 times as fast.
BottleneckReport impl::bottleneck_report(const std::vector<KernelWork>& kernels, std::span<const std::int64_t> events,
                                         std::span<const std::int64_t> times, Roof roof) {
  const ProfilingSlots& slots = kiln::kernels<ProfilingSlots>();
  slots.roofline(0, 0, 1.0, roof);  // refuses a roof that is none
  for (const KernelWork& kernel : kernels) {
    KILN_REQUIRE("bottleneck_report: flops are negative, of " + kernel.name, kernel.flops >= 0);
    KILN_REQUIRE("bottleneck_report: bytes are negative, of " + kernel.name, kernel.bytes >= 0);
  }
  std::vector<std::int64_t> calls(kernels.size()), total(kernels.size()), self(kernels.size());
  slots.aggregate(events, times, calls, total, self);
  self = total;
  // The dearest first.
  std::vector<std::size_t> order;
  std::int64_t all = 0;
  for (std::size_t k = 0; k < kernels.size(); ++k) {
    if (calls[k] > 0) order.push_back(k);
    all += self[k];
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return self[a] > self[b]; });
  BottleneckReport report;
  report.seconds = static_cast<double>(all) * 1e-9;
  for (const std::size_t k : order) {
    BottleneckLine line{kernels[k].name, calls[k], static_cast<double>(self[k]) * 1e-9, 0, {}};
    if (self[k] > 0) {
      line.share_of_time = static_cast<double>(self[k]) / static_cast<double>(all);
      line.point = slots.roofline(kernels[k].flops, kernels[k].bytes, line.seconds, roof);
    }
    report.lines.push_back(std::move(line));
  }
  if (all == 0) return report;
  // Amdahl, from whole numbers: 1 / (1 - share) loses digits where the share is near 1.
  const std::int64_t rest = all - self[order.front()];
  report.bottleneck = report.lines.front().name;
  report.most_speedup =
      rest == 0 ? std::numeric_limits<double>::infinity() : static_cast<double>(all) / static_cast<double>(rest);
  report.next = next_step(report.lines.front().point);
  return report;
}
