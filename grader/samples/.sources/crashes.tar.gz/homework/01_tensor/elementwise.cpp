#include <algorithm>
#include <functional>
#include <string>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

Strides
broadcast_strides(const ConstView& operand, const Shape& shape)
{
  Strides strides = Shape::filled(shape.rank(), 0);
  const int missing = shape.rank() - operand.rank();
  for (int d = missing; d < shape.rank(); ++d)
    if (operand.shape[d - missing] != 1)
      strides[d] = operand.strides[d - missing];
  return strides;
}

bool
broadcast_fits(const Shape& a, const Shape& b, const Shape& out)
{
  if (out.rank() != std::max(a.rank(), b.rank()))
    return false;
  for (int back = 1; back <= out.rank(); ++back) {
    const std::int64_t of_a = back <= a.rank() ? a[a.rank() - back] : 1;
    const std::int64_t of_b = back <= b.rank() ? b[b.rank() - back] : 1;
    if (of_a != of_b && of_a != 1 && of_b != 1)
      return false;
    if (out[out.rank() - back] != (of_a == 1 ? of_b : of_a))
      return false;
  }
  return true;
}

template<class Operation>
void
apply_row(const float* a,
          std::int64_t step_a,
          const float* b,
          std::int64_t step_b,
          float* out,
          std::int64_t step_out,
          std::int64_t n,
          Operation op)
{
  if (step_a == 1 && step_b == 1 && step_out == 1) {
    for (std::int64_t j = 0; j < n; ++j)
      out[j] = op(a[j], b[j]);
  } else if (step_a == 1 && step_b == 0 && step_out == 1) {
    const float right = *b;
    for (std::int64_t j = 0; j < n; ++j)
      out[j] = op(a[j], right);
  } else if (step_a == 0 && step_b == 1 && step_out == 1) {
    const float left = *a;
    for (std::int64_t j = 0; j < n; ++j)
      out[j] = op(left, b[j]);
  } else {
    for (std::int64_t j = 0; j < n; ++j)
      out[j * step_out] = op(a[j * step_a], b[j * step_b]);
  }
}

template<class Operation>
void
apply(const char* kernel, ConstView a, ConstView b, View out, Operation op)
{
  KILN_REQUIRE(std::string(kernel) + ": " + to_string(a.shape) + " and " + to_string(b.shape) +
                 " do not broadcast to the output's " + to_string(out.shape),
               broadcast_fits(a.shape, b.shape, out.shape));
  if (out.size() == 0)
    return;

  if (a.shape == b.shape && a.is_contiguous() && b.is_contiguous() && out.is_contiguous())
    return apply_row(a.data, 1, b.data, 1, out.data, 1, out.size(), op);

  const Strides strides_a = broadcast_strides(a, out.shape);
  const Strides strides_b = broadcast_strides(b, out.shape);

  const int last = out.rank() - 1;
  const std::int64_t columns = out.shape[last];
  const std::int64_t rows = out.size() / columns;
  Shape index = Shape::filled(out.rank(), 0);
  std::int64_t at_a = 0, at_b = 0, at_out = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    apply_row(a.data + at_a,
              strides_a[last],
              b.data + at_b,
              strides_b[last],
              out.data + at_out,
              out.strides[last],
              columns,
              op);
    for (int d = last - 1; d >= 0; --d) {
      at_a += strides_a[d];
      at_b += strides_b[d];
      at_out += out.strides[d];
      if (++index[d] < out.shape[d])
        break;
      at_a -= index[d] * strides_a[d];
      at_b -= index[d] * strides_b[d];
      at_out -= index[d] * out.strides[d];
      index[d] = 0;
    }
  }
}

} // namespace

void
impl::add(ConstView a, ConstView b, View out)
{
  apply("add", a, b, out, std::plus<float>());
}

void
impl::sub(ConstView a, ConstView b, View out)
{
  apply("sub", a, b, out, std::minus<float>());
}

void
impl::mul(ConstView a, ConstView b, View out)
{
  apply("mul", a, b, out, std::multiplies<float>());
}

void
impl::div(ConstView a, ConstView b, View out)
{
  apply("div", a, b, out, std::divides<float>());
}
