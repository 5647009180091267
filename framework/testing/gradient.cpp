// Central differences with Ridders' extrapolation, and the words for a gradient that disagrees.
#include "testing/gradient.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace kiln::testing {

namespace {

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string element(const Shape& index) {
  std::string text = "[";
  for (int d = 0; d < index.rank(); ++d) text += (d == 0 ? "" : ", ") + std::to_string(index[d]);
  return text + "]";
}

/// Bounds the error of sum(cotangent * out): `roundings` for each output, and one for each term of the sum.
double noise_of(const Array64& cotangent, const Array64& out, const GradientOptions& options) {
  double magnitude = 0;
  for (std::size_t i = 0; i < out.values.size(); ++i)
    magnitude += std::abs(cotangent.values[i]) * std::max(1.0, std::abs(out.values[i]));
  const double roundings = options.roundings + static_cast<double>(out.values.size());
  return roundings * std::numeric_limits<double>::epsilon() * magnitude;
}

/// Checks what the caller gave; returns whether there is anything to differentiate.
bool fits(const std::string& what, const Array64& out, const Array64& cotangent) {
  if (out.shape == cotangent.shape) return true;
  ADD_FAILURE() << what << ": f gives shape " << to_string(out.shape) << ", but the cotangent has shape "
                << to_string(cotangent.shape);
  return false;
}

bool has_shape_of(const std::string& what, const Array64& gradient, const Array64& input) {
  if (gradient.shape == input.shape) return true;
  ADD_FAILURE() << what << ": the gradient has shape " << to_string(gradient.shape) << ", what it is taken by has "
                << to_string(input.shape);
  return false;
}

/// Words for a claim that differences contradict or cannot judge; "" where they agree.
std::string complaint(double claimed, const Difference& measured, double slack) {
  const double allowed = measured.error + slack;
  // A bound as large as the slope proves nothing: the step straddles a kink or a pole.
  const double blind = 1e-4 * std::max(1.0, std::abs(measured.value));
  if (!std::isfinite(measured.value) || !(measured.error < blind))
    return "differences cannot tell: they give " + number(measured.value) + " with an error of up to " +
           number(measured.error) + "; is there a kink, a pole or a NaN near these inputs?";
  if (std::abs(claimed - measured.value) <= allowed) return "";
  return "the gradient says " + number(claimed) + ", central differences say " + number(measured.value) +
         " (an error of " + number(allowed) + " is allowed)";
}

}  // namespace

Array64 random_array64(const Shape& shape, Random& random, float low, float high) {
  Array64 array(shape);
  for (double& value : array.values) value = random.uniform(low, high);
  return array;
}

double dot(const Array64& a, const Array64& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) sum += a.values[i] * b.values[i];
  return sum;
}

// A central difference with step h errs by c2 h^2 + c4 h^4 + ...; (4 D(h/2) - D(h)) / 3 is rid of the first term.
// Its error c4 h^4 and the noise / h are about equal at h = eps^(1/5) = 7e-4, about 2^-10. Of two such extrapolations
// the second, with half the step, errs by a sixteenth of the first: less than what lies between them.
Difference central_difference(const std::function<double(double)>& f, double noise) {
  constexpr double kStep = 0x1p-10;
  auto slope = [&](double h) { return (f(h) - f(-h)) / (2 * h); };
  const double wide = slope(kStep), middle = slope(kStep / 2), narrow = slope(kStep / 4);
  const double first = (4 * middle - wide) / 3, second = (4 * narrow - middle) / 3;
  // The noise of D(h) is noise / h; the extrapolation adds 4/3 of it at h/4 and 1/3 at h/2, 18/3 in units of h.
  return {second, std::abs(second - first) + 6 * noise / kStep};
}

void expect_gradient(const std::string& what, const Function64& f, const std::vector<Array64>& inputs, std::size_t by,
                     const Array64& cotangent, const Array64& gradient, const GradientOptions& options) {
  const Array64 out = f(inputs);
  if (!fits(what, out, cotangent) || !has_shape_of(what, gradient, inputs[by])) return;
  const double noise = noise_of(cotangent, out, options);
  std::vector<Array64> moved = inputs;
  std::string first;
  std::size_t next = 0, bad = 0;
  for_each_index(gradient.shape, [&](const Shape& index) {
    const std::size_t i = next++;
    const double here = inputs[by].values[i];
    // Steps grow with the value, as its own rounding does; a power of two keeps them exact.
    const double scale = std::exp2(std::ceil(std::log2(std::max(1.0, std::abs(here)))));
    Difference measured = central_difference(
        [&](double step) {
          moved[by].values[i] = here + step * scale;
          return dot(cotangent, f(moved));
        },
        noise);
    moved[by].values[i] = here;
    measured.value /= scale;
    measured.error /= scale;
    const std::string words = complaint(gradient.values[i], measured, options.slack);
    if (!words.empty() && bad++ == 0) first = element(index) + ": " + words;
  });
  if (bad == 0) return;
  ADD_FAILURE() << what << first << (bad > 1 ? "\n" + std::to_string(bad) + " elements are wrong" : std::string());
}

void expect_gradients_along(const std::string& what, const Function64& f, const std::vector<Array64>& inputs,
                            const Array64& cotangent, const std::vector<Array64>& gradients, int directions,
                            Random& random, const GradientOptions& options) {
  const Array64 out = f(inputs);
  if (!fits(what, out, cotangent)) return;
  if (gradients.size() != inputs.size()) {
    ADD_FAILURE() << what << ": " << inputs.size() << " inputs, but " << gradients.size() << " gradients";
    return;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!has_shape_of(what + ", input " + std::to_string(i), gradients[i], inputs[i])) return;
  const double noise = noise_of(cotangent, out, options);
  for (int direction = 0; direction < directions; ++direction) {
    // A direction of length 1 over all inputs together; the claim is the gradient's component along it.
    std::vector<Array64> along = inputs;
    double length = 0, claimed = 0;
    for (Array64& part : along) {
      for (double& value : part.values) value = random.normal_double();
      length += dot(part, part);
    }
    length = std::sqrt(length);
    for (std::size_t i = 0; i < along.size(); ++i) {
      for (double& value : along[i].values) value /= length;
      claimed += dot(along[i], gradients[i]);
    }
    std::vector<Array64> moved = inputs;
    const Difference measured = central_difference(
        [&](double step) {
          for (std::size_t i = 0; i < inputs.size(); ++i)
            for (std::size_t j = 0; j < inputs[i].values.size(); ++j)
              moved[i].values[j] = inputs[i].values[j] + step * along[i].values[j];
          return dot(cotangent, f(moved));
        },
        noise);
    const std::string words = complaint(claimed, measured, options.slack);
    if (words.empty()) continue;
    ADD_FAILURE() << what << ", along random direction " << direction << ": " << words;
    return;
  }
}

}  // namespace kiln::testing
