// Module 01's benchmarks: each kernel with a speed step, over a range of sizes, for every implementation linked in.
// Names are slot/case/implementation/size. 512 and 1024 show the cache's associativity beside 500 and 1000: rows that
// lie a power of two apart fall into the same few sets of a cache.
#include "bench/bench.hpp"
#include "kiln/kernels/tensor.hpp"

#ifdef KILN_HAVE_OPENBLAS
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"  // its header uses C's _Complex
#include <cblas.h>
#pragma GCC diagnostic pop
#endif

namespace {

using namespace kiln::bench;
using kiln::Tensor;
using kiln::TensorSlots;

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

const Sizes kSizes{32, 64, 128, 192, 256, 384, 500, 512, 1000, 1024};

void add_benchmarks(const Backend<TensorSlots>& backend) {
  auto add = [&](const std::string& kernel, const std::string& what, auto run) {
    backend.add(kernel, what, kSizes, run);
  };
  using benchmark::State;
  add("matmul", "square", run_matmul);
  add("batched_matmul", "batch:8", run_batched_matmul);
  add("add", "dense", [](State& state, const TensorSlots& k) { run_elementwise(state, k.add, true, true); });
  add("mul", "row", [](State& state, const TensorSlots& k) { run_elementwise(state, k.mul, false, true); });
  add("mul", "column", [](State& state, const TensorSlots& k) { run_elementwise(state, k.mul, true, false); });
  add("sum", "first_axis", [](State& state, const TensorSlots& k) { run_reduce(state, k.sum, 0); });
  add("sum", "last_axis", [](State& state, const TensorSlots& k) { run_reduce(state, k.sum, 1); });
  add("max", "first_axis", [](State& state, const TensorSlots& k) { run_reduce(state, k.max, 0); });
  add("max", "last_axis", [](State& state, const TensorSlots& k) { run_reduce(state, k.max, 1); });
  add("copy", "dense", [](State& state, const TensorSlots& k) { run_copy(state, k, false); });
  add("copy", "transposed", [](State& state, const TensorSlots& k) { run_copy(state, k, true); });
}

void add_peers() {
#ifdef KILN_HAVE_OPENBLAS
  // Kernels of this module use one thread, so their peer does too.
  openblas_set_num_threads(1);
  add_benchmark("matmul/square/openblas", kSizes, run_sgemm);
#endif
}

}  // namespace

int main(int argc, char** argv) { return run<TensorSlots>(argc, argv, add_benchmarks, add_peers); }
