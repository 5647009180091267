// The gradients of the three losses. Nothing is written before every shape, target and label was checked.
#include <string>

#include "elementwise.hpp"
#include "kiln/kernels/autograd.hpp"
#include "loss_sums.hpp"

using namespace kiln;

namespace {

using impl::simd::Vector;

/// Checks what both losses of a prediction and a target ask for; returns the share of each element in the mean.
float checked_share(const char* kernel, const ConstView& grad_loss, const ConstView& prediction,
                    const ConstView& target, const View& gradient) {
  KILN_REQUIRE(std::string(kernel) + ": grad_loss is a scalar", grad_loss.shape == Shape{});
  KILN_REQUIRE(std::string(kernel) + ": prediction and target have one shape", prediction.shape == target.shape);
  KILN_REQUIRE(std::string(kernel) + ": prediction and gradient have one shape", prediction.shape == gradient.shape);
  KILN_REQUIRE(std::string(kernel) + ": the mean of nothing; the prediction has no element", prediction.size() > 0);
  return *grad_loss.data / static_cast<float>(prediction.size());
}

}  // namespace

void impl::mean_squared_error_backward(ConstView grad_loss, ConstView prediction, ConstView target,
                                       View grad_prediction) {
  const Vector factor(2 * checked_share("mean_squared_error_backward", grad_loss, prediction, target, grad_prediction));
  map<3, 1>({prediction, target, grad_prediction}, {grad_prediction},
            [=](const Vector* x, Vector* y) { y[0] = x[2] + factor * (x[0] - x[1]); });
}

void impl::binary_cross_entropy_backward(ConstView grad_loss, ConstView logits, ConstView target, View grad_logits) {
  const Vector share(checked_share("binary_cross_entropy_backward", grad_loss, logits, target, grad_logits));
  require_probabilities("binary_cross_entropy_backward", target);
  map<3, 1>({logits, target, grad_logits}, {grad_logits},
            [=](const Vector* x, Vector* y) { y[0] = x[2] + share * (simd::sigmoid(x[0]) - x[1]); });
}

void impl::cross_entropy_backward(ConstView grad_loss, ConstView logits, std::span<const std::int32_t> labels,
                                  std::int32_t ignore_index, View grad_logits) {
  KILN_REQUIRE("cross_entropy_backward: grad_loss is a scalar", grad_loss.shape == Shape{});
  KILN_REQUIRE("cross_entropy_backward: logits is (batch, classes)", logits.rank() == 2);
  KILN_REQUIRE("cross_entropy_backward: logits and grad_logits have one shape", logits.shape == grad_logits.shape);
  const std::int64_t batch = logits.shape[0], classes = logits.shape[1];
  KILN_REQUIRE("cross_entropy_backward: every row of logits has a label",
               static_cast<std::int64_t>(labels.size()) == batch);
  const std::int64_t count = checked_count("cross_entropy_backward", labels, ignore_index, classes);

  const float share = *grad_loss.data / static_cast<float>(count);
  const std::int64_t step = logits.strides[1], step_to = grad_logits.strides[1];
  const auto add_row = [&](std::int64_t i) {
    const std::int32_t label = labels[static_cast<std::size_t>(i)];
    if (label == ignore_index) return;
    const float* const row = logits.data + i * logits.strides[0];
    float* const to = grad_logits.data + i * grad_logits.strides[0];
    const LogitSum of_row = sum_of_logits(row, step, classes);
    const Vector best(of_row.best), inverse(static_cast<float>(1 / of_row.sum)), shares(share);
    map_row<2, 1>({row, to}, {to}, {step, step_to, step_to}, classes,
                  [=](const Vector* x, Vector* y) { y[0] = x[1] + shares * (simd::exp(x[0] - best) * inverse); });
    to[label * step_to] -= share;
  };
  parallel_for(0, batch, std::max<std::int64_t>(1, kPiece / classes), [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) add_row(i);
  });
}
