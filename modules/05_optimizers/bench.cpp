// Module 05's benchmarks: a step of each optimiser over a range of sizes, for every implementation linked in.
// Names are slot/case/implementation/elements. Four tensors of 4,096 floats fill a first-level cache and more; four of
// 65,536 a second-level cache of 1 MB; what is larger is read from memory at each step, where passes cost most.
#include <cstdint>

#include "bench/bench.hpp"
#include "kiln/kernels/optimizers.hpp"

namespace {

using namespace kiln::bench;
using kiln::AdamOptions;
using kiln::ConstView;
using kiln::OptimizerSlots;
using kiln::SgdOptions;
using kiln::Tensor;

void run_sgd(benchmark::State& state, const OptimizerSlots& kernels, SgdOptions options) {
  const std::int64_t n = state.range(0);
  const Tensor gradient = random_tensor({n});
  Tensor parameter = random_tensor({n}), velocity({n});
  for (auto _ : state) {
    kernels.sgd_step(gradient, options, parameter, velocity);
    benchmark::ClobberMemory();
  }
  // Gradient and parameter are read, the parameter written; a velocity is read and written.
  count_bytes(state, (options.momentum > 0 ? 5 : 3) * n);
}

/// Adam or AdamW. A transposed gradient is what the backward of a matrix product may hand over.
void run_adam(benchmark::State& state, decltype(OptimizerSlots::adam_step) kernel, bool transposed) {
  const std::int64_t rows = 64, columns = state.range(0) / rows;
  const Tensor values = random_tensor({rows, columns});
  const ConstView gradient =
      transposed ? ConstView{values.data().data, {rows, columns}, {1, rows}} : ConstView(values.data());
  Tensor parameter = random_tensor({rows, columns}), first({rows, columns}), second({rows, columns});
  std::int64_t step = 0;
  for (auto _ : state) {
    kernel(gradient, AdamOptions{}, ++step, parameter, first, second);
    benchmark::ClobberMemory();
  }
  count_bytes(state, 7 * rows * columns);
}

void add_benchmarks(const Backend<OptimizerSlots>& backend) {
  using benchmark::State;
  using Slots = OptimizerSlots;
  const Sizes sizes{1024, 4096, 16384, 65536, 262144, 1048576, 4194304};
  backend.add("sgd_step", "plain", sizes, [](State& state, const Slots& kernels) { run_sgd(state, kernels, {}); });
  backend.add("sgd_step", "momentum", sizes,
              [](State& state, const Slots& kernels) { run_sgd(state, kernels, {.momentum = 0.9f}); });
  backend.add("sgd_step", "nesterov", sizes, [](State& state, const Slots& kernels) {
    run_sgd(state, kernels, {.momentum = 0.9f, .weight_decay = 0.001f, .nesterov = true});
  });
  backend.add("adam_step", "dense", sizes,
              [](State& state, const Slots& kernels) { run_adam(state, kernels.adam_step, false); });
  backend.add("adam_step", "transposed_gradient", sizes,
              [](State& state, const Slots& kernels) { run_adam(state, kernels.adam_step, true); });
  backend.add("adamw_step", "dense", sizes,
              [](State& state, const Slots& kernels) { run_adam(state, kernels.adamw_step, false); });
}

}  // namespace

int main(int argc, char** argv) { return kiln::bench::run<OptimizerSlots>(argc, argv, add_benchmarks); }
