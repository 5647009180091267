// Module 07's benchmarks: clipping a gradient over a range of sizes, for every implementation linked in.
// Names are slot/case/implementation/elements. A gradient of 8,192 floats fills a first-level cache, one of 262,144 a
// second-level cache of 1 MB; what is larger is read from memory, and where it is too long read from there once more.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "bench/bench.hpp"
#include "kiln/kernels/training.hpp"

namespace {

using namespace kiln::bench;
using kiln::Tensor;
using kiln::TrainingSlots;
using kiln::View;

/// A gradient in two tensors. Where it `clips`, each call is allowed a millionth less than the one before: something to
/// scale each time, and after a million calls the numbers are still no tiny ones.
void run_clip(benchmark::State& state, const TrainingSlots& kernels, bool clips) {
  const std::int64_t n = state.range(0);
  Tensor weight = random_tensor({n / 2}), bias = random_tensor({n / 2});
  const std::vector<View> gradients{weight.data(), bias.data()};
  double most = std::numeric_limits<double>::infinity();
  const double norm = kernels.clip_gradients(gradients, most);
  for (auto _ : state) {
    if (clips) most = std::min(most, norm) * 0.999999;
    benchmark::DoNotOptimize(kernels.clip_gradients(gradients, most));
    benchmark::ClobberMemory();
  }
  // One pass that reads, and one that reads and writes.
  count_bytes(state, (clips ? 3 : 1) * n);
}

void add_benchmarks(const Backend<TrainingSlots>& backend) {
  using benchmark::State;
  using Slots = TrainingSlots;
  const Sizes sizes{1024, 4096, 16384, 65536, 262144, 1048576, 4194304};
  backend.add("clip_gradients", "short_enough", sizes,
              [](State& state, const Slots& kernels) { run_clip(state, kernels, false); });
  backend.add("clip_gradients", "too_long", sizes,
              [](State& state, const Slots& kernels) { run_clip(state, kernels, true); });
}

}  // namespace

int main(int argc, char** argv) { return kiln::bench::run<TrainingSlots>(argc, argv, add_benchmarks); }
