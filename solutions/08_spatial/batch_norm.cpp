// batch_norm: each channel is brought to mean 0 and variance 1, then scaled and shifted.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, "Batch normalisation".
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

std::int64_t count_of(const ConstView& in) {
  std::int64_t count = in.shape[0];
  for (int d = 2; d < in.rank(); ++d) count *= in.shape[d];
  return count;
}

void check_images(const std::string& kernel, const ConstView& in, const ConstView& out, float epsilon) {
  KILN_REQUIRE(kernel + ": in has no batch and channels", in.rank() >= 2);
  KILN_REQUIRE(kernel + ": out and in differ in shape", out.shape == in.shape);
  KILN_REQUIRE(kernel + ": epsilon is not positive", epsilon > 0.0f);
}
void check_channels(const std::string& kernel, const ConstView& in, const std::string& name, const ConstView& view) {
  KILN_REQUIRE(kernel + ": " + name + " has not one element a channel", view.shape == Shape{in.shape[1]});
}

/// One channel's elements in `in` and in `out` as rows of equal steps: dimensions that follow each other densely in
/// both are one. The images of a dense tensor are rows of height * width, those of (batch, channels) a row of batch.
struct ChannelRows {
  Shape shape;  ///< at least one dimension; the last is the row
  Strides in, out;

  ChannelRows(const ConstView& a, const ConstView& b) {
    for (int d = 0; d < a.rank(); ++d) {
      if (d == 1 || (a.shape[d] == 1 && d > 0)) continue;
      const int last = shape.rank() - 1;
      const std::int64_t extent = a.shape[d];
      if (last >= 0 &&
          (shape[last] == 1 || (in[last] == extent * a.strides[d] && out[last] == extent * b.strides[d]))) {
        shape[last] *= extent;
        in[last] = a.strides[d];
        out[last] = b.strides[d];
      } else {
        shape.push_back(extent);
        in.push_back(a.strides[d]);
        out.push_back(b.strides[d]);
      }
    }
  }
  std::int64_t columns() const { return shape[shape.rank() - 1]; }
  std::int64_t in_step() const { return in[shape.rank() - 1]; }
  std::int64_t out_step() const { return out[shape.rank() - 1]; }

  /// Calls body(offset in `in`, offset in `out`) for every row.
  template <class Body>
  void for_each(Body body) const {
    if (shape.elements() == 0) return;
    const std::int64_t rows = shape.elements() / columns();
    Shape index = Shape::filled(shape.rank(), 0);
    std::int64_t at_in = 0, at_out = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      body(at_in, at_out);
      for (int d = shape.rank() - 2; d >= 0; --d) {
        at_in += in[d];
        at_out += out[d];
        if (++index[d] < shape[d]) break;
        at_in -= index[d] * in[d];
        at_out -= index[d] * out[d];
        index[d] = 0;
      }
    }
  }
};

/// Sums of doubles, kLanes side by side: one running sum would wait for each addition before the next can start.
class Sum {
 public:
  /// Adds term(x) for each x of a row.
  template <class Term>
  void add_row(const float* x, std::int64_t n, std::int64_t step, Term term) {
    std::int64_t i = 0;
    if (step == 1)
      for (; i + kLanes <= n; i += kLanes)
        for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes_[lane] += term(static_cast<double>(x[i + lane]));
    for (; i < n; ++i) lanes_[i % kLanes] += term(static_cast<double>(x[i * step]));
  }
  double total() const {
    double total = 0;
    for (double lane : lanes_) total += lane;
    return total;
  }

 private:
  static constexpr std::int64_t kLanes = 16;
  double lanes_[kLanes] = {};
};

/// out = (in - mean) * factor + bias. The mean is subtracted before anything is multiplied: what is left of two numbers
/// of nearly the same size keeps its digits.
void normalise_row(const float* in, std::int64_t in_step, float* out, std::int64_t out_step, std::int64_t n, float mean,
                   float factor, float bias) {
  if (in_step == 1 && out_step == 1)
    for (std::int64_t i = 0; i < n; ++i) out[i] = (in[i] - mean) * factor + bias;
  else
    for (std::int64_t i = 0; i < n; ++i) out[i * out_step] = (in[i * in_step] - mean) * factor + bias;
}

/// What the running statistics become.
float moved(float running, float momentum, double seen) {
  return static_cast<float>((1.0 - momentum) * running + momentum * seen);
}

}  // namespace
// END SOLUTION

// Example: one channel that holds 1 and 3, weight 2, bias 10, epsilon tiny: mean 2, variance 1, scale 1, out 8 and 12.
// With momentum 0.5, running mean 0 and running variance 1: they become 1, and 0.5 + 0.5 * 1 * 2 / 1 = 1.5.
void impl::batch_norm_train(ConstView in, ConstView weight, ConstView bias, float momentum, float epsilon,
                            View running_mean, View running_variance, View out, View mean, View scale) {
  // BEGIN SOLUTION
  check_images("batch_norm_train", in, out, epsilon);
  check_channels("batch_norm_train", in, "weight", weight);
  check_channels("batch_norm_train", in, "bias", bias);
  check_channels("batch_norm_train", in, "running_mean", running_mean);
  check_channels("batch_norm_train", in, "running_variance", running_variance);
  check_channels("batch_norm_train", in, "mean", mean);
  check_channels("batch_norm_train", in, "scale", scale);
  KILN_REQUIRE("batch_norm_train: momentum is below 0", momentum >= 0.0f);
  KILN_REQUIRE("batch_norm_train: momentum is above 1", momentum <= 1.0f);
  KILN_REQUIRE("batch_norm_train: one element has no variance", count_of(in) >= 2);

  const ChannelRows rows(in, out);
  const double count = static_cast<double>(count_of(in));
  for (std::int64_t c = 0; c < in.shape[1]; ++c) {
    const float* channel = in.data + c * in.strides[1];

    // Walk the channel once for its mean, and once more for the squares around it: no digits cancel there.
    Sum sum, squares;
    rows.for_each([&](std::int64_t at, std::int64_t) {
      sum.add_row(channel + at, rows.columns(), rows.in_step(), [](double x) { return x; });
    });
    const double centre = sum.total() / count;
    rows.for_each([&](std::int64_t at, std::int64_t) {
      squares.add_row(channel + at, rows.columns(), rows.in_step(),
                      [centre](double x) { return (x - centre) * (x - centre); });
    });
    const double variance = squares.total() / count;

    // Write the statistics.
    mean(c) = static_cast<float>(centre);
    scale(c) = static_cast<float>(1.0 / std::sqrt(variance + epsilon));
    running_mean(c) = moved(running_mean(c), momentum, centre);
    running_variance(c) = moved(running_variance(c), momentum, squares.total() / (count - 1.0));

    float* normalised = out.data + c * out.strides[1];
    rows.for_each([&](std::int64_t at, std::int64_t to) {
      normalise_row(channel + at, rows.in_step(), normalised + to, rows.out_step(), rows.columns(), mean(c),
                    scale(c) * weight(c), bias(c));
    });
  }
  // END SOLUTION
}

// Example: 1 and 3 with running mean 2, running variance 4, weight 2, bias 10: out is 9 and 11.
void impl::batch_norm_eval(ConstView in, ConstView weight, ConstView bias, ConstView running_mean,
                           ConstView running_variance, float epsilon, View out) {
  // BEGIN SOLUTION
  check_images("batch_norm_eval", in, out, epsilon);
  check_channels("batch_norm_eval", in, "weight", weight);
  check_channels("batch_norm_eval", in, "bias", bias);
  check_channels("batch_norm_eval", in, "running_mean", running_mean);
  check_channels("batch_norm_eval", in, "running_variance", running_variance);
  if (in.size() == 0) return;

  const ChannelRows rows(in, out);
  for (std::int64_t c = 0; c < in.shape[1]; ++c) {
    const double root = std::sqrt(static_cast<double>(running_variance(c)) + epsilon);
    const float factor = static_cast<float>(weight(c) / root);
    rows.for_each([&](std::int64_t at, std::int64_t to) {
      normalise_row(in.data + c * in.strides[1] + at, rows.in_step(), out.data + c * out.strides[1] + to,
                    rows.out_step(), rows.columns(), running_mean(c), factor, bias(c));
    });
  }
  // END SOLUTION
}
