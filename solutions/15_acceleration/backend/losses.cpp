// The three losses: sums over all elements or rows, in blocks of vectors.
#include "kiln/kernels/losses.hpp"

#include <cmath>

#include "loss_sums.hpp"

using namespace kiln;
using impl::simd::Vector;

void impl::mean_squared_error(ConstView prediction, ConstView target, View loss) {
  KILN_REQUIRE("mean_squared_error: prediction and target have one shape", prediction.shape == target.shape);
  KILN_REQUIRE("mean_squared_error: the mean of nothing; prediction has no element", prediction.size() > 0);
  KILN_REQUIRE("mean_squared_error: loss is a scalar", loss.shape == Shape{});
  const double sum = sum_over(prediction, 0, target, 0, [](Vector x, Vector y) { return (x - y) * (x - y); });
  *loss.data = static_cast<float>(sum / static_cast<double>(prediction.size()));
}

void impl::binary_cross_entropy(ConstView logits, ConstView target, View loss) {
  KILN_REQUIRE("binary_cross_entropy: logits and target have one shape", logits.shape == target.shape);
  KILN_REQUIRE("binary_cross_entropy: the mean of nothing; logits has no element", logits.size() > 0);
  KILN_REQUIRE("binary_cross_entropy: loss is a scalar", loss.shape == Shape{});
  require_probabilities("binary_cross_entropy", target);
  // log1p gets what exp returns of no number above 0: beside the 1 of log(1 + exp(-20)) exp would be rounded away. A
  // logit of 1000 with target 1 costs nothing, exactly.
  const double sum = sum_over(logits, 1000, target, 1, [](Vector x, Vector t) {
    const Vector linear = simd::at_least(0.0f, x) - x * t;
    return linear + simd::log1p_of_fraction(simd::exp(Vector(0.0f) - xsimd::abs(x)));
  });
  *loss.data = static_cast<float>(sum / static_cast<double>(logits.size()));
}

void impl::cross_entropy(ConstView logits, std::span<const std::int32_t> labels, std::int32_t ignore_index, View loss) {
  KILN_REQUIRE("cross_entropy: logits is (batch, classes)", logits.rank() == 2);
  const std::int64_t batch = logits.shape[0], classes = logits.shape[1];
  KILN_REQUIRE("cross_entropy: every row of logits has a label", static_cast<std::int64_t>(labels.size()) == batch);
  KILN_REQUIRE("cross_entropy: loss is a scalar", loss.shape == Shape{});
  const std::int64_t count = checked_count("cross_entropy", labels, ignore_index, classes);
  const double sum = sum_of_pieces(batch, classes, [&](std::int64_t first, std::int64_t last) {
    // Rows that are ignored are not read at all: 0 times NaN would be NaN.
    double of_rows = 0;
    for (std::int64_t i = first; i < last; ++i) {
      const std::int32_t label = labels[static_cast<std::size_t>(i)];
      if (label == ignore_index) continue;
      const float* const row = logits.data + i * logits.strides[0];
      const LogitSum of_row = sum_of_logits(row, logits.strides[1], classes);
      of_rows += static_cast<double>(of_row.best) - row[label * logits.strides[1]] + std::log(of_row.sum);
    }
    return of_rows;
  });
  *loss.data = static_cast<float>(sum / static_cast<double>(count));
}
