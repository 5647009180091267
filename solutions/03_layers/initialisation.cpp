// initialisation: random weights at a scale that keeps the variance of what passes through a layer.
// Contract: kiln/kernels/layers.hpp. Lesson: modules/03_layers/README.md, step 3.
#include <cmath>
#include <string>

#include "kiln/kernels/layers.hpp"
#include "kiln/random.hpp"

using namespace kiln;

// The four kernels are two scales times two distributions. Write the walk over the elements once, in an unnamed
// namespace, as a template over what is drawn.

// BEGIN SOLUTION
namespace {

/// How many numbers an output of the layer is summed from, and in how many outputs an input takes part.
struct Fans {
  std::int64_t in, out;
};

Fans fans_of(const char* kernel, const View& weight) {
  KILN_REQUIRE(std::string(kernel) + ": weight has an output and an input dimension", weight.rank() >= 2);
  std::int64_t kernel_elements = 1;
  for (int d = 2; d < weight.rank(); ++d) kernel_elements *= weight.shape[d];
  return {weight.shape[1] * kernel_elements, weight.shape[0] * kernel_elements};
}

/// The contract's scale: computed in double, rounded to float once. sqrt is exact to the last bit in IEEE 754, so
/// that every machine draws the same weights.
float scale(double numerator, std::int64_t fans) {
  return static_cast<float>(std::sqrt(numerator / static_cast<double>(fans)));
}

/// Sets every element to what draw() gives, in row-major order whatever the strides. The odometer of module 01: the
/// draws belong to indices and not to places in memory.
template <class Draw>
void draw_each(View weight, Draw draw) {
  if (weight.size() == 0) return;
  const int last = weight.rank() - 1;
  const std::int64_t columns = weight.shape[last], rows = weight.size() / columns;
  Shape index = Shape::filled(weight.rank(), 0);
  std::int64_t offset = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t j = 0; j < columns; ++j) weight.data[offset + j * weight.strides[last]] = draw();
    for (int d = last - 1; d >= 0; --d) {
      offset += weight.strides[d];
      if (++index[d] < weight.shape[d]) break;
      offset -= index[d] * weight.strides[d];
      index[d] = 0;
    }
  }
}

void draw_uniform(std::uint64_t seed, float bound, View weight) {
  Random random(seed);
  draw_each(weight, [&] { return random.uniform(-bound, bound); });
}

void draw_normal(std::uint64_t seed, float deviation, View weight) {
  Random random(seed);
  draw_each(weight, [&] { return random.normal(0.0f, deviation); });
}

}  // namespace
// END SOLUTION

// Example: a weight of (2, 3) has fan_in 3 and fan_out 2, so that its bound is sqrt(6 / 5) = 1.0954.
void impl::xavier_uniform(std::uint64_t seed, View weight) {
  // BEGIN SOLUTION
  const Fans fans = fans_of("xavier_uniform", weight);
  draw_uniform(seed, scale(6.0, fans.in + fans.out), weight);
  // END SOLUTION
}

void impl::xavier_normal(std::uint64_t seed, View weight) {
  // BEGIN SOLUTION
  const Fans fans = fans_of("xavier_normal", weight);
  draw_normal(seed, scale(2.0, fans.in + fans.out), weight);
  // END SOLUTION
}

// Example: 8 filters over 3 channels with 5 x 5 kernels are a weight of (8, 3, 5, 5); fan_in is 75, fan_out 200.
void impl::kaiming_uniform(std::uint64_t seed, View weight) {
  // BEGIN SOLUTION
  draw_uniform(seed, scale(6.0, fans_of("kaiming_uniform", weight).in), weight);
  // END SOLUTION
}

void impl::kaiming_normal(std::uint64_t seed, View weight) {
  // BEGIN SOLUTION
  draw_normal(seed, scale(2.0, fans_of("kaiming_normal", weight).in), weight);
  // END SOLUTION
}
