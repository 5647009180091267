// Activations that go element by element: one vector function each.
#include "kiln/kernels/activations.hpp"

#include "elementwise.hpp"

using namespace kiln;

namespace {

using impl::simd::Vector;

template <class Function>
void apply(const char* kernel, const ConstView& in, const View& out, Function function) {
  KILN_REQUIRE(std::string(kernel) + ": in and out have one shape", in.shape == out.shape);
  impl::map<1, 1>({in}, {out}, [=](const Vector* x, Vector* y) { y[0] = function(x[0]); });
}

}  // namespace

void impl::relu(ConstView in, View out) {
  apply("relu", in, out, [](Vector x) { return simd::at_least(0.0f, x); });
}
void impl::sigmoid(ConstView in, View out) {
  apply("sigmoid", in, out, [](Vector x) { return simd::sigmoid(x); });
}
void impl::tanh(ConstView in, View out) {
  apply("tanh", in, out, [](Vector x) { return simd::tanh(x); });
}
void impl::gelu(ConstView in, View out) {
  apply("gelu", in, out, [](Vector x) { return simd::gelu(x); });
}
void impl::gelu_tanh(ConstView in, View out) {
  apply("gelu_tanh", in, out, [](Vector x) { return simd::gelu_tanh(x); });
}
