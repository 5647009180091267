// Module 03's benchmarks: linear over the widths of its rows, and the other layers, for every implementation linked in.
// Names are slot/case/implementation/size. The rate of linear tells which number of partial sums suits the machine.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "kiln/backend.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/random.hpp"
#include "kiln/tensor.hpp"

#ifdef KILN_HAVE_OPENBLAS
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"  // its header uses C's _Complex
#include <cblas.h>
#pragma GCC diagnostic pop
#endif

namespace {

using kiln::LayerSlots;
using kiln::Tensor;

constexpr std::int64_t kBatch = 16, kOutputs = 128;

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
double linear_flops(std::int64_t batch, std::int64_t features) {
  return 2.0 * static_cast<double>(batch * kOutputs) * static_cast<double>(features);
}

void run_linear(benchmark::State& state, const LayerSlots& kernels, std::int64_t batch) {
  const std::int64_t features = state.range(0);
  const Tensor in = random_tensor({batch, features}), weight = random_tensor({kOutputs, features});
  const Tensor bias = random_tensor({kOutputs});
  Tensor out({batch, kOutputs});
  for (auto _ : state) {
    kernels.linear(in, weight, bias, out);
    benchmark::ClobberMemory();
  }
  count_flops(state, linear_flops(batch, features));
}

void run_dropout(benchmark::State& state, const LayerSlots& kernels, bool training) {
  const std::int64_t n = state.range(0);
  const Tensor in = random_tensor({kBatch, n});
  Tensor out({kBatch, n}), mask({kBatch, n});
  for (auto _ : state) {
    kernels.dropout(in, 0.5f, training, 1, out, mask);
    benchmark::ClobberMemory();
  }
  count_bytes(state, 3 * in.size());
}

void run_initialisation(benchmark::State& state, decltype(LayerSlots::xavier_uniform) kernel) {
  Tensor weight({kOutputs, state.range(0)});
  for (auto _ : state) {
    kernel(1, weight);
    benchmark::ClobberMemory();
  }
  count_bytes(state, weight.size());
}

/// (batch, n, 4): dense, or with the last two dimensions transposed.
void run_flatten(benchmark::State& state, const LayerSlots& kernels, bool transposed) {
  const std::int64_t n = state.range(0);
  const Tensor in = random_tensor({kBatch, n, 4});
  Tensor out({kBatch, 4 * n});
  const float* data = in.data().data;
  const kiln::ConstView view = transposed ? kiln::ConstView{data, {kBatch, 4, n}, {4 * n, 1, 4}} : in.data();
  for (auto _ : state) {
    kernels.flatten(view, 1, 2, out);
    benchmark::ClobberMemory();
  }
  count_bytes(state, 2 * in.size());
}

#ifdef KILN_HAVE_OPENBLAS
void run_sgemm(benchmark::State& state) {
  const auto features = static_cast<int>(state.range(0));
  constexpr int kRows = kBatch, kColumns = kOutputs;
  const Tensor in = random_tensor({kBatch, features}), weight = random_tensor({kOutputs, features});
  Tensor out({kBatch, kOutputs});
  for (auto _ : state) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, kRows, kColumns, features, 1, in.data().data, features,
                weight.data().data, features, 0, out.data().data, kColumns);
    benchmark::ClobberMemory();
  }
  count_flops(state, linear_flops(kBatch, features));
}
#endif

constexpr std::array<std::int64_t, 7> kSizes{8, 32, 64, 256, 784, 1024, 4096};

template <class Run>
void add(const std::string& name, Run run) {
  auto* registered = benchmark::RegisterBenchmark(name.c_str(), run);
  for (std::int64_t size : kSizes) registered->Arg(size);
}

/// Whether the backend runs this kernel itself; a stub's place is taken by the reference, which has lines of its own.
bool answers(const std::string& backend, const std::string& kernel) {
  if (backend == kiln::kReference) return true;
  for (const kiln::SlotReport& slot : kiln::backend_report(backend))
    if (slot.family == LayerSlots::kFamily && slot.kernel == kernel) return slot.answer == kiln::Answer::student;
  return false;
}

void add_backend(const std::string& name) {
  const LayerSlots& kernels = kiln::kernels<LayerSlots>(name);
  auto add_kernel = [&](const std::string& kernel, const std::string& what, auto run) {
    if (answers(name, kernel)) add(kernel + "/" + what + "/" + name, run);
  };
  using benchmark::State;
  add_kernel("linear", "batch:16", [&](State& state) { run_linear(state, kernels, kBatch); });
  add_kernel("linear", "batch:1", [&](State& state) { run_linear(state, kernels, 1); });
  add_kernel("dropout", "training", [&](State& state) { run_dropout(state, kernels, true); });
  add_kernel("dropout", "evaluation", [&](State& state) { run_dropout(state, kernels, false); });
  add_kernel("xavier_uniform", "dense", [&](State& state) { run_initialisation(state, kernels.xavier_uniform); });
  add_kernel("kaiming_normal", "dense", [&](State& state) { run_initialisation(state, kernels.kaiming_normal); });
  add_kernel("flatten", "dense", [&](State& state) { run_flatten(state, kernels, false); });
  add_kernel("flatten", "transposed", [&](State& state) { run_flatten(state, kernels, true); });
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
  add("linear/batch:16/openblas", run_sgemm);
#endif
  if (benchmark::RunSpecifiedBenchmarks() == 0) return 1;
  benchmark::Shutdown();
}
