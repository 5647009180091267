// Module 02's benchmarks: every activation over a range of sizes, for every implementation linked in.
// Names are kernel/case/backend/size. For softmax and log_softmax the size is the length of a row, of 256 rows;
// elements a second should not fall as it grows.
#include "bench/bench.hpp"
#include "kiln/kernels/activations.hpp"

namespace {

using namespace kiln::bench;
using benchmark::State;
using kiln::ActivationSlots;
using kiln::Tensor;

using Kernel = decltype(ActivationSlots::relu);

/// `in` of the shape, or the transpose of a dense tensor whose shape is the reverse.
void run_matrix(State& state, Kernel kernel, std::int64_t rows, std::int64_t columns, bool dense) {
  kiln::Random random(1);
  const Tensor in = Tensor::uniform(dense ? kiln::Shape{rows, columns} : kiln::Shape{columns, rows}, random, -4, 4);
  kiln::ConstView view = in.data();
  if (!dense) view = {view.data, {rows, columns}, {1, rows}};
  Tensor out({rows, columns});
  for (auto _ : state) {
    kernel(view, out);
    benchmark::ClobberMemory();
  }
  state.counters["elements/s"] = benchmark::Counter(
      static_cast<double>(in.size()), benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

const Sizes kElements{1024, 16384, 98304}, kColumns{16, 64, 128, 256, 1000};

void add_elements(const Backend<ActivationSlots>& backend, const char* name, Kernel ActivationSlots::*kernel) {
  for (bool dense : {true, false})
    backend.add(name, dense ? "dense" : "transposed", kElements, [=](State& state, const ActivationSlots& kernels) {
      run_matrix(state, kernels.*kernel, state.range(0) / 256, 256, dense);
    });
}

void add_rows(const Backend<ActivationSlots>& backend, const char* name, Kernel ActivationSlots::*kernel) {
  for (bool dense : {true, false})
    backend.add(name, dense ? "dense" : "transposed", kColumns, [=](State& state, const ActivationSlots& kernels) {
      run_matrix(state, kernels.*kernel, 256, state.range(0), dense);
    });
}

void add_benchmarks(const Backend<ActivationSlots>& backend) {
  add_elements(backend, "relu", &ActivationSlots::relu);
  add_elements(backend, "sigmoid", &ActivationSlots::sigmoid);
  add_elements(backend, "tanh", &ActivationSlots::tanh);
  add_elements(backend, "gelu", &ActivationSlots::gelu);
  add_elements(backend, "gelu_tanh", &ActivationSlots::gelu_tanh);
  add_rows(backend, "softmax", &ActivationSlots::softmax);
  add_rows(backend, "log_softmax", &ActivationSlots::log_softmax);
}

}  // namespace

int main(int argc, char** argv) { return run<ActivationSlots>(argc, argv, add_benchmarks); }
