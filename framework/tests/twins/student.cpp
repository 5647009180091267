// A student half-way: one kernel written, one wrong, two still stubs, the others not there.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::fill(View out, float value) {
  for (std::int64_t i = 0; i < out.size(); ++i) out.data[i] = value;
}

void impl::add(ConstView, ConstView, View out) {
  for (std::int64_t i = 0; i < out.size(); ++i) out.data[i] = -1;
}

void impl::copy(ConstView, View) { STUB(); }

void impl::matmul(ConstView, ConstView, View) { STUB(); }
