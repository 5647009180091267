// Module 04's benchmarks: every loss over a range of sizes, for every implementation linked in.
// Names are kernel/case/backend/size. For cross_entropy the size is the number of classes, of 256 rows; elements a
// second should not fall as it grows.
#include "bench/bench.hpp"
#include "kiln/kernels/losses.hpp"

namespace {

using namespace kiln::bench;
using benchmark::State;
using kiln::LossSlots;
using kiln::Tensor;

Tensor uniform(const kiln::Shape& shape, std::uint64_t seed, float low, float high) {
  kiln::Random random(seed);
  return Tensor::uniform(shape, random, low, high);
}

void count_elements(State& state, std::int64_t elements) {
  state.counters["elements/s"] = benchmark::Counter(
      static_cast<double>(elements), benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

/// A loss of two equal shapes.
void run_elements(State& state, decltype(LossSlots::mean_squared_error) loss_of) {
  const std::int64_t n = state.range(0);
  const Tensor values = uniform({n}, 1, -4, 4), target = uniform({n}, 2, 0, 1);
  Tensor loss(kiln::Shape{});
  for (auto _ : state) {
    loss_of(values, target, loss);
    benchmark::ClobberMemory();
  }
  count_elements(state, n);
}

/// 256 rows; `dense`, or the transpose of a dense (classes, 256).
void run_cross_entropy(State& state, const LossSlots& kernels, bool dense) {
  constexpr std::int64_t kBatch = 256;
  const std::int64_t classes = state.range(0);
  const Tensor logits = uniform(dense ? kiln::Shape{kBatch, classes} : kiln::Shape{classes, kBatch}, 1, -4, 4);
  kiln::ConstView view = logits.data();
  if (!dense) view = {view.data, {kBatch, classes}, {1, kBatch}};
  std::vector<std::int32_t> labels;
  for (std::int64_t i = 0; i < kBatch; ++i) labels.push_back(static_cast<std::int32_t>(i % classes));
  Tensor loss(kiln::Shape{});
  for (auto _ : state) {
    kernels.cross_entropy(view, labels, -100, loss);
    benchmark::ClobberMemory();
  }
  count_elements(state, kBatch * classes);
}

const Sizes kElements{1000, 10000, 100000}, kClasses{10, 64, 128, 256, 1000};

void add_benchmarks(const Backend<LossSlots>& backend) {
  backend.add("mean_squared_error", "dense", kElements,
              [](State& state, const LossSlots& kernels) { run_elements(state, kernels.mean_squared_error); });
  backend.add("binary_cross_entropy", "dense", kElements,
              [](State& state, const LossSlots& kernels) { run_elements(state, kernels.binary_cross_entropy); });
  backend.add("cross_entropy", "dense", kClasses,
              [](State& state, const LossSlots& kernels) { run_cross_entropy(state, kernels, true); });
  backend.add("cross_entropy", "transposed", kClasses,
              [](State& state, const LossSlots& kernels) { run_cross_entropy(state, kernels, false); });
}

}  // namespace

int main(int argc, char** argv) { return run<LossSlots>(argc, argv, add_benchmarks); }
