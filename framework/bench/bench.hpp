// What a module's bench.cpp stands on: one benchmark a kernel, case, backend and size.
//   void add_benchmarks(Backend<TensorSlots> backend) {
//     backend.add("matmul", "square", kSizes, [](benchmark::State& state, const TensorSlots& kernels) { ... });
//   }
//   int main(int argc, char** argv) { return kiln::bench::run<kiln::TensorSlots>(argc, argv, add_benchmarks); }
// Names are kernel/case/backend/size. A backend that leaves a kernel to the reference has no line for it.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include "kiln/backend.hpp"
#include "kiln/random.hpp"
#include "kiln/tensor.hpp"

namespace kiln::bench {

using Sizes = std::vector<std::int64_t>;

/// Uniform in [-1, 1), the same at every call.
inline Tensor random_tensor(const Shape& shape) {
  Random random(1);
  return Tensor::uniform(shape, random, -1, 1);
}

inline void count_flops(benchmark::State& state, double flops) {
  state.counters["FLOP/s"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}
/// Bytes that have to be moved at least: every operand once.
inline void count_bytes(benchmark::State& state, std::int64_t floats) {
  state.counters["B/s"] = benchmark::Counter(
      4.0 * static_cast<double>(floats), benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

template <class Run>
void add_benchmark(const std::string& name, const Sizes& sizes, Run run) {
  auto* registered = benchmark::RegisterBenchmark(name.c_str(), run);
  for (std::int64_t size : sizes) registered->Arg(size);
}

template <class Slots>
struct Backend {
  std::string name;
  const Slots& kernels;

  /// Whether the backend runs this kernel itself; a stub's place is taken by the reference, which has lines of its own.
  bool answers(const std::string& kernel) const {
    if (name == kReference) return true;
    for (const SlotReport& slot : backend_report(name))
      if (slot.family == Slots::kFamily && slot.kernel == kernel) return slot.answer == Answer::student;
    return false;
  }

  /// run(state, kernels) for each size, which is state.range(0).
  template <class Run>
  void add(const std::string& kernel, const std::string& what, const Sizes& sizes, Run run) const {
    if (!answers(kernel)) return;
    const Slots& table = kernels;
    add_benchmark(kernel + "/" + what + "/" + name, sizes, [=, &table](benchmark::State& state) { run(state, table); });
  }
};

/// The main function: `add_benchmarks` is called for each backend, then `add_peers` once.
template <class Slots>
int run(int argc, char** argv, void (*add_benchmarks)(const Backend<Slots>&), void (*add_peers)() = nullptr) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  const std::vector<std::string> known = known_backends();
  for (const char* name : {"student", kReference, "naive"})
    if (std::find(known.begin(), known.end(), name) != known.end())
      add_benchmarks(Backend<Slots>{name, kernels<Slots>(name)});
  if (add_peers != nullptr) add_peers();
  if (benchmark::RunSpecifiedBenchmarks() == 0) return 1;
  benchmark::Shutdown();
  return 0;
}

}  // namespace kiln::bench
