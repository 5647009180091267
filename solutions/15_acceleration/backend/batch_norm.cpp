// batch_norm_train and batch_norm_eval, a channel at a time: between the three walks over it, it stays in a cache.
#include <cmath>
#include <string>

#include "channels.hpp"
#include "elementwise.hpp"
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

/// The sum of term(x) in double over all elements of a channel, in sums side by side that do not wait for each other.
template <class Term>
double sum_over(const ConstView& channel, Term term) {
  constexpr std::int64_t kSums = 32;
  double sums[kSums] = {}, sum = 0;
  impl::Walk<1> walk = impl::walk_of<1>(channel.shape, {channel.strides});
  walk.merge(0);
  std::int64_t columns = 1, step = 1;
  if (walk.rank > 0) {
    columns = walk.shape[--walk.rank];
    step = walk.at(walk.rank)[0];
  }
  walk.run(0, walk.indices(), [&](const impl::Offsets<1>& at) {
    impl::for_each_block(channel.data + at[0], step, columns, [&](const float* x, std::int64_t, std::int64_t n) {
      std::int64_t i = 0;
      for (; i + kSums <= n; i += kSums)
        for (std::int64_t k = 0; k < kSums; ++k) sums[k] += term(static_cast<double>(x[i + k]));
      for (; i < n; ++i) sum += term(static_cast<double>(x[i]));
    });
  });
  for (const double of_some : sums) sum += of_some;
  return sum;
}

/// out = (in - mean) * factor + bias. The mean is subtracted before anything is multiplied: what is left of two numbers
/// of nearly the same size keeps its digits.
void normalise(const ConstView& in, float mean, float factor, float bias, const View& out) {
  const Vector centre(mean), scale(factor), shift(bias);
  impl::map<1, 1>({in}, {out}, [=](const Vector* x, Vector* y) { y[0] = (x[0] - centre) * scale + shift; });
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
  for_each_channel(in, [&](std::int64_t c) {
    const Gathered<const float> gathered(channel_of(in, c), 0);
    const Gathered<float> result(channel_of(out, c), 1, Gathered<float>::overwrite);
    const ConstView channel = gathered.view();
    // Once for the mean, and once more for the squares around it: no digits cancel there.
    const double centre = sum_over(channel, [](double x) { return x; }) / count;
    const double variance = sum_over(channel, [centre](double x) { return (x - centre) * (x - centre); }) / count;
    const double factor = 1.0 / std::sqrt(variance + epsilon);
    mean(c) = static_cast<float>(centre);
    scale(c) = static_cast<float>(factor);
    running_mean(c) = moved(running_mean(c), momentum, centre);
    running_variance(c) = moved(running_variance(c), momentum, variance * count / (count - 1.0));
    normalise(channel, mean(c), static_cast<float>(factor * weight(c)), bias(c), result.view());
    result.write_back();
  });
}

void impl::batch_norm_eval(ConstView in, ConstView weight, ConstView bias, ConstView running_mean,
                           ConstView running_variance, float epsilon, View out) {
  check_images("batch_norm_eval", in, out, epsilon);
  check_channels("batch_norm_eval", in, "weight", weight);
  check_channels("batch_norm_eval", in, "bias", bias);
  check_channels("batch_norm_eval", in, "running_mean", running_mean);
  check_channels("batch_norm_eval", in, "running_variance", running_variance);
  if (in.size() == 0) return;
  const auto normalise_some = [&](const ConstView& from, std::int64_t c, const View& to) {
    const double factor = weight(c) / std::sqrt(static_cast<double>(running_variance(c)) + epsilon);
    normalise(from, running_mean(c), static_cast<float>(factor), bias(c), to);
  };
  const std::int64_t channels = in.shape[1], plane = in.size() / (in.shape[0] * channels);
  if (plane < kBlock)
    return for_each_channel(in, [&](std::int64_t c) {
      const Gathered<float> result(channel_of(out, c), 1, Gathered<float>::overwrite);
      normalise_some(Gathered<const float>(channel_of(in, c), 0).view(), c, result.view());
      result.write_back();
    });

  // Images that are large are walked in the order in which they lie in memory.
  parallel_for(0, in.shape[0] * channels, std::max<std::int64_t>(1, kPiece / plane),
               [&](std::int64_t first, std::int64_t last) {
                 for (std::int64_t i = first; i < last; ++i)
                   normalise_some(plane_of(in, i / channels, i % channels), i % channels,
                                  plane_of(out, i / channels, i % channels));
               });
}
