// batch_norm_train and batch_norm_eval, a channel at a time: between the three walks over it, it stays in a cache.
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "channels.hpp"
#include "kiln/kernels/spatial.hpp"
#include "rows.hpp"

using namespace kiln;

namespace {

using impl::simd::Vector;

void check_images(const std::string& kernel, const ConstView& in, const ConstView& out, float epsilon) {
  KILN_REQUIRE(kernel + ": in has no batch and channels", in.rank() >= 2);
  KILN_REQUIRE(kernel + ": out and in differ in shape", out.shape == in.shape);
  KILN_REQUIRE(kernel + ": epsilon is not positive", epsilon > 0.0f);
}
void check_channels(const std::string& kernel, const ConstView& in, const std::string& name, const ConstView& view) {
  KILN_REQUIRE(kernel + ": " + name + " has not one element a channel", view.shape == Shape{in.shape[1]});
}

/// The sum of term(x) in double over a channel's rows, in sums side by side that do not wait for each other.
template <class Term>
double sum_over(const impl::Rows<1>& rows, const float* channel, Term term) {
  constexpr std::int64_t kHalf = impl::simd::kLanes / 2, kSums = 4;
  using Floats [[gnu::vector_size(kHalf * sizeof(float))]] = float;
  using Doubles [[gnu::vector_size(kHalf * sizeof(double))]] = double;
  const auto term_at = [term](const float* x) {
    Floats some;
    std::memcpy(&some, x, sizeof some);
    return term(__builtin_convertvector(some, Doubles));
  };
  Doubles sums[kSums] = {};
  double sum = 0;
  rows.walk.run(0, rows.walk.indices(), [&](const impl::Offsets<1>& at) {
    impl::for_each_block(channel + at[0], rows.steps[0], rows.columns,
                         [&](const float* x, std::int64_t, std::int64_t n) {
                           std::int64_t i = 0;
                           for (; i + kSums * kHalf <= n; i += kSums * kHalf)
                             for (int k = 0; k < kSums; ++k) sums[k] += term_at(x + i + k * kHalf);
                           for (; i + 2 * kHalf <= n; i += 2 * kHalf)
                             for (int k = 0; k < 2; ++k) sums[k] += term_at(x + i + k * kHalf);
                           for (; i + kHalf <= n; i += kHalf) sums[2] += term_at(x + i);
                           for (; i < n; ++i) sum += term(static_cast<double>(x[i]));
                         });
  });
  for (const Doubles& of_some : sums)
    for (std::int64_t k = 0; k < kHalf; ++k) sum += of_some[k];
  return sum;
}

/// out = (in - centre) * factor + shift. The mean is subtracted before anything is multiplied: what is left of two
/// numbers of nearly the same size keeps its digits.
struct Line {
  float centre, factor, shift;
};
auto normaliser(const Line* lines) {
  return [lines](std::int64_t c) {
    const Vector centre(lines[c].centre), factor(lines[c].factor), shift(lines[c].shift);
    return [=](const Vector* x, Vector* y) { y[0] = (x[0] - centre) * factor + shift; };
  };
}

/// What the running statistics become.
float moved(float running, float momentum, double seen) {
  return static_cast<float>((1.0 - momentum) * running + momentum * seen);
}

}  // namespace

void impl::batch_norm_train(ConstView in, ConstView weight, ConstView bias, float momentum, float epsilon,
                            View running_mean, View running_variance, View out, View mean, View scale) {
  check_images("batch_norm_train", in, out, epsilon);
  check_channels("batch_norm_train", in, "weight", weight);
  check_channels("batch_norm_train", in, "bias", bias);
  check_channels("batch_norm_train", in, "running_mean", running_mean);
  check_channels("batch_norm_train", in, "running_variance", running_variance);
  check_channels("batch_norm_train", in, "mean", mean);
  check_channels("batch_norm_train", in, "scale", scale);
  KILN_REQUIRE("batch_norm_train: momentum is below 0", momentum >= 0.0f);
  KILN_REQUIRE("batch_norm_train: momentum is above 1", momentum <= 1.0f);
  std::int64_t elements = in.shape[0];
  for (int d = 2; d < in.rank(); ++d) elements *= in.shape[d];
  KILN_REQUIRE("batch_norm_train: one element has no variance", elements >= 2);

  const double count = static_cast<double>(elements);
  const Rows<1> rows(in.shape, {in.strides}, 0, 1);
  std::vector<Line> lines(static_cast<std::size_t>(in.shape[1]));
  const auto normalise = channel_map<1>({in}, out, normaliser(lines.data()));
  for_each_channel(in, [&](std::int64_t c) {
    const float* const channel = in.data + c * in.strides[1];
    // Once for the mean, and once more for the squares around it: no digits cancel there.
    const double centre = sum_over(rows, channel, [](auto x) { return x; }) / count;
    const double variance = sum_over(rows, channel, [centre](auto x) { return (x - centre) * (x - centre); }) / count;
    const double factor = 1.0 / std::sqrt(variance + epsilon);
    mean(c) = static_cast<float>(centre);
    scale(c) = static_cast<float>(factor);
    running_mean(c) = moved(running_mean(c), momentum, centre);
    running_variance(c) = moved(running_variance(c), momentum, variance * count / (count - 1.0));
    lines[static_cast<std::size_t>(c)] = {mean(c), static_cast<float>(factor * weight(c)), bias(c)};
    normalise.channel_is_ready(c);
  });
  normalise.finish();
}

void impl::batch_norm_eval(ConstView in, ConstView weight, ConstView bias, ConstView running_mean,
                           ConstView running_variance, float epsilon, View out) {
  check_images("batch_norm_eval", in, out, epsilon);
  check_channels("batch_norm_eval", in, "weight", weight);
  check_channels("batch_norm_eval", in, "bias", bias);
  check_channels("batch_norm_eval", in, "running_mean", running_mean);
  check_channels("batch_norm_eval", in, "running_variance", running_variance);
  std::vector<Line> lines;
  for (std::int64_t c = 0; c < in.shape[1]; ++c)
    lines.push_back({running_mean(c),
                     static_cast<float>(weight(c) / std::sqrt(static_cast<double>(running_variance(c)) + epsilon)),
                     bias(c)});
  const auto normalise = channel_map<1>({in}, out, normaliser(lines.data()));
  for_each_channel(in, [&](std::int64_t c) { normalise.channel_is_ready(c); });
  normalise.finish();
}
