// What a worker costs: one call, a batch, operands of several sizes, a start. Judge and worker share one processor.
//   worker-bench WORKER [--launch=WORD]... [GoogleBenchmark's options]
// WORKER serves the probe; each --launch adds a word of the command that puts it into a sandbox. Prints medians and
// says whether a call stays within 20 us and a start below 10 ms; exit status 1 where they do not.
#include <benchmark/benchmark.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "worker/remote.hpp"
#include "worker/tests/probe.hpp"

namespace {

using namespace kiln;
using namespace kiln::worker;
using Clock = std::chrono::steady_clock;

constexpr double kMostCallSeconds = 20e-6;
constexpr double kMostStartSeconds = 10e-3;

SessionOptions options;

Session& session() {
  static Session the_session(family_of<ProbeSlots>(), options);
  Session::set_current(&the_session);
  return the_session;
}

const ProbeSlots& probe() { return remote_table<ProbeSlots>(); }

View vector_view(std::vector<float>& memory) {
  return {memory.data(), Shape{static_cast<std::int64_t>(memory.size())}, Strides{1}};
}

/// Times each iteration by itself and sets the counter `median`, in seconds; a mean would tell of the other processes.
template <class Body>
void measure(benchmark::State& state, Body body) {
  std::vector<double> seconds;
  for (auto _ : state) {
    const auto before = Clock::now();
    body();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - before).count());
  }
  if (seconds.empty()) return;
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  state.counters["median"] = *middle;
}

void call_nothing(benchmark::State& state) {
  session().start();
  measure(state, [] { probe().nothing(); });
}

/// The usual call: two inputs and an output of 64 floats, in either placement.
void call_three_views(benchmark::State& state) {
  session().set_placement(state.range(0) == 0 ? Placement::aligned : Placement::guarded);
  std::vector<float> a(64, 1.f), b(64, 2.f), out(64);
  measure(state, [&] { probe().add(vector_view(a), vector_view(b), vector_view(out)); });
  session().set_placement(Placement::aligned);
}

/// `bytes` to the worker and as many back.
void throughput(benchmark::State& state) {
  std::vector<float> in(static_cast<std::size_t>(state.range(0)) / sizeof(float), 1.f), out(in.size());
  measure(state, [&] { probe().copy_spans(in, {}, out, {}); });
  state.SetBytesProcessed(2 * state.range(0) * state.iterations());
}

/// 64 argument sets that lie in the arenas, as timed kernels have them.
void batch_of_64(benchmark::State& state) {
  using Add = Thunk<ProbeSlots, &ProbeSlots::add>;
  session().renew();
  session().start();
  auto keep = [](Arena arena) {
    return View{reinterpret_cast<float*>(session().keep(arena, 64 * sizeof(float))), Shape{64}, Strides{1}};
  };
  std::vector<Add::Arguments> sets;
  for (int i = 0; i < 64; ++i)
    sets.push_back({keep(Arena::read_only), keep(Arena::read_only), keep(Arena::read_write)});
  Writer writer;
  measure(state, [&] {
    writer.clear();
    for (const auto& set : sets) Add::write_set(writer, set);
    Timing timing;
    session().transact_timed(Add::kIndex, 64, writer, timing);
  });
}

/// From nothing to the worker's greeting; its end is not counted.
void start(benchmark::State& state) {
  std::vector<double> seconds;
  for (auto _ : state) {
    state.PauseTiming();
    session().restart();
    state.ResumeTiming();
    const auto before = Clock::now();
    session().start();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - before).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2), seconds.end());
  state.counters["median"] = seconds[seconds.size() / 2];
}

BENCHMARK(call_nothing)->UseRealTime();
BENCHMARK(call_three_views)->ArgName("guarded")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK(throughput)->ArgName("bytes")->Arg(4 << 10)->Arg(1 << 20)->Arg(64 << 20)->UseRealTime();
BENCHMARK(batch_of_64)->UseRealTime();
BENCHMARK(start)->Iterations(100)->UseRealTime();

/// Prints the table, and remembers the medians that have a limit.
class Medians : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      const std::string name = run.benchmark_name();
      const auto median = run.counters.find("median");
      if (median == run.counters.end()) continue;
      if (name.starts_with("call")) call_ = std::max(call_, median->second.value);
      if (name.starts_with("start")) start_ = median->second.value;
    }
  }
  bool within_limits() const {
    std::printf("median of a call: %.1f us (at most %.0f); of a start: %.2f ms (below %.0f)\n", 1e6 * call_,
                1e6 * kMostCallSeconds, 1e3 * start_, 1e3 * kMostStartSeconds);
    return call_ <= kMostCallSeconds && start_ < kMostStartSeconds;
  }

 private:
  double call_ = 0, start_ = 0;
};

/// Judge and worker on the processor that this program runs on already.
bool share_one_processor() {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(std::max(0, sched_getcpu())), &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  bool understood = true;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("--launch="))
      options.launch.launcher.push_back(word.substr(9));
    else if (options.launch.worker.empty() && !word.starts_with("--"))
      options.launch.worker = word;
    else
      understood = false;
  }
  if (!understood || options.launch.worker.empty()) {
    std::fprintf(stderr, "usage: %s WORKER [--launch=WORD]... [--benchmark_...]\n", argv[0]);
    return 2;
  }
  options.launch.arguments = {"--implementation", "probe"};
  if (!share_one_processor()) std::fprintf(stderr, "judge and worker could not be pinned to one processor\n");
  try {
    session().start();
    Medians medians;
    benchmark::RunSpecifiedBenchmarks(&medians);
    return medians.within_limits() ? 0 : 1;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
}
