// Module 08's benchmarks: a layer of 16 to 32 channels with a 3x3 window, forward and backward, for every
// implementation linked in. Names are slot/case/implementation/size, where size is the side of a square image. Small
// images have short rows: whoever runs along rows loses there, and whoever runs along channels does not.
#include "bench/bench.hpp"
#include "kiln/kernels/spatial.hpp"

namespace {

using namespace kiln::bench;
using kiln::Conv2dOptions;
using kiln::SpatialSlots;
using kiln::Tensor;

constexpr std::int64_t kBatch = 64, kChannels = 16, kFilters = 32, kWindow = 3;
constexpr Conv2dOptions kSame{1, 1, 1, 1};

double flops(std::int64_t in_channels, std::int64_t side) {
  return 2.0 * static_cast<double>(kBatch * kFilters * in_channels * kWindow * kWindow * side * side);
}

void run_forward(benchmark::State& state, const SpatialSlots& kernels, std::int64_t in_channels) {
  const std::int64_t side = state.range(0);
  const Tensor in = random_tensor({kBatch, in_channels, side, side});
  const Tensor weight = random_tensor({kFilters, in_channels, kWindow, kWindow}), bias = random_tensor({kFilters});
  Tensor out({kBatch, kFilters, side, side});
  for (auto _ : state) {
    kernels.conv2d(in, weight, bias, kSame, out);
    benchmark::ClobberMemory();
  }
  count_flops(state, flops(in_channels, side));
}

void run_backward_in(benchmark::State& state, const SpatialSlots& kernels) {
  const std::int64_t side = state.range(0);
  const Tensor grad_out = random_tensor({kBatch, kFilters, side, side});
  const Tensor weight = random_tensor({kFilters, kChannels, kWindow, kWindow});
  Tensor grad_in({kBatch, kChannels, side, side});
  for (auto _ : state) {
    kernels.conv2d_backward_in(grad_out, weight, kSame, grad_in);
    benchmark::ClobberMemory();
  }
  count_flops(state, flops(kChannels, side));
}

void run_backward_weight(benchmark::State& state, const SpatialSlots& kernels) {
  const std::int64_t side = state.range(0);
  const Tensor grad_out = random_tensor({kBatch, kFilters, side, side});
  const Tensor in = random_tensor({kBatch, kChannels, side, side});
  Tensor grad_weight({kFilters, kChannels, kWindow, kWindow});
  for (auto _ : state) {
    kernels.conv2d_backward_weight(grad_out, in, kSame, grad_weight);
    benchmark::ClobberMemory();
  }
  count_flops(state, flops(kChannels, side));
}

void add_benchmarks(const Backend<SpatialSlots>& backend) {
  using benchmark::State;
  using Slots = SpatialSlots;
  const Sizes sizes{8, 14, 28};
  backend.add("conv2d", "layer", sizes, [](State& state, const Slots& k) { run_forward(state, k, kChannels); });
  backend.add("conv2d", "one_channel", sizes, [](State& state, const Slots& k) { run_forward(state, k, 1); });
  backend.add("conv2d_backward_in", "layer", sizes, run_backward_in);
  backend.add("conv2d_backward_weight", "layer", sizes, run_backward_weight);
}

}  // namespace

int main(int argc, char** argv) { return kiln::bench::run<SpatialSlots>(argc, argv, add_benchmarks); }
