// fill: macros that expand to a hundred million words.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

#define A(x) x x x x x x x x x x
#define B(x) A(A(A(A(x))))
#define C(x) B(B(x))

void impl::fill(View out, float value) { out.data[0] = value C(+ 1); }
