// Module 09's benchmarks: batches put together, files read and images prepared, for every implementation linked in.
// Names are slot/case/implementation/size, where the size is a number of images of 28x28. 128 images and their batch
// lie in a second-level cache of 1 MB, 8192 in no cache.
#include <numeric>
#include <vector>

#include "bench/bench.hpp"
#include "kiln/kernels/data.hpp"

namespace {

using namespace kiln::bench;
using benchmark::State;
using kiln::DataSlots;
using kiln::Shape;
using kiln::Tensor;

std::vector<std::int64_t> shuffled(std::int64_t count) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  kiln::Random(1).shuffle(std::span(order));
  return order;
}

void run_shuffle(State& state, const DataSlots& kernels) {
  std::vector<std::int64_t> order = shuffled(state.range(0));
  std::uint64_t seed = 0;
  for (auto _ : state) {
    kernels.shuffle(++seed, order);
    benchmark::ClobberMemory();
  }
}

void run_collate(State& state, const DataSlots& kernels) {
  const std::int64_t n = state.range(0);
  const Tensor examples = random_tensor({n, 1, 28, 28});
  const std::vector<std::int64_t> indices = shuffled(n);
  Tensor batch({n, 1, 28, 28});
  for (auto _ : state) {
    kernels.collate(examples, indices, batch);
    benchmark::ClobberMemory();
  }
  count_bytes(state, 2 * examples.size());
}

void run_read_idx(State& state, const DataSlots& kernels) {
  const Shape shape{state.range(0), 28, 28};
  const std::vector<std::uint8_t> bytes(static_cast<std::size_t>(16 + shape.elements()), 7);
  const kiln::IdxHeader header{kiln::IdxType::u8, shape, 16};
  Tensor out(shape);
  for (auto _ : state) {
    kernels.read_idx(bytes, header, out);
    benchmark::ClobberMemory();
  }
  count_bytes(state, out.size());
}

void run_normalise(State& state, const DataSlots& kernels) {
  const Tensor in = random_tensor({state.range(0), 1, 28, 28});
  const std::vector<double> mean{0.1}, deviation{0.6};
  Tensor out({state.range(0), 1, 28, 28});
  for (auto _ : state) {
    kernels.normalise(in, mean, deviation, out);
    benchmark::ClobberMemory();
  }
  count_bytes(state, 2 * in.size());
}

void run_augment(State& state, const DataSlots& kernels) {
  const Tensor in = random_tensor({state.range(0), 1, 28, 28});
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(state.range(0)));
  std::iota(seeds.begin(), seeds.end(), std::uint64_t{1});
  Tensor out({state.range(0), 1, 28, 28});
  for (auto _ : state) {
    kernels.augment(in, {2, 0.5f}, seeds, out);
    benchmark::ClobberMemory();
  }
  count_bytes(state, 2 * in.size());
}

const Sizes kSizes{16, 64, 128, 512, 2048, 8192};

void add_benchmarks(const Backend<DataSlots>& backend) {
  backend.add("shuffle", "images", kSizes, run_shuffle);
  backend.add("collate", "images", kSizes, run_collate);
  backend.add("read_idx", "images", kSizes, run_read_idx);
  backend.add("normalise", "images", kSizes, run_normalise);
  backend.add("augment", "images", kSizes, run_augment);
}

}  // namespace

int main(int argc, char** argv) { return run<DataSlots>(argc, argv, add_benchmarks); }
