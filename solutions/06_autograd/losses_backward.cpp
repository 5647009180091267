// losses_backward: the gradients of the three losses by their predictions, where every backward pass starts.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 7.
#include <algorithm>
#include <cmath>
#include <string>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// Nothing is written before every shape, target and label was checked.

// BEGIN SOLUTION
namespace {

/// Calls body(offset in a, offset in b, offset in c) for every element, whatever the strides; no extent is 0.
template <class Body>
void for_each_element(const Shape& shape, const Strides& a, const Strides& b, const Strides& c, Body body) {
  const std::int64_t elements = shape.elements();
  Shape index = Shape::filled(shape.rank(), 0);
  std::int64_t at_a = 0, at_b = 0, at_c = 0;
  for (std::int64_t element = 0; element < elements; ++element) {
    body(at_a, at_b, at_c);
    for (int d = shape.rank() - 1; d >= 0; --d) {
      at_a += a[d];
      at_b += b[d];
      at_c += c[d];
      if (++index[d] < shape[d]) break;
      at_a -= index[d] * a[d];
      at_b -= index[d] * b[d];
      at_c -= index[d] * c[d];
      index[d] = 0;
    }
  }
}

/// Checks what both losses of a prediction and a target ask for; returns the share of each element in the mean.
float checked_share(const char* kernel, const ConstView& grad_loss, const ConstView& prediction,
                    const ConstView& target, const View& gradient) {
  KILN_REQUIRE(std::string(kernel) + ": grad_loss is a scalar", grad_loss.shape == Shape{});
  KILN_REQUIRE(std::string(kernel) + ": prediction and target have one shape", prediction.shape == target.shape);
  KILN_REQUIRE(std::string(kernel) + ": prediction and gradient have one shape", prediction.shape == gradient.shape);
  KILN_REQUIRE(std::string(kernel) + ": the mean of nothing; the prediction has no element", prediction.size() > 0);
  return *grad_loss.data / static_cast<float>(prediction.size());
}

/// 1 / (1 + exp(-x)), with an exp that meets no number above 0.
float sigmoid(float x) {
  const float e = std::exp(-std::abs(x));
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

/// Checks every label; returns how many rows count.
std::int64_t checked_count(std::span<const std::int32_t> labels, std::int32_t ignore_index, std::int64_t classes) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == ignore_index) continue;
    KILN_REQUIRE("cross_entropy_backward: the label of row " + std::to_string(i) + " is at least 0", labels[i] >= 0);
    KILN_REQUIRE("cross_entropy_backward: the label of row " + std::to_string(i) + " is below the number of classes",
                 labels[i] < classes);
    ++count;
  }
  return count;
}

/// to[j] += share * (softmax(row)[j] - (j == label)). exp is taken twice of each logit, because there is no room to
/// keep what the first pass found.
void add_row(const float* row, std::int64_t step, std::int64_t n, std::int64_t label, float share, float* to,
             std::int64_t step_to) {
  float best = row[0];
  for (std::int64_t j = 1; j < n; ++j) best = std::max(best, row[j * step]);
  float sum = 0.0f;
  for (std::int64_t j = 0; j < n; ++j) sum += std::exp(row[j * step] - best);
  for (std::int64_t j = 0; j < n; ++j)
    to[j * step_to] += share * (std::exp(row[j * step] - best) / sum - (j == label ? 1.0f : 0.0f));
}

}  // namespace
// END SOLUTION

// Example: prediction {1, 2}, target {1, 4}, grad_loss 1: grad_prediction += {0, -2}.
void impl::mean_squared_error_backward(ConstView grad_loss, ConstView prediction, ConstView target,
                                       View grad_prediction) {
  // BEGIN SOLUTION
  const float share = checked_share("mean_squared_error_backward", grad_loss, prediction, target, grad_prediction);
  for_each_element(prediction.shape, prediction.strides, target.strides, grad_prediction.strides,
                   [&](std::int64_t at, std::int64_t at_target, std::int64_t to) {
                     grad_prediction.data[to] += share * 2.0f * (prediction.data[at] - target.data[at_target]);
                   });
  // END SOLUTION
}

// Example: a logit of 0 with target 1, alone, grad_loss 1: grad_logits += -0.5.
void impl::binary_cross_entropy_backward(ConstView grad_loss, ConstView logits, ConstView target, View grad_logits) {
  // BEGIN SOLUTION
  const float share = checked_share("binary_cross_entropy_backward", grad_loss, logits, target, grad_logits);
  const Strides& of_logits = logits.strides;
  // Twice over the targets: what the check refuses must find nothing written.
  for_each_element(logits.shape, of_logits, target.strides, grad_logits.strides,
                   [&](std::int64_t, std::int64_t at_target, std::int64_t) {
                     const float probability = target.data[at_target];
                     KILN_REQUIRE("binary_cross_entropy_backward: a target is at least 0", probability >= 0.0f);
                     KILN_REQUIRE("binary_cross_entropy_backward: a target is at most 1", probability <= 1.0f);
                   });
  for_each_element(logits.shape, of_logits, target.strides, grad_logits.strides,
                   [&](std::int64_t at, std::int64_t at_target, std::int64_t to) {
                     grad_logits.data[to] += share * (sigmoid(logits.data[at]) - target.data[at_target]);
                   });
  // END SOLUTION
}

// Example: logits (2, 3), labels {2, 0}, grad_loss 1: row 0 of grad_logits += (softmax(row 0) - {0, 0, 1}) / 2.
void impl::cross_entropy_backward(ConstView grad_loss, ConstView logits, std::span<const std::int32_t> labels,
                                  std::int32_t ignore_index, View grad_logits) {
  // BEGIN SOLUTION
  KILN_REQUIRE("cross_entropy_backward: grad_loss is a scalar", grad_loss.shape == Shape{});
  KILN_REQUIRE("cross_entropy_backward: logits is (batch, classes)", logits.rank() == 2);
  KILN_REQUIRE("cross_entropy_backward: logits and grad_logits have one shape", logits.shape == grad_logits.shape);
  const std::int64_t batch = logits.shape[0], classes = logits.shape[1];
  KILN_REQUIRE("cross_entropy_backward: every row of logits has a label",
               static_cast<std::int64_t>(labels.size()) == batch);
  const std::int64_t count = checked_count(labels, ignore_index, classes);
  KILN_REQUIRE("cross_entropy_backward: the mean of nothing; no row counts of " + std::to_string(batch), count > 0);

  const float share = *grad_loss.data / static_cast<float>(count);
  for (std::int64_t i = 0; i < batch; ++i) {
    const std::int32_t label = labels[static_cast<std::size_t>(i)];
    if (label == ignore_index) continue;
    add_row(logits.data + i * logits.strides[0], logits.strides[1], classes, label, share,
            grad_logits.data + i * grad_logits.strides[0], grad_logits.strides[1]);
  }
  // END SOLUTION
}
