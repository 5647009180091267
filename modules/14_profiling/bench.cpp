// Module 14's benchmarks: what recording a trace costs, and reading it, for every implementation linked in.
// Names are slot/case/implementation/size, where the size is a number of calls in the trace (of samples for the
// summary, of blocks for memory_trace). Divide the time by it: what a call costs must not grow with the trace.
#include <string>
#include <vector>

#include "bench/bench.hpp"
#include "kiln/kernels/profiling.hpp"

namespace {

using namespace kiln::bench;
using benchmark::State;
using kiln::ProfilingSlots;

constexpr std::int64_t kKernels = 24;

struct Trace {
  std::vector<std::int64_t> events, times;
};

/// `calls` calls, up to 12 deep, in random order.
Trace random_trace(std::int64_t calls) {
  Trace trace;
  kiln::Random random(1);
  std::int64_t begun = 0, open = 0, now = 0;
  while (begun < calls || open > 0) {
    const bool begins = begun < calls && open < 12 && (open == 0 || random.below(2) == 0);
    trace.events.push_back(begins ? static_cast<std::int64_t>(random.below(kKernels)) : -1);
    trace.times.push_back(now += static_cast<std::int64_t>(random.below(3000)));
    begun += begins ? 1 : 0;
    open += begins ? 1 : -1;
  }
  return trace;
}

void count_calls(State& state) {
  state.counters["calls/s"] =
      benchmark::Counter(static_cast<double>(state.range(0)), benchmark::Counter::kIsIterationInvariantRate);
}

void run_recorder(State& state, const ProfilingSlots& kernels) {
  const Trace trace = random_trace(state.range(0));
  std::vector<std::int64_t> events(trace.events.size()), times(trace.events.size());
  for (auto _ : state) {
    kernels.drive_recorder(trace.events, events, times);
    benchmark::ClobberMemory();
  }
  count_calls(state);
}

void run_aggregate(State& state, const ProfilingSlots& kernels) {
  const Trace trace = random_trace(state.range(0));
  std::vector<std::int64_t> calls(kKernels), total(kKernels), self(kKernels);
  for (auto _ : state) {
    kernels.aggregate(trace.events, trace.times, calls, total, self);
    benchmark::ClobberMemory();
  }
  count_calls(state);
}

void run_summary(State& state, const ProfilingSlots& kernels) {
  std::vector<double> samples;
  kiln::Random random(1);
  for (std::int64_t i = 0; i < state.range(0); ++i) samples.push_back(random.uniform(0, 1));
  for (auto _ : state) benchmark::DoNotOptimize(kernels.timing_summary(samples));
}

void run_memory(State& state, const ProfilingSlots& kernels) {
  std::vector<kiln::MemoryEvent> events;
  for (std::int64_t i = 0; i < state.range(0); ++i) events.push_back({true, i, 64, "tensor"});
  for (std::int64_t i = 0; i < state.range(0); ++i) events.push_back({false, i, 0, "tensor"});
  for (auto _ : state) benchmark::DoNotOptimize(kernels.memory_trace(events).peak);
}

const Sizes kSizes{64, 512, 4096, 32'768};

void add_benchmarks(const Backend<ProfilingSlots>& backend) {
  // A driver is nobody's kernel: ask for those that it drives.
  if (backend.answers("record_begin") && backend.answers("record_end")) {
    const ProfilingSlots& table = backend.kernels;
    add_benchmark("record_begin/and_end/" + backend.name, kSizes,
                  [&table](State& state) { run_recorder(state, table); });
  }
  backend.add("aggregate", "trace", kSizes, run_aggregate);
  backend.add("timing_summary", "samples", kSizes, run_summary);
  backend.add("memory_trace", "blocks", kSizes, run_memory);
}

}  // namespace

int main(int argc, char** argv) { return run<ProfilingSlots>(argc, argv, add_benchmarks); }
