// Wrong: the gradient is set, and loses what stood there.
#include <algorithm>
#include <cmath>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

namespace {

/// The element of a number, counted in row-major order.
template <class AnyView>
auto& at(const AnyView& view, std::int64_t element) {
  std::int64_t offset = 0;
  for (int d = view.rank() - 1; d >= 0; --d) {
    offset += element % view.shape[d] * view.strides[d];
    element /= view.shape[d];
  }
  return view.data[offset];
}

void require_shapes(ConstView grad_loss, ConstView prediction, ConstView target, View gradient) {
  KILN_REQUIRE("grad_loss is a scalar", grad_loss.rank() == 0);
  KILN_REQUIRE("the target's shape differs", prediction.shape == target.shape);
  KILN_REQUIRE("the gradient's shape differs", prediction.shape == gradient.shape);
  KILN_REQUIRE("the mean of nothing", prediction.size() > 0);
}

float softmax(ConstView logits, std::int64_t row, std::int64_t column) {
  float largest = logits(row, 0);
  for (std::int64_t j = 1; j < logits.shape[1]; ++j) largest = std::max(largest, logits(row, j));
  float sum = 0;
  for (std::int64_t j = 0; j < logits.shape[1]; ++j) sum += std::exp(logits(row, j) - largest);
  return std::exp(logits(row, column) - largest) / sum;
}

}  // namespace

void impl::mean_squared_error_backward(ConstView grad_loss, ConstView prediction, ConstView target,
                                       View grad_prediction) {
  require_shapes(grad_loss, prediction, target, grad_prediction);
  for (std::int64_t i = 0; i < prediction.size(); ++i)
    at(grad_prediction, i) =
        grad_loss() * 2 * (at(prediction, i) - at(target, i)) / static_cast<float>(prediction.size());
}

void impl::binary_cross_entropy_backward(ConstView grad_loss, ConstView logits, ConstView target, View grad_logits) {
  require_shapes(grad_loss, logits, target, grad_logits);
  for (std::int64_t i = 0; i < logits.size(); ++i)
    KILN_REQUIRE("a target lies outside [0, 1]", (at(target, i) >= 0 && at(target, i) <= 1));
  for (std::int64_t i = 0; i < logits.size(); ++i) {
    const float sigmoid = 1 / (1 + std::exp(-at(logits, i)));
    at(grad_logits, i) += grad_loss() * (sigmoid - at(target, i)) / static_cast<float>(logits.size());
  }
}

void impl::cross_entropy_backward(ConstView grad_loss, ConstView logits, std::span<const std::int32_t> labels,
                                  std::int32_t ignore_index, View grad_logits) {
  KILN_REQUIRE("grad_loss is a scalar", grad_loss.rank() == 0);
  KILN_REQUIRE("logits is a matrix", logits.rank() == 2);
  KILN_REQUIRE("the gradient's shape differs", logits.shape == grad_logits.shape);
  KILN_REQUIRE("a label for each row", static_cast<std::int64_t>(labels.size()) == logits.shape[0]);
  float count = 0;
  for (const std::int32_t label : labels) {
    if (label == ignore_index) continue;
    KILN_REQUIRE("a label is out of range", (label >= 0 && label < logits.shape[1]));
    ++count;
  }
  KILN_REQUIRE("no row counts", count > 0);
  for (std::int64_t i = 0; i < logits.shape[0]; ++i) {
    const std::int32_t label = labels[static_cast<std::size_t>(i)];
    if (label == ignore_index) continue;
    for (std::int64_t j = 0; j < logits.shape[1]; ++j)
      grad_logits(i, j) += grad_loss() * (softmax(logits, i, j) - (j == label ? 1.0f : 0.0f)) / count;
  }
}
