// ProfilerContext: scopes and kernels of a block of a program, and a report that is written when it ends.
//   ProfilerContext profiler("training", std::cout);
//   { ProfileScope scope(profiler, "forward"); ... }
// Composed of module 14's scopes, recorder and bottleneck report. Of one thread.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "profile/memory_profiler.hpp"
#include "profile/timer.hpp"

namespace kiln::profile {

struct ProfilerOptions {
  Clock* clock = nullptr;           ///< null: steady_clock()
  MemoryCounter* memory = nullptr;  ///< null: ProcessMemory
  Roof roof;                        ///< of the machine; without one kernels are listed by time alone
  std::int64_t events = 1 << 20;    ///< room for begins and ends of kernels; those beyond are dropped, and counted
};

class ProfilerContext {
 public:
  /// The report goes to `out`, which outlives the context. Error(invalid_argument) where events are negative.
  explicit ProfilerContext(std::string title, std::ostream& out, ProfilerOptions options = {});
  /// Ends, where nobody ended it before; an error while it writes is not told.
  ~ProfilerContext();
  ProfilerContext(const ProfilerContext&) = delete;
  ProfilerContext& operator=(const ProfilerContext&) = delete;

  // ---- kernels

  /// The number of a kernel by this name, a new one where it is new. Ask once, not at every call.
  std::int64_t kernel(std::string_view name);
  /// What all calls of it have to do, to be told before the report.
  void add_work(std::int64_t kernel, WorkCost work);
  /// A kernel begins, and the innermost one ends: hardly felt. Error(invalid_argument) where none is open.
  void begin_kernel(std::int64_t kernel);
  void end_kernel();

  // ---- what was measured

  /// Of scopes that ended, in the order in which they did.
  const std::vector<ScopeFigures>& scopes() const { return figures_; }
  std::int64_t dropped() const { return buffer_.dropped; }
  /// Kernels that are open count until now. Error(invalid_argument) where there is no roof.
  BottleneckReport bottlenecks() const;
  std::string report() const;
  /// Writes the report, once. Scopes that begin later are refused.
  void end();

 private:
  friend class ProfileScope;

  std::size_t begin_scope(std::string_view name);
  ScopeFigures end_scope(std::size_t depth);
  /// The trace, with ends for what is open.
  void closed_trace(std::vector<std::int64_t>& events, std::vector<std::int64_t>& times) const;

  std::string title_;
  std::ostream& out_;
  ProcessMemory process_memory_;
  Clock& clock_;
  MemoryCounter& memory_;
  Roof roof_;
  ScopeStack stack_;
  std::vector<ScopeFigures> figures_;
  std::vector<KernelWork> kernels_;
  std::vector<std::int64_t> events_, times_;
  TraceBuffer buffer_;
  bool ended_ = false;
};

/// Measures a block: from its construction to end(), or to its destruction.
class ProfileScope {
 public:
  /// The context outlives the scope. Error(invalid_argument) where it has ended.
  ProfileScope(ProfilerContext& context, std::string_view name);
  ~ProfileScope();
  ProfileScope(const ProfileScope&) = delete;
  ProfileScope& operator=(const ProfileScope&) = delete;

  /// time_ms, peak_memory_mb, current_memory_mb. A second call returns the same. Error(broken_promise) where a scope
  /// within has not ended.
  const ScopeFigures& end();

 private:
  ProfilerContext& context_;
  std::size_t depth_;
  bool ended_ = false;
  ScopeFigures figures_;
};

}  // namespace kiln::profile
