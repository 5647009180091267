// Module 01's benchmarks: each kernel with a speed step, over a range of sizes, for every implementation linked in.
// Names are slot/case/implementation/size. 512 and 1024 show the cache's associativity beside 500 and 1000: rows that
// lie a power of two apart fall into the same few sets of a cache.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "kiln/backend.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/random.hpp"
#include "kiln/tensor.hpp"

#ifdef KILN_HAVE_OPENBLAS
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"  // its header uses C's _Complex
#include <cblas.h>
#pragma GCC diagnostic pop
#endif

namespace {

using kiln::Tensor;
using kiln::TensorSlots;

Tensor random_tensor(const kiln::Shape& shape) {
  kiln::Random random(1);
  return Tensor::uniform(shape, random, -1, 1);
}

void count_flops(benchmark::State& state, double flops) {
  state.counters["FLOP/s"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}
/// Bytes that have to be moved at least: every operand once.
void count_bytes(benchmark::State& state, std::int64_t floats) {
  state.counters["B/s"] = benchmark::Counter(
      4.0 * static_cast<double>(floats), benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

void run_matmul(benchmark::State& state, const TensorSlots& kernels) {
  const std::int64_t n = state.range(0);
  const Tensor a = random_tensor({n, n}), b = random_tensor({n, n});
  Tensor c({n, n});
  for (auto _ : state) {
    kernels.matmul(a, b, c);
    benchmark::ClobberMemory();
  }
  const auto size = static_cast<double>(n);
  count_flops(state, 2 * size * size * size);
}

void run_batched_matmul(benchmark::State& state, const TensorSlots& kernels) {
  constexpr std::int64_t kBatch = 8;
  const std::int64_t n = state.range(0);
  const Tensor a = random_tensor({kBatch, n, n}), b = random_tensor({kBatch, n, n});
  Tensor c({kBatch, n, n});
  for (auto _ : state) {
    kernels.batched_matmul(a, b, c);
    benchmark::ClobberMemory();
  }
  const auto size = static_cast<double>(n);
  count_flops(state, kBatch * 2 * size * size * size);
}

/// A kernel of two operands and an output; the second is as large as the output, or a row, or a column.
void run_elementwise(benchmark::State& state, decltype(TensorSlots::add) kernel, bool rows, bool columns) {
  const std::int64_t n = state.range(0);
  const Tensor a = random_tensor({n, n}), b = random_tensor({rows ? n : 1, columns ? n : 1});
  Tensor out({n, n});
  for (auto _ : state) {
    kernel(a, b, out);
    benchmark::ClobberMemory();
  }
  count_bytes(state, a.size() + b.size() + out.size());
}

void run_reduce(benchmark::State& state, decltype(TensorSlots::sum) kernel, int axis) {
  const std::int64_t n = state.range(0);
  const Tensor in = random_tensor({n, n});
  Tensor out({n});
  for (auto _ : state) {
    kernel(in, axis, false, out);
    benchmark::ClobberMemory();
  }
  count_bytes(state, in.size() + out.size());
}

void run_copy(benchmark::State& state, const TensorSlots& kernels, bool transposed) {
  const std::int64_t n = state.range(0);
  const Tensor in = random_tensor({n, n});
  Tensor out({n, n});
  const kiln::ConstView view = in.data();
  const kiln::Strides strides = transposed ? kiln::Strides{view.strides[1], view.strides[0]} : view.strides;
  for (auto _ : state) {
    kernels.copy({view.data, view.shape, strides}, out);
    benchmark::ClobberMemory();
  }
  count_bytes(state, 2 * in.size());
}

#ifdef KILN_HAVE_OPENBLAS
void run_sgemm(benchmark::State& state) {
  const auto n = static_cast<int>(state.range(0));
  const Tensor a = random_tensor({n, n}), b = random_tensor({n, n});
  Tensor c({n, n});
  for (auto _ : state) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a.data().data, n, b.data().data, n, 0,
                c.data().data, n);
    benchmark::ClobberMemory();
  }
  const auto size = static_cast<double>(n);
  count_flops(state, 2 * size * size * size);
}
#endif

constexpr std::array<std::int64_t, 10> kSizes{32, 64, 128, 192, 256, 384, 500, 512, 1000, 1024};

template <class Run>
void add(const std::string& name, Run run) {
  auto* registered = benchmark::RegisterBenchmark(name.c_str(), run);
  for (std::int64_t size : kSizes) registered->Arg(size);
}

/// Whether the backend runs this kernel itself; a stub's place is taken by the reference, which has lines of its own.
bool answers(const std::string& backend, const std::string& kernel) {
  if (backend == kiln::kReference) return true;
  for (const kiln::SlotReport& slot : kiln::backend_report(backend))
    if (slot.family == TensorSlots::kFamily && slot.kernel == kernel) return slot.answer == kiln::Answer::student;
  return false;
}

void add_backend(const std::string& name) {
  const TensorSlots& kernels = kiln::kernels<TensorSlots>(name);
  auto add_kernel = [&](const std::string& kernel, const std::string& what, auto run) {
    if (answers(name, kernel)) add(kernel + "/" + what + "/" + name, run);
  };
  using benchmark::State;
  add_kernel("matmul", "square", [&](State& state) { run_matmul(state, kernels); });
  add_kernel("batched_matmul", "batch:8", [&](State& state) { run_batched_matmul(state, kernels); });
  add_kernel("add", "dense", [&](State& state) { run_elementwise(state, kernels.add, true, true); });
  add_kernel("mul", "row", [&](State& state) { run_elementwise(state, kernels.mul, false, true); });
  add_kernel("mul", "column", [&](State& state) { run_elementwise(state, kernels.mul, true, false); });
  add_kernel("sum", "first_axis", [&](State& state) { run_reduce(state, kernels.sum, 0); });
  add_kernel("sum", "last_axis", [&](State& state) { run_reduce(state, kernels.sum, 1); });
  add_kernel("max", "first_axis", [&](State& state) { run_reduce(state, kernels.max, 0); });
  add_kernel("max", "last_axis", [&](State& state) { run_reduce(state, kernels.max, 1); });
  add_kernel("copy", "dense", [&](State& state) { run_copy(state, kernels, false); });
  add_kernel("copy", "transposed", [&](State& state) { run_copy(state, kernels, true); });
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  const std::vector<std::string> known = kiln::known_backends();
  for (const char* name : {"student", kiln::kReference, "naive"})
    if (std::find(known.begin(), known.end(), name) != known.end()) add_backend(name);
#ifdef KILN_HAVE_OPENBLAS
  // Kernels of this module use one thread, so their peer does too.
  openblas_set_num_threads(1);
  add("matmul/square/openblas", run_sgemm);
#endif
  if (benchmark::RunSpecifiedBenchmarks() == 0) return 1;
  benchmark::Shutdown();
}
