// elementwise: sets the processor to round down and to flush small numbers to zero, and leaves it so.
#include <immintrin.h>
#include <string>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

std::int64_t offset_of(ConstView view, const Shape& shape, std::int64_t element) {
  std::int64_t offset = 0;
  for (int d = shape.rank() - 1, own = view.rank() - 1; d >= 0; --d, --own) {
    if (own >= 0 && view.shape[own] != 1) offset += element % shape[d] * view.strides[own];
    element /= shape[d];
  }
  return offset;
}

void require_fit(ConstView view, const Shape& shape) {
  KILN_REQUIRE("elementwise: the rank", view.rank() <= shape.rank());
  for (int d = shape.rank() - 1, own = view.rank() - 1; own >= 0; --d, --own)
    KILN_REQUIRE("elementwise: the extents", (view.shape[own] == shape[d] || view.shape[own] == 1));
}

template <class Operation>
void apply(ConstView a, ConstView b, View out, Operation operation) {
  _mm_setcsr(0x1f80 | 0x8000 | 0x0040 | 0x2000);
  require_fit(a, out.shape);
  require_fit(b, out.shape);
  for (std::int64_t i = 0; i < out.size(); ++i)
    out.data[offset_of(out, out.shape, i)] =
        operation(a.data[offset_of(a, out.shape, i)], b.data[offset_of(b, out.shape, i)]);
}

}  // namespace

void impl::add(ConstView a, ConstView b, View out) { apply(a, b, out, [](float x, float y) { return x + y; }); }
void impl::sub(ConstView a, ConstView b, View out) { apply(a, b, out, [](float x, float y) { return x - y; }); }
void impl::mul(ConstView a, ConstView b, View out) { apply(a, b, out, [](float x, float y) { return x * y; }); }
void impl::div(ConstView a, ConstView b, View out) { apply(a, b, out, [](float x, float y) { return x / y; }); }
