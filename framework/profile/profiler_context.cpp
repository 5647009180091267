// ProfilerContext on the slots: what it keeps, and how its report reads.
#include "profile/profiler_context.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <utility>

#include "kiln/backend.hpp"
#include "profile/units.hpp"

namespace kiln::profile {

namespace {

const char* describe(Bound bound) {
  switch (bound) {
    case Bound::memory: return "memory";
    case Bound::compute: return "compute";
    default: return "-";
  }
}

const char* describe(NextStep next) {
  switch (next) {
    case NextStep::call_less: return "it neither computes nor moves much: call it less, or merge it with its neighbour";
    case NextStep::use_the_lanes: return "compute-bound, far below the roof: vectors, blocks in the caches, threads";
    case NextStep::compute_less: return "compute-bound, near the roof: another algorithm, or fewer bits";
    case NextStep::walk_in_order: return "memory-bound, far below the roof: walk in memory's order, and only once";
    case NextStep::move_less: return "memory-bound, near the roof: fuse it with its neighbours, or use fewer bits";
    default: return "no time was spent in kernels";
  }
}

void write_scopes(std::ostream& text, const std::vector<ScopeFigures>& figures) {
  text << std::left << std::setw(32) << "scope" << std::right << std::setw(12) << "time ms" << std::setw(14)
       << "peak MB" << std::setw(14) << "current MB"
       << "\n";
  for (const ScopeFigures& scope : figures)
    text << std::left << std::setw(32) << std::string(2 * static_cast<std::size_t>(scope.depth), ' ') + scope.name
         << std::right << std::fixed << std::setprecision(3) << std::setw(12) << scope.time_ms << std::setw(14)
         << scope.peak_memory_mb << std::setw(14) << scope.current_memory_mb << "\n";
}

void write_kernels(std::ostream& text, const BottleneckReport& report, bool has_roof) {
  text << std::left << std::setw(32) << "kernel" << std::right << std::setw(8) << "calls" << std::setw(14)
       << "self time" << std::setw(10) << "share";
  if (has_roof) text << std::setw(18) << "FLOP/s" << std::setw(10) << "of roof" << std::setw(10) << "bound";
  text << "\n";
  for (const BottleneckLine& line : report.lines) {
    text << std::left << std::setw(32) << line.name << std::right << std::setw(8) << line.calls << std::setw(14)
         << show_seconds(line.seconds) << std::setw(10) << show_share(line.share_of_time);
    if (has_roof)
      text << std::setw(18) << show_rate(line.point.achieved, "FLOP/s") << std::setw(10) << show_share(line.point.share)
           << std::setw(10) << describe(line.point.bound);
    text << "\n";
  }
  if (report.bottleneck.empty()) return;
  text << "The bottleneck is " << report.bottleneck << ": without it the kernels would be at most " << std::fixed
       << std::setprecision(2) << report.most_speedup << "x as fast.";
  if (has_roof) text << " Next: " << describe(report.next) << ".";
  text << "\n";
}

bool is_roof(const Roof& roof) { return roof.flops > 0 && roof.bytes > 0; }

}  // namespace

ProfilerContext::ProfilerContext(std::string title, std::ostream& out, ProfilerOptions options)
    : title_(std::move(title)),
      out_(out),
      clock_(options.clock != nullptr ? *options.clock : steady_clock()),
      memory_(options.memory != nullptr ? *options.memory : process_memory_),
      roof_(options.roof) {
  KILN_REQUIRE("ProfilerContext: room for events is negative", options.events >= 0);
  events_.resize(static_cast<std::size_t>(options.events));
  times_.resize(static_cast<std::size_t>(options.events));
  buffer_.events = events_;
  buffer_.times = times_;
}

ProfilerContext::~ProfilerContext() {
  try {
    end();
  } catch (...) {
    // A report that cannot be written must not end the program that was measured.
  }
}

std::int64_t ProfilerContext::kernel(std::string_view name) {
  for (std::size_t k = 0; k < kernels_.size(); ++k)
    if (kernels_[k].name == name) return static_cast<std::int64_t>(k);
  kernels_.push_back({std::string(name), 0, 0});
  return static_cast<std::int64_t>(kernels_.size()) - 1;
}

void ProfilerContext::add_work(std::int64_t kernel, WorkCost work) {
  KILN_REQUIRE("ProfilerContext: there is no kernel of this number", kernel >= 0);
  KILN_REQUIRE("ProfilerContext: there is no kernel of this number",
               kernel < static_cast<std::int64_t>(kernels_.size()));
  kernels_[static_cast<std::size_t>(kernel)].flops += work.flops;
  kernels_[static_cast<std::size_t>(kernel)].bytes += work.bytes;
}

void ProfilerContext::begin_kernel(std::int64_t kernel) {
  KILN_REQUIRE("ProfilerContext: there is no kernel of this number",
               kernel < static_cast<std::int64_t>(kernels_.size()));
  kernels<ProfilingSlots>().record_begin(buffer_, kernel, clock_.now());
}

void ProfilerContext::end_kernel() { kernels<ProfilingSlots>().record_end(buffer_, clock_.now()); }

void ProfilerContext::closed_trace(std::vector<std::int64_t>& events, std::vector<std::int64_t>& times) const {
  events.assign(events_.begin(), events_.begin() + buffer_.count);
  times.assign(times_.begin(), times_.begin() + buffer_.count);
  events.insert(events.end(), static_cast<std::size_t>(buffer_.open), -1);
  times.insert(times.end(), static_cast<std::size_t>(buffer_.open), clock_.now());
}

BottleneckReport ProfilerContext::bottlenecks() const {
  std::vector<std::int64_t> events, times;
  closed_trace(events, times);
  return kernels<ProfilingSlots>().bottleneck_report(kernels_, events, times, roof_);
}

std::string ProfilerContext::report() const {
  std::ostringstream text;
  text << title_ << "\n";
  if (!figures_.empty()) write_scopes(text, figures_);
  if (buffer_.count > 0) {
    std::vector<std::int64_t> events, times;
    closed_trace(events, times);
    // Any roof will do for the times.
    const Roof roof = is_roof(roof_) ? roof_ : Roof{1, 1};
    write_kernels(text, kernels<ProfilingSlots>().bottleneck_report(kernels_, events, times, roof), is_roof(roof_));
  }
  if (buffer_.dropped > 0) text << buffer_.dropped << " calls of kernels were not recorded: the trace was full\n";
  return text.str();
}

void ProfilerContext::end() {
  if (std::exchange(ended_, true)) return;
  out_ << report() << std::flush;
}

std::size_t ProfilerContext::begin_scope(std::string_view name) {
  KILN_REQUIRE("ProfileScope: the profiler has ended, and its report is written", !ended_);
  kernels<ProfilingSlots>().scope_begin(stack_, name, clock_, memory_);
  return stack_.open.size();
}

ScopeFigures ProfilerContext::end_scope(std::size_t depth) {
  KILN_CHECK(stack_.open.size() == depth);
  figures_.push_back(kernels<ProfilingSlots>().scope_end(stack_, clock_, memory_));
  return figures_.back();
}

ProfileScope::ProfileScope(ProfilerContext& context, std::string_view name)
    : context_(context), depth_(context.begin_scope(name)) {}

ProfileScope::~ProfileScope() {
  try {
    end();
  } catch (...) {
    // An exception may be on its way already.
  }
}

const ScopeFigures& ProfileScope::end() {
  if (!ended_) figures_ = context_.end_scope(depth_);
  ended_ = true;
  return figures_;
}

}  // namespace kiln::profile
