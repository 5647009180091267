// Random numbers from integer arithmetic and the IEEE operations + - * / sqrt alone: no function of libm, whose last
// bit varies, and no contraction to FMA (this file is compiled with -ffp-contract=off).
#include "kiln/random.hpp"

#include <bit>
#include <cmath>

#include "kiln/check.hpp"
#include "kiln/philox.hpp"

namespace kiln {
namespace {

using philox::kMultiplier0, philox::kMultiplier1, philox::kRounds, philox::kWeyl0, philox::kWeyl1;

/// The last word of the counter keeps values and fork keys apart.
enum Domain : std::uint32_t { kValues = 0, kForks = 1 };

std::array<std::uint32_t, 4> block(std::uint64_t key, std::uint64_t index, Domain domain) {
  return philox4x32({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32), 0, domain},
                    {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
}

std::uint64_t join(std::uint32_t low, std::uint32_t high) { return std::uint64_t{high} << 32 | low; }

/// Natural logarithm of a normal number x > 0, to about 1e-16: ln x = e ln 2 + 2 atanh((m - 1) / (m + 1)).
double portable_log(double x) {
  // Split x = m 2^e with m in [1/sqrt(2), sqrt(2)).
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  // Sum the series by Horner's rule: s^2 < 0.0295, so that the first term left out is below 1e-18.
  const double s = (m - 1.0) / (m + 1.0);
  const double square = s * s;
  double series = 0.0;
  for (int k = 23; k >= 1; k -= 2) series = series * square + 1.0 / k;
  return exponent * 0.6931471805599453 + 2.0 * s * series;
}

/// c[0] + c[1] x + ... + c[7] x^7.
double polynomial(const std::array<double, 8>& c, double x) {
  double value = c[7];
  for (int i = 6; i >= 0; --i) value = value * x + c[i];
  return value;
}

// Numerators and denominators of AS 241 (PPND16): the centre, the tails, the far tails.
constexpr std::array<double, 8> kA{3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                   1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                   3.3430575583588128105e+4, 2.5090809287301226727e+3};
constexpr std::array<double, 8> kB{1.0,
                                   4.2313330701600911252e+1,
                                   6.8718700749205790830e+2,
                                   5.3941960214247511077e+3,
                                   2.1213794301586595867e+4,
                                   3.9307895800092710610e+4,
                                   2.8729085735721942674e+4,
                                   5.2264952788528545610e+3};
constexpr std::array<double, 8> kC{1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                                   3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                                   2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr std::array<double, 8> kD{1.0,
                                   2.05319162663775882187e0,
                                   1.67638483018380384940e0,
                                   6.89767334985100004550e-1,
                                   1.48103976427480074590e-1,
                                   1.51986665636164571966e-2,
                                   5.47593808499534494600e-4,
                                   1.05075007164441684324e-9};
constexpr std::array<double, 8> kE{6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                                   2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                   2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr std::array<double, 8> kF{1.0,
                                   5.99832206555887937690e-1,
                                   1.36929880922735805310e-1,
                                   1.48753612908506148525e-2,
                                   7.86869131145613259100e-4,
                                   1.84631831751005468180e-5,
                                   1.42151175831644588870e-7,
                                   2.04426310338993978564e-15};

/// The z that a standard normal number lies below with probability p, 0 < p < 1.
double normal_quantile(double p) {
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return polynomial(kA, r) * q / polynomial(kB, r);
  }
  const double r = std::sqrt(-portable_log(q < 0 ? p : 1.0 - p));
  const double z =
      r <= 5.0 ? polynomial(kC, r - 1.6) / polynomial(kD, r - 1.6) : polynomial(kE, r - 5.0) / polynomial(kF, r - 5.0);
  return q < 0 ? -z : z;
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t product0 = std::uint64_t{kMultiplier0} * counter[0];
    const std::uint64_t product1 = std::uint64_t{kMultiplier1} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(product0)};
    key = {key[0] + kWeyl0, key[1] + kWeyl1};
  }
  return counter;
}

Random Random::fork(std::uint64_t stream) const {
  const auto words = block(key_, stream, kForks);
  return Random(join(words[0], words[1]));
}

std::uint32_t Random::next_u32() {
  if (used_ == 4) {
    block_ = block(key_, next_block_++, kValues);
    used_ = 0;
  }
  return block_[used_++];
}

std::uint64_t Random::next_u64() {
  const std::uint32_t low = next_u32();
  return join(low, next_u32());
}

float Random::uniform() { return static_cast<float>(next_u32() >> 8) * 0x1p-24f; }

double Random::uniform_double() { return static_cast<double>(next_u64() >> 11) * 0x1p-53; }

float Random::uniform(float lo, float hi) {
  KILN_REQUIRE("uniform: a bound is not finite", std::isfinite(lo) == true);
  KILN_REQUIRE("uniform: a bound is not finite", std::isfinite(hi) == true);
  KILN_REQUIRE("uniform: the bounds are in the wrong order", lo <= hi);
  const double drawn = lo + (static_cast<double>(hi) - lo) * uniform_double();
  const float value = static_cast<float>(drawn);
  // Rounding to float may reach hi, which does not belong to the range.
  return value < hi || lo == hi ? value : std::nextafter(hi, lo);
}

double Random::normal_double() {
  // The middle of one of 2^52 equal cells: never 0 or 1, and symmetric about 1/2.
  const double p = (static_cast<double>(next_u64() >> 12) + 0.5) * 0x1p-52;
  return normal_quantile(p);
}

float Random::normal(float mean, float deviation) {
  return static_cast<float>(mean + static_cast<double>(deviation) * normal_double());
}

std::uint64_t Random::below(std::uint64_t n) {
  KILN_REQUIRE("below: there is no number below 0", n > std::uint64_t{0});
  // Draw again below 2^64 mod n: what remains is a whole number of ranges of n.
  const std::uint64_t reject = (0 - n) % n;
  std::uint64_t drawn = next_u64();
  while (drawn < reject) drawn = next_u64();
  return drawn % n;
}

}  // namespace kiln
