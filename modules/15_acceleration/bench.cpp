// Module 15's benchmarks: products by block size and by shape, beside OpenBLAS where it was found, and the kernels that
// gain by the same means. Names are slot/case/implementation/size.
#include <string>

#include "bench/bench.hpp"
#include "kiln/kernels/acceleration.hpp"
#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/tensor.hpp"

#ifdef KILN_HAVE_OPENBLAS
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"  // its header uses C's _Complex
#include <cblas.h>
#pragma GCC diagnostic pop
#endif

namespace {

using namespace kiln::bench;
using benchmark::State;
using kiln::AccelerationSlots;
using kiln::Tensor;

/// run(a, b, c) for square matrices of state.range(0).
template <class Run>
void run_square(State& state, Run run) {
  const std::int64_t n = state.range(0);
  const Tensor a = random_tensor({n, n}), b = random_tensor({n, n});
  Tensor c({n, n});
  for (auto _ : state) {
    run(a, b, c);
    benchmark::ClobberMemory();
  }
  const auto size = static_cast<double>(n);
  count_flops(state, 2 * size * size * size);
}

/// One size, and the block as the argument: 1000 x 1000 in blocks of state.range(0), with their footprint.
void run_blocks(State& state, const AccelerationSlots& kernels) {
  constexpr std::int64_t kSize = 1000;
  const std::int64_t block = state.range(0);
  const Tensor a = random_tensor({kSize, kSize}), b = random_tensor({kSize, kSize});
  Tensor c({kSize, kSize});
  for (auto _ : state) {
    kernels.matmul_blocked(a, b, block, c);
    benchmark::ClobberMemory();
  }
  const auto size = static_cast<double>(kSize);
  count_flops(state, 2 * size * size * size);
  state.counters["footprint"] =
      benchmark::Counter(static_cast<double>(kiln::kernels<AccelerationSlots>().block_footprint(block)),
                         benchmark::Counter::kDefaults, benchmark::Counter::kIs1024);
}

void run_conv2d(State& state, const AccelerationSlots& kernels) {
  const std::int64_t channels = state.range(0);
  const Tensor in = random_tensor({4, channels, 28, 28}), weight = random_tensor({channels, channels, 3, 3});
  const Tensor bias = random_tensor({channels});
  Tensor out({4, channels, 28, 28});
  for (auto _ : state) {
    kernels.conv2d_im2col(in, weight, bias, {1, 1, 1, 1}, out);
    benchmark::ClobberMemory();
  }
  const auto size = static_cast<double>(channels);
  count_flops(state, 2.0 * 4 * 28 * 28 * 9 * size * size);
}

/// run(in, features, out) for 256 rows of state.range(0).
template <class Run>
void run_rows(State& state, Run run) {
  const std::int64_t n = state.range(0);
  const Tensor in = random_tensor({256, n}), features = random_tensor({n});
  Tensor out({256, n});
  for (auto _ : state) {
    run(in, features, out);
    benchmark::ClobberMemory();
  }
  count_bytes(state, in.size() + out.size());
}

const Sizes kSizes{8, 16, 24, 32, 64, 128, 192, 256, 257, 384, 500, 512, 1000, 1024};
const Sizes kBlocks{32, 48, 64, 96, 128, 192, 256};
const Sizes kRows{16, 64, 250, 256, 1000, 1024};

void add_benchmarks(const Backend<AccelerationSlots>& backend) {
  const AccelerationSlots& k = backend.kernels;
  const auto add = [&](const std::string& kernel, const std::string& what, const Sizes& sizes, auto run) {
    backend.add(kernel, what, sizes, [run, &k](State& state, const AccelerationSlots&) { run(state, k); });
  };
  using Slots = AccelerationSlots;
  using In = const Tensor&;
  add("matmul_blocked", "block", kBlocks, [](State& state, const Slots& k) { run_blocks(state, k); });
  add("matmul_blocked", "square", kSizes, [](State& state, const Slots& k) {
    run_square(state, [&](In a, In b, Tensor& c) { k.matmul_blocked(a, b, 64, c); });
  });
  add("matmul_packed", "square", kSizes, [](State& state, const Slots& k) {
    run_square(state, [&](In a, In b, Tensor& c) { k.matmul_packed(1, a, b, 0, c); });
  });
  add("matmul_parallel", "square", kSizes, [](State& state, const Slots& k) {
    run_square(state, [&](In a, In b, Tensor& c) { k.matmul_parallel(1, a, b, 0, c); });
  });
  add("matmul_dispatched", "square", kSizes, [](State& state, const Slots& k) {
    run_square(state, [&](In a, In b, Tensor& c) { k.matmul_dispatched(a, b, 1, c); });
  });
  add("conv2d_im2col", "28x28", {4, 16, 32, 64}, [](State& state, const Slots& k) { run_conv2d(state, k); });
  add("softmax_simd", "256_rows", kRows,
      [](State& state, const Slots& k) { run_rows(state, [&](In in, In, Tensor& out) { k.softmax_simd(in, out); }); });
  add("layer_norm_simd", "256_rows", kRows, [](State& state, const Slots& k) {
    run_rows(state, [&](In in, In features, Tensor& out) { k.layer_norm_simd(in, features, features, 1e-5f, out); });
  });
  add("bias_gelu", "256_rows", kRows, [](State& state, const Slots& k) {
    run_rows(state, [&](In in, In features, Tensor& out) { k.bias_gelu(in, features, out); });
  });
}

/// The clear kernels that this module competes with, and the library. Their names begin as those of the kernels beside
/// which `kiln bench` shows them.
void add_peers() {
  const auto& tensor = kiln::kernels<kiln::TensorSlots>(kiln::kReference);
  const auto& activations = kiln::kernels<kiln::ActivationSlots>(kiln::kReference);
  for (const std::string kernel : {"matmul_blocked", "matmul_packed"})
    add_benchmark(kernel + "/square/module_01", kSizes, [&](State& state) {
      run_square(state, [&](const Tensor& a, const Tensor& b, Tensor& c) { tensor.matmul(a, b, c); });
    });
  add_benchmark("softmax_simd/256_rows/module_02", kRows, [&](State& state) {
    run_rows(state, [&](const Tensor& in, const Tensor&, Tensor& out) { activations.softmax(in, out); });
  });
  add_benchmark("bias_gelu/256_rows/module_02_without_bias", kRows, [&](State& state) {
    run_rows(state, [&](const Tensor& in, const Tensor&, Tensor& out) { activations.gelu_tanh(in, out); });
  });
#ifdef KILN_HAVE_OPENBLAS
  // One thread, as the packed kernel has.
  openblas_set_num_threads(1);
  add_benchmark("matmul_packed/square/openblas", kSizes, [](State& state) {
    run_square(state, [](const Tensor& a, const Tensor& b, Tensor& c) {
      const auto n = static_cast<int>(a.data().shape[0]);
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a.data().data, n, b.data().data, n, 0,
                  c.data().data, n);
    });
  });
#endif
}

}  // namespace

int main(int argc, char** argv) { return run<AccelerationSlots>(argc, argv, add_benchmarks, add_peers); }
