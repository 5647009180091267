// batch_norm_backward: what reaches the images, the weights and the biases of batch_norm_train.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, "Back through batch normalisation".
#include <algorithm>
#include <array>
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

void check_images(const std::string& kernel, const ConstView& grad_out, const std::string& name,
                  const ConstView& view) {
  KILN_REQUIRE(kernel + ": grad_out has no batch and channels", grad_out.rank() >= 2);
  KILN_REQUIRE(kernel + ": " + name + " and grad_out differ in shape", view.shape == grad_out.shape);
}
void check_channels(const std::string& kernel, const ConstView& grad_out, const std::string& name,
                    const ConstView& view) {
  KILN_REQUIRE(kernel + ": " + name + " has not one element a channel", view.shape == Shape{grad_out.shape[1]});
}

/// One channel's elements in N tensors of one shape, as rows of equal steps: dimensions that follow each other densely
/// in all of them are one. The images of dense tensors are rows of height * width.
template <std::size_t N>
class ChannelRows {
 public:
  using Offsets = std::array<std::int64_t, N>;

  explicit ChannelRows(const std::array<ConstView, N>& views) {
    for (int d = 0; d < views[0].rank(); ++d) {
      const std::int64_t extent = views[0].shape[d];
      if (d == 1 || (extent == 1 && d > 0)) continue;
      const int last = shape_.rank() - 1;
      bool follows = last >= 0;
      for (std::size_t i = 0; i < N && follows; ++i)
        follows = shape_[last] == 1 || steps_[static_cast<std::size_t>(last)][i] == extent * views[i].strides[d];
      if (follows)
        shape_[last] *= extent;
      else
        shape_.push_back(extent);
      for (std::size_t i = 0; i < N; ++i) steps_[static_cast<std::size_t>(shape_.rank() - 1)][i] = views[i].strides[d];
    }
  }
  std::int64_t columns() const { return shape_[shape_.rank() - 1]; }
  /// From one element of a row to the next.
  const Offsets& steps() const { return steps_[static_cast<std::size_t>(shape_.rank() - 1)]; }
  bool dense() const {
    return std::all_of(steps().begin(), steps().end(), [](std::int64_t step) { return step == 1; });
  }

  /// Calls body(offsets of a row) for every row.
  template <class Body>
  void for_each(Body body) const {
    if (shape_.elements() == 0) return;
    const std::int64_t rows = shape_.elements() / columns();
    Shape index = Shape::filled(shape_.rank(), 0);
    Offsets at{};
    for (std::int64_t row = 0; row < rows; ++row) {
      body(at);
      for (int d = shape_.rank() - 2; d >= 0; --d) {
        const Offsets& step = steps_[static_cast<std::size_t>(d)];
        for (std::size_t i = 0; i < N; ++i) at[i] += step[i];
        if (++index[d] < shape_[d]) break;
        for (std::size_t i = 0; i < N; ++i) at[i] -= index[d] * step[i];
        index[d] = 0;
      }
    }
  }

 private:
  Shape shape_;
  std::array<Offsets, kMaxRank> steps_{};
};

/// Sums of doubles, kLanes side by side: one running sum would wait for each addition before the next can start.
class Sum {
 public:
  /// Adds term(i) for the n elements of a row; `term` reads dense memory where `dense`.
  template <class Term>
  void add_row(std::int64_t n, bool dense, Term term) {
    std::int64_t i = 0;
    if (dense)
      for (; i + kLanes <= n; i += kLanes)
        for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes_[lane] += term(i + lane);
    for (; i < n; ++i) lanes_[i % kLanes] += term(i);
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

/// The two sums over a channel that its statistics pass back: of grad_out, and of grad_out * (in - mean). Differences
/// of floats are exact in double.
struct Sums {
  double gradient = 0, centred = 0;
};
template <std::size_t N>
Sums sum_channel(const ChannelRows<N>& rows, const float* gradient, const float* channel, double mean) {
  Sum of_gradient, of_centred;
  const std::int64_t step_g = rows.steps()[0], step_x = rows.steps()[1];
  rows.for_each([&](const auto& at) {
    const float *g = gradient + at[0], *x = channel + at[1];
    if (rows.dense()) {
      of_gradient.add_row(rows.columns(), true, [g](std::int64_t i) { return static_cast<double>(g[i]); });
      of_centred.add_row(rows.columns(), true, [g, x, mean](std::int64_t i) { return g[i] * (x[i] - mean); });
    } else {
      of_gradient.add_row(rows.columns(), false, [=](std::int64_t i) { return static_cast<double>(g[i * step_g]); });
      of_centred.add_row(rows.columns(), false, [=](std::int64_t i) { return g[i * step_g] * (x[i * step_x] - mean); });
    }
  });
  return {of_gradient.total(), of_centred.total()};
}

/// grad_in += factor * (gradient - share - (in - mean) * slope)
void add_row(const float* g, std::int64_t step_g, const float* x, std::int64_t step_x, float* to, std::int64_t step_to,
             std::int64_t n, float mean, float factor, float share, float slope) {
  if (step_g == 1 && step_x == 1 && step_to == 1)
    for (std::int64_t i = 0; i < n; ++i) to[i] += factor * (g[i] - share - (x[i] - mean) * slope);
  else
    for (std::int64_t i = 0; i < n; ++i)
      to[i * step_to] += factor * (g[i * step_g] - share - (x[i * step_x] - mean) * slope);
}

}  // namespace
// END SOLUTION

// Example: a channel of 1 and 3 (mean 2, scale 1, normalised -1 and 1), weight 2, grad_out 5 and 0: the sums are 5 and
// -5, so grad_in gains 2 * (5 - 2.5 - -1 * -2.5) = 0 and 2 * (0 - 2.5 - 1 * -2.5) = 0. Two elements are brought to -1
// and 1 whatever they are.
void impl::batch_norm_backward_in(ConstView grad_out, ConstView in, ConstView weight, ConstView mean, ConstView scale,
                                  View grad_in) {
  // BEGIN SOLUTION
  check_images("batch_norm_backward_in", grad_out, "in", in);
  check_images("batch_norm_backward_in", grad_out, "grad_in", grad_in);
  check_channels("batch_norm_backward_in", grad_out, "weight", weight);
  check_channels("batch_norm_backward_in", grad_out, "mean", mean);
  check_channels("batch_norm_backward_in", grad_out, "scale", scale);
  if (in.size() == 0) return;

  const ChannelRows<3> rows({grad_out, in, grad_in});
  const auto [step_g, step_x, step_to] = rows.steps();
  const double count = static_cast<double>(count_of(in));
  for (std::int64_t c = 0; c < in.shape[1]; ++c) {
    const float* gradient = grad_out.data + c * grad_out.strides[1];
    const float* channel = in.data + c * in.strides[1];
    const Sums sums = sum_channel(rows, gradient, channel, mean(c));

    // Both factors `scale` of the last term, that of normalised and that of the sum, go into its slope.
    const double squared = static_cast<double>(scale(c)) * scale(c);
    const float share = static_cast<float>(sums.gradient / count);
    const float slope = static_cast<float>(sums.centred * squared / count);
    rows.for_each([&, step_g = step_g, step_x = step_x, step_to = step_to](const auto& at) {
      add_row(gradient + at[0], step_g, channel + at[1], step_x, grad_in.data + c * grad_in.strides[1] + at[2], step_to,
              rows.columns(), mean(c), weight(c) * scale(c), share, slope);
    });
  }
  // END SOLUTION
}

// Example: the same channel: grad_weight gains 5 * -1 + 0 * 1 = -5.
void impl::batch_norm_backward_weight(ConstView grad_out, ConstView in, ConstView mean, ConstView scale,
                                      View grad_weight) {
  // BEGIN SOLUTION
  check_images("batch_norm_backward_weight", grad_out, "in", in);
  check_channels("batch_norm_backward_weight", grad_out, "mean", mean);
  check_channels("batch_norm_backward_weight", grad_out, "scale", scale);
  check_channels("batch_norm_backward_weight", grad_out, "grad_weight", grad_weight);
  if (in.size() == 0) return;
  const ChannelRows<2> rows({grad_out, in});
  for (std::int64_t c = 0; c < in.shape[1]; ++c) {
    const Sums sums = sum_channel(rows, grad_out.data + c * grad_out.strides[1], in.data + c * in.strides[1], mean(c));
    grad_weight(c) += static_cast<float>(sums.centred * scale(c));
  }
  // END SOLUTION
}

// Example: the same channel: grad_bias gains 5 + 0 = 5.
void impl::batch_norm_backward_bias(ConstView grad_out, View grad_bias) {
  // BEGIN SOLUTION
  KILN_REQUIRE("batch_norm_backward_bias: grad_out has no batch and channels", grad_out.rank() >= 2);
  check_channels("batch_norm_backward_bias", grad_out, "grad_bias", grad_bias);
  if (grad_out.size() == 0) return;
  const ChannelRows<1> rows({grad_out});
  const std::int64_t step = rows.steps()[0];
  for (std::int64_t c = 0; c < grad_out.shape[1]; ++c) {
    Sum sum;
    rows.for_each([&](const auto& at) {
      const float* g = grad_out.data + c * grad_out.strides[1] + at[0];
      if (step == 1)
        sum.add_row(rows.columns(), true, [g](std::int64_t i) { return static_cast<double>(g[i]); });
      else
        sum.add_row(rows.columns(), false, [g, step](std::int64_t i) { return static_cast<double>(g[i * step]); });
    });
    grad_bias(c) += static_cast<float>(sum.total());
  }
  // END SOLUTION
}
