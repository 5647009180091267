// Wrong: momentum is the share of the old value.
#include <cmath>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

namespace {

/// The element of channel c with that number, in row-major order.
template <class T>
T& at(const BasicView<T>& images, std::int64_t c, std::int64_t number) {
  std::int64_t offset = c * images.strides[1];
  for (int d = images.rank() - 1; d >= 0; --d) {
    if (d == 1) continue;
    offset += number % images.shape[d] * images.strides[d];
    number /= images.shape[d];
  }
  return images.data[offset];
}

std::int64_t count_of(const ConstView& images) {
  std::int64_t count = 1;
  for (int d = 0; d < images.rank(); ++d) count *= d == 1 ? 1 : images.shape[d];
  return count;
}

void check_images(const ConstView& in, const ConstView& out, float epsilon) {
  KILN_REQUIRE("in has no batch and channels", in.rank() >= 2);
  KILN_REQUIRE("out has another shape", out.shape == in.shape);
  KILN_REQUIRE("epsilon is not positive", epsilon > 0.0f);
}
void check_channels(const ConstView& in, const ConstView& view) {
  KILN_REQUIRE("there is not one element a channel", view.shape == Shape{in.shape[1]});
}

}  // namespace

void impl::batch_norm_train(ConstView in, ConstView weight, ConstView bias, float momentum, float epsilon,
                            View running_mean, View running_variance, View out, View mean, View scale) {
  check_images(in, out, epsilon);
  for (const ConstView& view :
       {weight, bias, ConstView(running_mean), ConstView(running_variance), ConstView(mean), ConstView(scale)})
    check_channels(in, view);
  const std::int64_t count = count_of(in);
  KILN_REQUIRE("momentum is below 0", momentum >= 0.0f);
  KILN_REQUIRE("momentum is above 1", momentum <= 1.0f);
  KILN_REQUIRE("one element has no variance", count >= 2);
  const double n = static_cast<double>(count);
  for (std::int64_t c = 0; c < in.shape[1]; ++c) {
    double sum = 0, squares = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += at(in, c, i);
    const double centre = sum / n;
    for (std::int64_t i = 0; i < count; ++i) squares += (at(in, c, i) - centre) * (at(in, c, i) - centre);
    const double variance = squares / n, unbiased = squares / (n - 1);
    mean(c) = static_cast<float>(centre);
    scale(c) = static_cast<float>(1 / std::sqrt(variance + epsilon));
    for (std::int64_t i = 0; i < count; ++i) at(out, c, i) = (at(in, c, i) - mean(c)) * scale(c) * weight(c) + bias(c);
    running_mean(c) = static_cast<float>(momentum * running_mean(c) + (1.0 - momentum) * centre);
    running_variance(c) = static_cast<float>(momentum * running_variance(c) + (1.0 - momentum) * unbiased);
  }
}

void impl::batch_norm_eval(ConstView in, ConstView weight, ConstView bias, ConstView running_mean,
                           ConstView running_variance, float epsilon, View out) {
  check_images(in, out, epsilon);
  for (const ConstView& view : {weight, bias, running_mean, running_variance}) check_channels(in, view);
  for (std::int64_t c = 0; c < in.shape[1]; ++c) {
    const float root = std::sqrt(running_variance(c) + epsilon);
    for (std::int64_t i = 0; i < count_of(in); ++i)
      at(out, c, i) = (at(in, c, i) - running_mean(c)) * weight(c) / root + bias(c);
  }
}
