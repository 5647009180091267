// window_shape: how many places a window has on a padded image, for a convolution and for a pool.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, step 1.
#include <string>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// The number of places of one window along one dimension.
std::int64_t places(const std::string& kernel, const std::string& side, std::int64_t in, std::int64_t extent,
                    std::int64_t stride, std::int64_t padding) {
  KILN_REQUIRE(kernel + ": the window has a " + side, extent >= 1);
  KILN_REQUIRE(kernel + ": the window moves along the " + side, stride >= 1);
  KILN_REQUIRE(kernel + ": the " + side + "'s padding is not negative", padding >= 0);
  KILN_REQUIRE(kernel + ": the window's " + side + " fits into the padded image", extent <= in + 2 * padding);
  // The first place, and one more for each whole stride that is left behind it. Nothing here is negative, so that the
  // division rounds down.
  return (in + 2 * padding - extent) / stride + 1;
}

}  // namespace
// END SOLUTION

// Example: in (8, 3, 28, 28), weight (16, 3, 5, 5), stride 2, padding 1 -> (8, 16, 13, 13).
Shape impl::conv2d_shape(Shape in, Shape weight, Conv2dOptions options) {
  // BEGIN SOLUTION
  KILN_REQUIRE("conv2d_shape: in is (batch, channels, height, width), but " + to_string(in), in.rank() == 4);
  KILN_REQUIRE("conv2d_shape: weight is (out_channels, in_channels, height, width), but " + to_string(weight),
               weight.rank() == 4);
  KILN_REQUIRE("conv2d_shape: weight has in's channels, in " + to_string(in) + ", weight " + to_string(weight),
               weight[1] == in[1]);
  return {in[0], weight[0],
          places("conv2d_shape", "height", in[2], weight[2], options.stride_height, options.padding_height),
          places("conv2d_shape", "width", in[3], weight[3], options.stride_width, options.padding_width)};
  // END SOLUTION
}

// Example: in (8, 16, 28, 28), a window of (2, 2) with stride 2 -> (8, 16, 14, 14).
Shape impl::pool2d_shape(Shape in, Pool2dOptions options) {
  // BEGIN SOLUTION
  KILN_REQUIRE("pool2d_shape: in is (batch, channels, height, width), but " + to_string(in), in.rank() == 4);
  const Shape out{
      in[0], in[1],
      places("pool2d_shape", "height", in[2], options.height, options.stride_height, options.padding_height),
      places("pool2d_shape", "width", in[3], options.width, options.stride_width, options.padding_width)};
  // A wider padding would leave windows that see nothing of the image.
  KILN_REQUIRE("pool2d_shape: padding is at most half of the window's height",
               options.padding_height <= options.height / 2);
  KILN_REQUIRE("pool2d_shape: padding is at most half of the window's width",
               options.padding_width <= options.width / 2);
  return out;
  // END SOLUTION
}
