// Module 06's benchmarks: what a gradient costs, for every implementation linked in.
// Names are slot/case/implementation/size: a side of a square of floats, or a number of nodes.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "kiln/backend.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/random.hpp"
#include "kiln/tensor.hpp"

namespace {

using kiln::AutogradSlots;
using kiln::Tensor;

Tensor random_tensor(const kiln::Shape& shape) {
  kiln::Random random(1);
  return Tensor::uniform(shape, random, -1, 1);
}

/// Bytes that have to be moved at least: every operand once, and what is added to once more.
void count_bytes(benchmark::State& state, std::int64_t floats) {
  state.counters["B/s"] = benchmark::Counter(
      4.0 * static_cast<double>(floats), benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

/// Into a gradient of (n, n), or of a row, or of a column.
void run_unbroadcast(benchmark::State& state, const AutogradSlots& kernels, bool rows, bool columns) {
  const std::int64_t n = state.range(0);
  const Tensor grad_out = random_tensor({n, n});
  Tensor grad_in = random_tensor({rows ? n : 1, columns ? n : 1});
  for (auto _ : state) {
    kernels.unbroadcast(grad_out, grad_in);
    benchmark::ClobberMemory();
  }
  count_bytes(state, grad_out.size() + 2 * grad_in.size());
}

void run_mul(benchmark::State& state, const AutogradSlots& kernels) {
  const std::int64_t n = state.range(0);
  const Tensor grad_out = random_tensor({n, n}), other = random_tensor({n, n});
  Tensor grad_in = random_tensor({n, n});
  for (auto _ : state) {
    kernels.mul_backward(grad_out, other, grad_in);
    benchmark::ClobberMemory();
  }
  count_bytes(state, 4 * grad_in.size());
}

void run_sum(benchmark::State& state, const AutogradSlots& kernels, int axis) {
  const std::int64_t n = state.range(0);
  const Tensor grad_out = random_tensor({n});
  Tensor grad_in = random_tensor({n, n});
  for (auto _ : state) {
    kernels.sum_backward(grad_out, axis, false, grad_in);
    benchmark::ClobberMemory();
  }
  count_bytes(state, grad_out.size() + 2 * grad_in.size());
}

/// A gradient of a product of two (n, n) by one of them; both kernels take two matrices and add to a third.
void run_product(benchmark::State& state, decltype(AutogradSlots::matmul_backward_a) kernel) {
  const std::int64_t n = state.range(0);
  const Tensor first = random_tensor({n, n}), second = random_tensor({n, n});
  Tensor gradient = random_tensor({n, n});
  for (auto _ : state) {
    kernel(first, second, gradient);
    benchmark::ClobberMemory();
  }
  const auto size = static_cast<double>(n);
  state.counters["FLOP/s"] = benchmark::Counter(2 * size * size * size, benchmark::Counter::kIsIterationInvariantRate,
                                                benchmark::Counter::kIs1000);
}

/// A graph in which every node but the first two reads the one before it and any other. Numbered in that order, as a
/// tape is, or at random.
void run_order(benchmark::State& state, const AutogradSlots& kernels, bool shuffled) {
  const std::int64_t nodes = state.range(0);
  kiln::Random random(1);
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(nodes)), order(numbers.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  if (shuffled) random.shuffle(std::span<std::int64_t>(numbers));
  std::vector<std::vector<std::int64_t>> reads(numbers.size());
  for (std::size_t i = 2; i < numbers.size(); ++i)
    reads[static_cast<std::size_t>(numbers[i])] = {numbers[i - 1], numbers[random.below(i)]};
  std::vector<std::int64_t> first_input{0}, inputs;
  for (const std::vector<std::int64_t>& of_node : reads) {
    inputs.insert(inputs.end(), of_node.begin(), of_node.end());
    first_input.push_back(static_cast<std::int64_t>(inputs.size()));
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernels.topological_order(first_input, inputs, numbers.back(), order));
    benchmark::ClobberMemory();
  }
  state.counters["nodes/s"] = benchmark::Counter(
      static_cast<double>(nodes), benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

template <class Run>
void add(const std::string& name, std::initializer_list<std::int64_t> sizes, Run run) {
  auto* registered = benchmark::RegisterBenchmark(name.c_str(), run);
  for (const std::int64_t size : sizes) registered->Arg(size);
}

/// Whether the backend runs this kernel itself; a stub's place is taken by the reference, which has lines of its own.
bool answers(const std::string& backend, const std::string& kernel) {
  if (backend == kiln::kReference) return true;
  for (const kiln::SlotReport& slot : kiln::backend_report(backend))
    if (slot.family == AutogradSlots::kFamily && slot.kernel == kernel) return slot.answer == kiln::Answer::student;
  return false;
}

void add_backend(const std::string& name) {
  const AutogradSlots& kernels = kiln::kernels<AutogradSlots>(name);
  auto add_kernel = [&](const std::string& kernel, const std::string& what, auto run) {
    if (answers(name, kernel)) add(kernel + "/" + what + "/" + name, {32, 128, 256, 512, 1024}, run);
  };
  auto add_order = [&](const std::string& what, auto run) {
    if (answers(name, "topological_order"))
      add("topological_order/" + what + "/" + name, {100, 1000, 10'000, 100'000}, run);
  };
  using benchmark::State;
  add_kernel("unbroadcast", "dense", [&](State& state) { run_unbroadcast(state, kernels, true, true); });
  add_kernel("unbroadcast", "bias", [&](State& state) { run_unbroadcast(state, kernels, false, true); });
  add_kernel("unbroadcast", "column", [&](State& state) { run_unbroadcast(state, kernels, true, false); });
  add_kernel("mul_backward", "dense", [&](State& state) { run_mul(state, kernels); });
  add_kernel("sum_backward", "first_axis", [&](State& state) { run_sum(state, kernels, 0); });
  add_kernel("sum_backward", "last_axis", [&](State& state) { run_sum(state, kernels, 1); });
  auto add_product = [&](const std::string& kernel, auto run) {
    if (answers(name, kernel)) add(kernel + "/square/" + name, {32, 64, 128, 192, 256, 384}, run);
  };
  add_product("matmul_backward_a", [&](State& state) { run_product(state, kernels.matmul_backward_a); });
  add_product("matmul_backward_b", [&](State& state) { run_product(state, kernels.matmul_backward_b); });
  add_order("tape", [&](State& state) { run_order(state, kernels, false); });
  add_order("random_graph", [&](State& state) { run_order(state, kernels, true); });
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  const std::vector<std::string> known = kiln::known_backends();
  for (const char* name : {"student", kiln::kReference, "naive"})
    if (std::find(known.begin(), known.end(), name) != known.end()) add_backend(name);
  if (benchmark::RunSpecifiedBenchmarks() == 0) return 1;
  benchmark::Shutdown();
}
