// Wrong: E[x^2] - E[x]^2 takes one walk, and the difference of two large numbers loses their digits.
#include <cmath>
#include <vector>

#include "kiln/kernels/data.hpp"

using namespace kiln;

namespace {

/// The place of an element in row-major order, and its channel.
struct Place {
  std::int64_t offset = 0;
  std::size_t channel = 0;
};

Place place(const Shape& shape, const Strides& strides, std::int64_t number) {
  Place result;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    const std::int64_t index = number % shape[d];
    number /= shape[d];
    result.offset += index * strides[d];
    if (d == 1) result.channel = static_cast<std::size_t>(index);
  }
  return result;
}

void check(const ConstView& images, std::size_t means, std::size_t deviations) {
  KILN_REQUIRE("images are (count, channels, ...)", images.rank() >= 2);
  KILN_REQUIRE("one mean a channel", static_cast<std::int64_t>(means) == images.shape[1]);
  KILN_REQUIRE("one deviation a channel", static_cast<std::int64_t>(deviations) == images.shape[1]);
}

}  // namespace

void impl::channel_statistics(ConstView images, std::span<double> mean, std::span<double> deviation) {
  check(images, mean.size(), deviation.size());
  if (images.shape[1] > 0) KILN_REQUIRE("a channel has elements", images.size() > 0);
  const double count = static_cast<double>(images.size()) / static_cast<double>(images.shape[1]);
  for (double& each : mean) each = 0;
  for (double& each : deviation) each = 0;
  for (std::int64_t i = 0; i < images.size(); ++i) {
    const Place at = place(images.shape, images.strides, i);
    mean[at.channel] += images.data[at.offset];
  }
  for (double& each : mean) each /= count;
  for (std::int64_t i = 0; i < images.size(); ++i) {
    const Place at = place(images.shape, images.strides, i);
    const double off = images.data[at.offset];
    deviation[at.channel] += off * off;
  }
  for (std::size_t c = 0; c < mean.size(); ++c)
    deviation[c] = std::sqrt(std::fmax(0.0, deviation[c] / count - mean[c] * mean[c]));
}

void impl::normalise(ConstView in, std::span<const double> mean, std::span<const double> deviation, View out) {
  check(in, mean.size(), deviation.size());
  KILN_REQUIRE("shapes", in.shape == out.shape);
  for (const double each : deviation) KILN_REQUIRE("a deviation is at least 0", each >= 0.0);
  for (std::int64_t i = 0; i < in.size(); ++i) {
    const Place from = place(in.shape, in.strides, i), to = place(out.shape, out.strides, i);
    const double of = deviation[from.channel], scale = of == 0 ? 1 : 1 / of;
    out.data[to.offset] = static_cast<float>((in.data[from.offset] - mean[from.channel]) * scale);
  }
}
