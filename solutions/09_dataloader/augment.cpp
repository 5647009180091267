// augment: more images out of the same ones, by mirrors and by windows cut a little beside the middle.
// Contract: kiln/kernels/data.hpp. Lesson: modules/09_dataloader/README.md, step 6.
#include <algorithm>
#include <string>

#include "kiln/kernels/data.hpp"
#include "kiln/random.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

void check_image(const char* kernel, const ConstView& in, const View& out) {
  KILN_REQUIRE(std::string(kernel) + ": an image is (channels, height, width)", in.rank() == 3);
  KILN_REQUIRE(std::string(kernel) + ": the output's shape differs from the input's", out.shape == in.shape);
}

/// The same image with left and right exchanged. `image` has elements.
template <class T>
BasicView<T> mirrored(BasicView<T> image) {
  image.data += (image.shape[2] - 1) * image.strides[2];
  image.strides[2] = -image.strides[2];
  return image;
}

template <class T>
BasicView<T> image_of(const BasicView<T>& batch, std::int64_t i) {
  return {batch.data + i * batch.strides[0],
          {batch.shape[1], batch.shape[2], batch.shape[3]},
          {batch.strides[1], batch.strides[2], batch.strides[3]}};
}

struct Row {
  std::int64_t step_in = 1, step_out = 1;

  void copy(const float* in, std::int64_t count, float* out) const {
    if (step_in == 1 && step_out == 1) std::copy_n(in, count, out);
    // A row of other steps: a mirror image has -1.
    else
      for (std::int64_t x = 0; x < count; ++x) out[x * step_out] = in[x * step_in];
  }
  void clear(std::int64_t begin, std::int64_t end, float* out) const {
    for (std::int64_t x = begin; x < end; ++x) out[x * step_out] = 0;
  }
};

/// out[c, y, x] = in[c, y + down, x + right], 0 outside.
void shift_image(const ConstView& in, std::int64_t down, std::int64_t right, const View& out) {
  const std::int64_t height = in.shape[1], width = in.shape[2];
  const Row row{in.strides[2], out.strides[2]};
  // Columns [first, end) of the output lie inside the image.
  const std::int64_t first = std::clamp<std::int64_t>(-right, 0, width);
  const std::int64_t end = std::clamp<std::int64_t>(width - right, first, width);
  for (std::int64_t c = 0; c < in.shape[0]; ++c) {
    for (std::int64_t y = 0; y < height; ++y) {
      float* to = out.data + c * out.strides[0] + y * out.strides[1];
      const bool inside = y + down >= 0 && y + down < height && first < end;
      if (!inside) {
        row.clear(0, width, to);
        continue;
      }
      const float* from = in.data + c * in.strides[0] + (y + down) * in.strides[1];
      row.clear(0, first, to);
      row.copy(from + (first + right) * row.step_in, end - first, to + first * row.step_out);
      row.clear(end, width, to);
    }
  }
}

}  // namespace
// END SOLUTION

// Example: a row (1, 2, 3) becomes (3, 2, 1).
void impl::flip_image(ConstView in, View out) {
  // BEGIN SOLUTION
  check_image("flip_image", in, out);
  // A mirror image read forwards is the image read backwards.
  if (in.size() > 0) shift_image(mirrored(in), 0, 0, out);
  // END SOLUTION
}

// Example: padding 1 puts a row (1, 2, 3) between zeros: (0, 1, 2, 3, 0). left 0 cuts (0, 1, 2), left 2 cuts (2, 3, 0).
void impl::crop_image(ConstView in, std::int64_t padding, std::int64_t top, std::int64_t left, View out) {
  // BEGIN SOLUTION
  check_image("crop_image", in, out);
  KILN_REQUIRE("crop_image: the padding is not negative", padding >= 0);
  KILN_REQUIRE("crop_image: the window's top lies in the padded image", top >= 0);
  KILN_REQUIRE("crop_image: the window's left lies in the padded image", left >= 0);
  KILN_REQUIRE("crop_image: the window's top is at most 2 * padding", top <= 2 * padding);
  KILN_REQUIRE("crop_image: the window's left is at most 2 * padding", left <= 2 * padding);
  shift_image(in, top - padding, left - padding, out);
  // END SOLUTION
}

// Example: padding 1, and of the seed's draws top = 1, left = 0, flip: a row (1, 2, 3) is cut to (0, 1, 2) and becomes
// (2, 1, 0).
void impl::augment(ConstView in, AugmentOptions options, std::span<const std::uint64_t> seeds, View out) {
  // BEGIN SOLUTION
  KILN_REQUIRE("augment: a batch is (batch, channels, height, width)", in.rank() == 4);
  KILN_REQUIRE("augment: the output's shape differs from the input's", out.shape == in.shape);
  KILN_REQUIRE("augment: there is not one seed an image", static_cast<std::int64_t>(seeds.size()) == in.shape[0]);
  KILN_REQUIRE("augment: the padding is not negative", options.padding >= 0);
  // A probability of NaN fails the comparison too.
  KILN_REQUIRE("augment: the flip's probability is at least 0", options.flip_probability >= 0.0f);
  KILN_REQUIRE("augment: the flip's probability is at most 1", options.flip_probability <= 1.0f);
  if (in.size() == 0) return;

  const std::uint64_t places = 2 * static_cast<std::uint64_t>(options.padding) + 1;
  for (std::int64_t i = 0; i < in.shape[0]; ++i) {
    // Draw all three, whatever is done with them: then one option does not change what another draws.
    Random random(seeds[static_cast<std::size_t>(i)]);
    const auto top = static_cast<std::int64_t>(random.below(places));
    const auto left = static_cast<std::int64_t>(random.below(places));
    const bool flip = random.uniform() < options.flip_probability;
    // Cut the window and write it from right to left: cropped, then flipped, in one walk.
    const View to = image_of(out, i);
    crop_image(image_of(in, i), options.padding, top, left, flip ? mirrored(to) : to);
  }
  // END SOLUTION
}
