// Wrong: that is a convolution in the books of mathematics, and none here.
#include <vector>

#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

namespace {

void fill(const ConstView& image, std::int64_t kernel_height, std::int64_t kernel_width, const Conv2dOptions& options,
          std::int64_t out_width, const View& columns) {
  for (std::int64_t row = 0; row < columns.shape[0]; ++row)
    for (std::int64_t place = 0; place < columns.shape[1]; ++place) {
      const std::int64_t i = row / (kernel_height * kernel_width), tap = row % (kernel_height * kernel_width);
      const std::int64_t h = place / out_width * options.stride_height - options.padding_height + tap / kernel_width;
      const std::int64_t w = place % out_width * options.stride_width - options.padding_width + tap % kernel_width;
      const bool inside = h >= 0 && h < image.shape[1] && w >= 0 && w < image.shape[2];
      columns(row, place) = inside ? image(i, h, w) : 0;
    }
}

}  // namespace

void impl::im2col(ConstView image, std::int64_t kernel_height, std::int64_t kernel_width, Conv2dOptions options,
                  View columns) {
  KILN_REQUIRE("im2col: an image is (channels, height, width)", image.rank() == 3);
  const Shape out = kernels<SpatialSlots>().conv2d_shape({1, image.shape[0], image.shape[1], image.shape[2]},
                                                         {1, image.shape[0], kernel_height, kernel_width}, options);
  KILN_REQUIRE("im2col: the shape of columns",
               (columns.shape == Shape{image.shape[0] * kernel_height * kernel_width, out[2] * out[3]}));
  KILN_REQUIRE("im2col: columns overlaps the image", overlap(columns, image) == false);
  fill(image, kernel_height, kernel_width, options, out[3], columns);
}

void impl::conv2d_im2col(ConstView in, ConstView weight, ConstView bias, Conv2dOptions options, View out) {
  const Shape expected = kernels<SpatialSlots>().conv2d_shape(in.shape, weight.shape, options);
  KILN_REQUIRE("conv2d_im2col: the shape of out", out.shape == expected);
  KILN_REQUIRE("conv2d_im2col: the shape of bias", (bias.shape == Shape{weight.shape[0]} || bias.shape == Shape{0}));
  KILN_REQUIRE("conv2d_im2col: out overlaps an input",
               (overlap(out, in) || overlap(out, weight) || overlap(out, bias)) == false);
  if (out.size() == 0) return;
  const std::int64_t height = weight.shape[2], width = weight.shape[3];
  const std::int64_t taps = weight.shape[1] * height * width, places = out.shape[2] * out.shape[3];
  std::vector<float> memory(static_cast<std::size_t>(taps * places));
  for (std::int64_t n = 0; n < in.shape[0]; ++n) {
    const ConstView image{in.data + n * in.strides[0],
                          {in.shape[1], in.shape[2], in.shape[3]},
                          {in.strides[1], in.strides[2], in.strides[3]}};
    fill(image, height, width, options, out.shape[3], {memory.data(), {taps, places}, {places, 1}});
    for (std::int64_t o = 0; o < out.shape[1]; ++o)
      for (std::int64_t p = 0; p < places; ++p) {
        float sum = bias.size() > 0 ? bias(o) : 0;
        for (std::int64_t t = 0; t < taps; ++t)
          sum += weight(o, t / (height * width), height - 1 - t / width % height, width - 1 - t % width) *
                 memory[static_cast<std::size_t>(t * places + p)];
        out(n, o, p / out.shape[3], p % out.shape[3]) = sum;
      }
  }
}
