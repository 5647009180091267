// fill: a hundred thousand errors, to drown whoever keeps them.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

#define X(a) static_assert(a, "not a reason that anybody would want to read a hundred thousand times");
#define Y(a) X(a) X(a) X(a) X(a) X(a) X(a) X(a) X(a) X(a) X(a)
#define Z(a) Y(a) Y(a) Y(a) Y(a) Y(a) Y(a) Y(a) Y(a) Y(a) Y(a)
Z(false) Z(false) Z(false) Z(false) Z(false) Z(false) Z(false) Z(false) Z(false) Z(false)

void impl::fill(View, float) {}
