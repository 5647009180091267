// Module 08's benchmarks: a layer of 16 to 32 channels with a 3x3 window, pools and batch normalisation, for every
// implementation linked in. Names are slot/case/implementation/size, where size is the side of a square image. Small
// images have short rows: whoever runs along rows loses there, and whoever runs along channels does not.
#include <cstdint>
#include <vector>

#include "bench/bench.hpp"
#include "kiln/kernels/spatial.hpp"

namespace {

using namespace kiln::bench;
using kiln::Conv2dOptions;
using kiln::Pool2dOptions;
using kiln::Shape;
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

Shape images_of(benchmark::State& state) { return {kBatch, kChannels, state.range(0), state.range(0)}; }

void run_max_pool(benchmark::State& state, const SpatialSlots& kernels) {
  const Shape shape = images_of(state), pooled{kBatch, kChannels, shape[2] / 2, shape[3] / 2};
  const Tensor in = random_tensor(shape);
  Tensor out(pooled);
  std::vector<std::int64_t> winners(static_cast<std::size_t>(pooled.elements()));
  for (auto _ : state) {
    kernels.max_pool2d(in, Pool2dOptions{}, out, winners);
    benchmark::ClobberMemory();
  }
  // A winner is as long as two floats.
  count_bytes(state, shape.elements() + 3 * pooled.elements());
}

void run_average_pool(benchmark::State& state, const SpatialSlots& kernels) {
  const Shape shape = images_of(state), pooled{kBatch, kChannels, shape[2] / 2, shape[3] / 2};
  const Tensor in = random_tensor(shape);
  Tensor out(pooled);
  for (auto _ : state) {
    kernels.average_pool2d(in, Pool2dOptions{}, out);
    benchmark::ClobberMemory();
  }
  count_bytes(state, shape.elements() + pooled.elements());
}

void run_batch_norm(benchmark::State& state, const SpatialSlots& kernels) {
  const Shape shape = images_of(state), channels{kChannels};
  const Tensor in = random_tensor(shape), weight = random_tensor(channels), bias = random_tensor(channels);
  Tensor out(shape), mean(channels), scale(channels), running_mean(channels), running_variance(channels);
  for (auto _ : state) {
    kernels.batch_norm_train(in, weight, bias, 0.1f, 1e-5f, running_mean, running_variance, out, mean, scale);
    benchmark::ClobberMemory();
  }
  count_bytes(state, 2 * shape.elements());
}

void run_batch_norm_backward(benchmark::State& state, const SpatialSlots& kernels) {
  const Shape shape = images_of(state), channels{kChannels};
  const Tensor in = random_tensor(shape), grad_out = random_tensor(shape), weight = random_tensor(channels);
  const Tensor mean = random_tensor(channels), scale = random_tensor(channels);
  Tensor grad_in(shape);
  for (auto _ : state) {
    kernels.batch_norm_backward_in(grad_out, in, weight, mean, scale, grad_in);
    benchmark::ClobberMemory();
  }
  count_bytes(state, 4 * shape.elements());
}

void add_benchmarks(const Backend<SpatialSlots>& backend) {
  using benchmark::State;
  using Slots = SpatialSlots;
  const Sizes sizes{8, 14, 28};
  backend.add("conv2d", "layer", sizes, [](State& state, const Slots& k) { run_forward(state, k, kChannels); });
  backend.add("conv2d", "one_channel", sizes, [](State& state, const Slots& k) { run_forward(state, k, 1); });
  backend.add("conv2d_backward_in", "layer", sizes, run_backward_in);
  backend.add("conv2d_backward_weight", "layer", sizes, run_backward_weight);
  backend.add("max_pool2d", "pairs", sizes, [](State& state, const Slots& kernels) { run_max_pool(state, kernels); });
  backend.add("average_pool2d", "pairs", sizes,
              [](State& state, const Slots& kernels) { run_average_pool(state, kernels); });
  backend.add("batch_norm_train", "images", sizes,
              [](State& state, const Slots& kernels) { run_batch_norm(state, kernels); });
  backend.add("batch_norm_backward_in", "images", sizes,
              [](State& state, const Slots& kernels) { run_batch_norm_backward(state, kernels); });
}

}  // namespace

int main(int argc, char** argv) { return kiln::bench::run<SpatialSlots>(argc, argv, add_benchmarks); }
