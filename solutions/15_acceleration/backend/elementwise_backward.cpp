// What flows back through broadcasting, subtraction, multiplication and division.
#include <algorithm>

#include "accumulate.hpp"
#include "kiln/kernels/autograd.hpp"

using namespace kiln;

namespace {

using impl::simd::Vector;

/// Whether `in` broadcasts to exactly `out`: aligned at the end, an extent is the output's or 1, or is missing.
bool broadcasts_to(const Shape& in, const Shape& out) {
  const int missing = out.rank() - in.rank();
  if (missing < 0) return false;
  for (int d = missing; d < out.rank(); ++d)
    if (in[d - missing] != out[d] && in[d - missing] != 1) return false;
  return true;
}

/// Whether both do, and no extent of `out` is 1 where an operand's is not, nor larger than both.
bool broadcast_fits(const Shape& a, const Shape& b, const Shape& out) {
  if (out.rank() != std::max(a.rank(), b.rank()) || !broadcasts_to(a, out) || !broadcasts_to(b, out)) return false;
  for (int back = 1; back <= out.rank(); ++back) {
    const std::int64_t of_a = back <= a.rank() ? a[a.rank() - back] : 1;
    const std::int64_t of_b = back <= b.rank() ? b[b.rank() - back] : 1;
    if (out[out.rank() - back] != (of_a == 1 ? of_b : of_a)) return false;
  }
  return true;
}

void check(const char* kernel, const Shape& grad_out, const Shape& other, const Shape& grad_in) {
  KILN_REQUIRE(std::string(kernel) + ": the operands' " + to_string(grad_in) + " and " + to_string(other) +
                   " do not broadcast to grad_out's " + to_string(grad_out),
               broadcast_fits(grad_in, other, grad_out));
}

}  // namespace

void impl::unbroadcast(ConstView grad_out, View grad_in) {
  KILN_REQUIRE("unbroadcast: grad_in's " + to_string(grad_in.shape) + " does not broadcast to grad_out's " +
                   to_string(grad_out.shape),
               broadcasts_to(grad_in.shape, grad_out.shape));
  accumulate<1>({grad_out}, grad_in, [](const Vector* x) { return x[0]; });
}

void impl::sub_backward_b(ConstView grad_out, View grad_b) {
  check("sub_backward_b", grad_out.shape, grad_out.shape, grad_b.shape);
  accumulate<1>({grad_out}, grad_b, [](const Vector* x) { return Vector(0.0f) - x[0]; });
}

void impl::mul_backward(ConstView grad_out, ConstView other, View grad_in) {
  check("mul_backward", grad_out.shape, other.shape, grad_in.shape);
  accumulate<2>({grad_out, other}, grad_in, [](const Vector* x) { return x[0] * x[1]; });
}

void impl::div_backward_a(ConstView grad_out, ConstView b, View grad_a) {
  check("div_backward_a", grad_out.shape, b.shape, grad_a.shape);
  accumulate<2>({grad_out, b}, grad_a, [](const Vector* x) { return x[0] / x[1]; });
}

void impl::div_backward_b(ConstView grad_out, ConstView a, ConstView b, View grad_b) {
  KILN_REQUIRE("div_backward_b: grad_b has b's shape", grad_b.shape == b.shape);
  check("div_backward_b", grad_out.shape, a.shape, grad_b.shape);
  // b * b would overflow from 2e19 on, and vanish below 1e-23, where the result need not.
  accumulate<3>({grad_out, a, b}, grad_b, [](const Vector* x) { return Vector(0.0f) - (x[0] / x[2]) * (x[1] / x[2]); });
}
