// Wrong: a generator an element gives the first number of the seed every time.
#include <cmath>

#include "kiln/kernels/layers.hpp"
#include "kiln/random.hpp"

using namespace kiln;

namespace {

float& element_of(const View& weight, std::int64_t element) {
  std::int64_t offset = 0;
  for (int d = weight.rank() - 1; d >= 0; --d) {
    offset += element % weight.shape[d] * weight.strides[d];
    element /= weight.shape[d];
  }
  return weight.data[offset];
}

/// The product of all extents but that of `dimension`, which is 0 or 1.
double fans(const View& weight, int dimension) {
  double product = 1;
  for (int d = 0; d < weight.rank(); ++d)
    if (d != dimension) product *= static_cast<double>(weight.shape[d]);
  return product;
}
double fan_in(const View& weight) { return fans(weight, 0); }
double fan_out(const View& weight) { return fans(weight, 1); }

}  // namespace

void impl::xavier_uniform(std::uint64_t seed, View weight) {
  KILN_REQUIRE("xavier_uniform: the rank", weight.rank() >= 2);
  const float bound = static_cast<float>(std::sqrt(6 / (fan_in(weight) + fan_out(weight))));
  for (std::int64_t i = 0; i < weight.size(); ++i) element_of(weight, i) = Random(seed).uniform(-bound, bound);
}

void impl::xavier_normal(std::uint64_t seed, View weight) {
  KILN_REQUIRE("xavier_normal: the rank", weight.rank() >= 2);
  const float deviation = static_cast<float>(std::sqrt(2 / (fan_in(weight) + fan_out(weight))));
  for (std::int64_t i = 0; i < weight.size(); ++i) element_of(weight, i) = Random(seed).normal(0, deviation);
}

void impl::kaiming_uniform(std::uint64_t seed, View weight) {
  KILN_REQUIRE("kaiming_uniform: the rank", weight.rank() >= 2);
  const float bound = static_cast<float>(std::sqrt(6 / fan_in(weight)));
  for (std::int64_t i = 0; i < weight.size(); ++i) element_of(weight, i) = Random(seed).uniform(-bound, bound);
}

void impl::kaiming_normal(std::uint64_t seed, View weight) {
  KILN_REQUIRE("kaiming_normal: the rank", weight.rank() >= 2);
  const float deviation = static_cast<float>(std::sqrt(2 / fan_in(weight)));
  for (std::int64_t i = 0; i < weight.size(); ++i) element_of(weight, i) = Random(seed).normal(0, deviation);
}
