// Vectors of floats and the functions that activations and losses are made of. Each function names its method; its
// coefficients were fitted at Chebyshev points with Lawson's weights (nearly minimax), and its error is that of the fit
// plus the roundings. NaN goes in and NaN comes out, and infinities give the limits.
// Everything here lies in the namespace of one instruction set, so that no two units share a function.
#pragma once

#include <cstdint>
#include <limits>
#include <xsimd/xsimd.hpp>

#include "partial.hpp"

namespace kiln::KILN_IMPL::simd {

using Integers = xsimd::batch<std::int32_t>;
inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

inline Vector load(const float* from) { return Vector::load_unaligned(from); }

/// The larger, and the smaller, of a bound and x; NaN stays, since the processor answers with its second operand.
inline Vector at_least(float bound, Vector x) { return xsimd::max(Vector(bound), x); }
inline Vector at_most(float bound, Vector x) { return xsimd::min(Vector(bound), x); }

/// c[0] + c[1] x + c[2] x^2 + ..., Horner's way.
template <std::size_t N>
Vector polynomial(Vector x, const float (&c)[N]) {
  Vector sum(c[N - 1]);
  for (std::size_t i = N - 1; i-- > 0;) sum = xsimd::fma(sum, x, Vector(c[i]));
  return sum;
}

/// x = n log 2 + r with |r| <= log(2) / 2 (Cody and Waite, "Software manual for the elementary functions", 1980): the
/// first part of log 2 has so few digits that its product with n is exact. |n| is below 2^21.
struct Parts {
  Vector whole;      ///< n
  Integers integer;  ///< n, too
  Vector less_one;   ///< exp(r) - 1, with a relative error of 1.4e-8 beside the roundings
};
inline Parts parts_of_exp(Vector x) {
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits.
  const Vector magic(12582912.0f);
  const Vector shifted = xsimd::fma(x, Vector(1.44269504f), magic);
  const Vector n = shifted - magic;
  Vector r = xsimd::fma(n, Vector(-0.693359375f), x);
  r = xsimd::fma(n, Vector(2.12194440e-4f), r);
  constexpr float kRest[] = {0.4999999701976776f, 0.16666541993618011f, 0.04166720435023308f, 0.008366691879928112f,
                             0.0013882486382499337f};
  return {n, xsimd::bitwise_cast<Integers>(shifted) - xsimd::bitwise_cast<Integers>(magic),
          xsimd::fma(r * r, polynomial(r, kRest), r)};
}

/// 2^n for n in [-126, 127]
inline Vector power_of_two(Integers n) { return xsimd::bitwise_cast<Vector>((n + Integers(127)) << 23); }

/// exp(x) to about one unit in the last place, down to the subnormals; 0 below -104, inf above 88.73.
inline Vector exp(Vector x) {
  const Parts parts = parts_of_exp(at_most(89.0f, at_least(-105.0f, x)));
  const Vector mantissa = parts.less_one + Vector(1.0f);
#ifdef __AVX512F__
  return _mm512_scalef_ps(mantissa, parts.whole);
#else
  // Two steps, since 2^n itself may be no float.
  const Integers half = parts.integer >> 1;
  return mantissa * power_of_two(half) * power_of_two(parts.integer - half);
#endif
}

/// tanh(x) = -m / (2 + m) with m = exp(-2|x|) - 1, which keeps the digits of a tiny x; about 2 units in the last place.
inline Vector tanh(Vector x) {
  const Parts parts = parts_of_exp(at_least(-40.0f, Vector(-2.0f) * xsimd::abs(x)));
  const Vector power = power_of_two(parts.integer);
  const Vector m = xsimd::fma(power, parts.less_one, power - Vector(1.0f));
  const Vector sign = x & Vector(-0.0f);
  return xsimd::abs(m / (Vector(2.0f) + m)) | sign;
}

/// 1 / (1 + exp(-x)), with an exp that meets no number above 0; about 2 units in the last place, subnormals too.
inline Vector sigmoid(Vector x) {
  const Vector e = exp(Vector(0.0f) - xsimd::abs(x));
  return xsimd::select(x < Vector(0.0f), e, Vector(1.0f)) / (Vector(1.0f) + e);
}

/// Phi(x), the normal distribution's cumulative function, to an absolute error of 1e-7: 1/2 + x P(x^2) / Q(x^2), a
/// quotient that was fitted up to 5.5 (7e-9). 0 below that, and 1 above, where Phi is no further from them than 2e-8.
inline Vector normal_cumulative(Vector x) {
  constexpr float kAbove[] = {0.398942232131958f,      0.033852193504571915f,  0.004677226766943932f,
                              0.00016882008640095592f, 6.351989213726483e-06f, 2.2749217620798845e-08f};
  constexpr float kBelow[] = {1.0f,
                              0.2515207827091217f,
                              0.028645597398281097f,
                              0.0018844143487513065f,
                              7.364521297859028e-05f,
                              1.1974899507549708e-06f};
  const Vector bounded = at_most(5.5f, at_least(-5.5f, x)), square = bounded * bounded;
  const Vector result = xsimd::fma(bounded, polynomial(square, kAbove) / polynomial(square, kBelow), Vector(0.5f));
  const Vector left = xsimd::select(x < Vector(-5.5f), Vector(0.0f), result);
  return xsimd::select(x > Vector(5.5f), Vector(1.0f), left);
}

/// Phi(x) + x phi(x), the derivative of x Phi(x), to an absolute error of 2e-7: 0 at -inf, 1 at inf.
inline Vector gelu_slope(Vector x) {
  const Vector bounded = at_most(20.0f, at_least(-20.0f, x));
  const Vector density = exp(bounded * bounded * Vector(-0.5f)) * Vector(0.398942280f);
  return xsimd::fma(bounded, density, normal_cumulative(x));
}

/// x Phi(x), to an error of 1e-7 |x|; -inf gives a zero.
inline Vector gelu(Vector x) { return at_least(-1e30f, x) * normal_cumulative(x); }

/// u of gelu_tanh, doubled: 2 sqrt(2 / pi) (x + 0.044715 x^3).
inline Vector twice_gelu_argument(Vector x) {
  return x * xsimd::fma(x * x, Vector(1.59576912f * 0.044715f), Vector(1.59576912f));
}

/// x / 2 (1 + tanh(u)) = x / (1 + exp(-2u)). From -30 on exp is infinite, and -30 / inf a zero.
inline Vector gelu_tanh(Vector x) {
  const Vector bounded = at_least(-30.0f, x);
  return bounded / (Vector(1.0f) + exp(Vector(0.0f) - twice_gelu_argument(bounded)));
}

/// The derivative of gelu_tanh: with s = (1 + tanh(u)) / 2 = 1 / (1 + exp(-2u)) it is s + x s (1 - s) (2u)'. Beyond 12
/// s is 0 or 1 in floats.
inline Vector gelu_tanh_slope(Vector x) {
  const Vector bounded = at_most(12.0f, at_least(-12.0f, x)), one(1.0f);
  const Vector s = one / (one + exp(Vector(0.0f) - twice_gelu_argument(bounded)));
  const Vector slope = xsimd::fma(bounded * bounded, Vector(1.59576912f * 3 * 0.044715f), Vector(1.59576912f));
  return xsimd::fma(bounded * s * (one - s), slope, s);
}

/// log(1 + y) for y in [0, 1], to about 2 units in the last place of itself: 2 atanh(s) with s = y / (2 + y) <= 1/3.
inline Vector log1p_of_fraction(Vector y) {
  constexpr float kRest[] = {0.3333333730697632f, 0.19999438524246216f, 0.14308442175388336f, 0.10713828355073929f,
                             0.12150469422340393f};
  const Vector s = y / (Vector(2.0f) + y), square = s * s;
  return Vector(2.0f) * xsimd::fma(s * square, polynomial(square, kRest), s);
}

}  // namespace kiln::KILN_IMPL::simd
