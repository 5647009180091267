// binary_cross_entropy: the cost of yes-or-no answers, from logits.
// Contract: kiln/kernels/losses.hpp. Lesson: modules/04_losses/README.md, step 2.
#include <algorithm>
#include <cmath>

#include "kiln/kernels/losses.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// -(t log s(x) + (1 - t) log(1 - s(x))), rewritten so that exp meets no number above 0 and log1p gets what exp
/// returns: exp(-20) beside the 1 of log(1 + exp(-20)) would be rounded away.
double element(float logit, float target) {
  KILN_REQUIRE("binary_cross_entropy: a target is a probability, at least 0", target >= 0.0f);
  KILN_REQUIRE("binary_cross_entropy: a target is a probability, at most 1", target <= 1.0f);
  // The first two terms may be large and nearly cancel; in double their difference loses nothing that a float shows.
  const double x = logit;
  return std::max(x, 0.0) - x * target + std::log1p(std::exp(-std::abs(logit)));
}

/// Calls body(offset in a, offset in b) for every element, whatever the strides; no extent is 0.
template <class Body>
void for_each_element(const Shape& shape, const Strides& a, const Strides& b, Body body) {
  const std::int64_t elements = shape.elements();
  Shape index = Shape::filled(shape.rank(), 0);
  std::int64_t at_a = 0, at_b = 0;
  for (std::int64_t element = 0; element < elements; ++element) {
    body(at_a, at_b);
    for (int d = shape.rank() - 1; d >= 0; --d) {
      at_a += a[d];
      at_b += b[d];
      if (++index[d] < shape[d]) break;
      at_a -= index[d] * a[d];
      at_b -= index[d] * b[d];
      index[d] = 0;
    }
  }
}

}  // namespace
// END SOLUTION

// Example: logits (2, 3) and target (2, 3) -> loss (); a logit of 0 costs log 2 whatever its target.
void impl::binary_cross_entropy(ConstView logits, ConstView target, View loss) {
  // BEGIN SOLUTION
  KILN_REQUIRE("binary_cross_entropy: logits and target have one shape", logits.shape == target.shape);
  KILN_REQUIRE("binary_cross_entropy: the mean of nothing; logits has no element", logits.size() > 0);
  KILN_REQUIRE("binary_cross_entropy: loss is a scalar", loss.shape == Shape{});
  double sum = 0;
  if (logits.is_contiguous() && target.is_contiguous()) {
    for (std::int64_t i = 0; i < logits.size(); ++i) sum += element(logits.data[i], target.data[i]);
  } else {
    for_each_element(logits.shape, logits.strides, target.strides, [&](std::int64_t at, std::int64_t at_target) {
      sum += element(logits.data[at], target.data[at_target]);
    });
  }
  // Nothing is written before every target was checked.
  *loss.data = static_cast<float>(sum / static_cast<double>(logits.size()));
  // END SOLUTION
}
