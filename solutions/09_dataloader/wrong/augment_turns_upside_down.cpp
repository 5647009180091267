// Wrong: exchanges top and bottom.
#include <vector>

#include "kiln/kernels/data.hpp"
#include "kiln/random.hpp"

using namespace kiln;

namespace {

void check(const ConstView& in, const View& out) {
  KILN_REQUIRE("an image is (channels, height, width)", in.rank() == 3);
  KILN_REQUIRE("the shapes differ", in.shape == out.shape);
}

/// The image's element, or the zero around it.
float padded(const ConstView& in, std::int64_t c, std::int64_t y, std::int64_t x) {
  if (y < 0 || y >= in.shape[1] || x < 0 || x >= in.shape[2]) return 0;
  return in(c, y, x);
}

template <class T>
BasicView<T> image(const BasicView<T>& batch, std::int64_t i) {
  BasicView<T> one{batch.data + i * batch.strides[0], {}, {}};
  for (int d = 1; d < 4; ++d) {
    one.shape.push_back(batch.shape[d]);
    one.strides.push_back(batch.strides[d]);
  }
  return one;
}

}  // namespace

void impl::flip_image(ConstView in, View out) {
  check(in, out);
  const std::int64_t height = in.shape[1], width = in.shape[2];
  for (std::int64_t c = 0; c < in.shape[0]; ++c)
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) out(c, y, x) = in(c, height - 1 - y, x);
}

void impl::crop_image(ConstView in, std::int64_t padding, std::int64_t top, std::int64_t left, View out) {
  check(in, out);
  KILN_REQUIRE("padding", padding >= 0);
  KILN_REQUIRE("top", top >= 0);
  KILN_REQUIRE("left", left >= 0);
  KILN_REQUIRE("top", top <= 2 * padding);
  KILN_REQUIRE("left", left <= 2 * padding);
  for (std::int64_t c = 0; c < in.shape[0]; ++c)
    for (std::int64_t y = 0; y < in.shape[1]; ++y)
      for (std::int64_t x = 0; x < in.shape[2]; ++x)
        out(c, y, x) = padded(in, c, y + top - padding, x + left - padding);
}

void impl::augment(ConstView in, AugmentOptions options, std::span<const std::uint64_t> seeds, View out) {
  KILN_REQUIRE("a batch is (batch, channels, height, width)", in.rank() == 4);
  KILN_REQUIRE("the shapes differ", in.shape == out.shape);
  KILN_REQUIRE("seeds", static_cast<std::int64_t>(seeds.size()) == in.shape[0]);
  KILN_REQUIRE("padding", options.padding >= 0);
  KILN_REQUIRE("probability", options.flip_probability >= 0.0f);
  KILN_REQUIRE("probability", options.flip_probability <= 1.0f);
  const auto places = static_cast<std::uint64_t>(2 * options.padding + 1);
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    Random random(seeds[i]);
    const auto top = static_cast<std::int64_t>(random.below(places));
    const auto left = static_cast<std::int64_t>(random.below(places));
    const bool flip = random.uniform() < options.flip_probability;
    const ConstView from = image(in, static_cast<std::int64_t>(i));
    const View to = image(out, static_cast<std::int64_t>(i));
    crop_image(from, options.padding, top, left, to);
    if (!flip) continue;
    std::vector<float> kept(static_cast<std::size_t>(to.size()));
    const std::int64_t height = to.shape[1], width = to.shape[2];
    const View copy{kept.data(), to.shape, {height * width, width, 1}};
    flip_image(to, copy);
    crop_image(copy, 0, 0, 0, to);
  }
}
