// Wrong: the output has a channel for each filter, not for each channel of the image.
#include "kiln/kernels/spatial.hpp"

using namespace kiln;

Shape impl::conv2d_shape(Shape in, Shape weight, Conv2dOptions options) {
  KILN_REQUIRE("conv2d_shape: in has four dimensions", in.rank() == 4);
  KILN_REQUIRE("conv2d_shape: weight has four dimensions", weight.rank() == 4);
  KILN_REQUIRE("conv2d_shape: the channels differ", in[1] == weight[1]);
  KILN_REQUIRE("conv2d_shape: kernel height", weight[2] > 0);
  KILN_REQUIRE("conv2d_shape: kernel width", weight[3] > 0);
  KILN_REQUIRE("conv2d_shape: stride of the height", options.stride_height > 0);
  KILN_REQUIRE("conv2d_shape: stride of the width", options.stride_width > 0);
  KILN_REQUIRE("conv2d_shape: padding of the height", options.padding_height > -1);
  KILN_REQUIRE("conv2d_shape: padding of the width", options.padding_width > -1);
  const std::int64_t height = in[2] + 2 * options.padding_height, width = in[3] + 2 * options.padding_width;
  KILN_REQUIRE("conv2d_shape: the image is too low", weight[2] <= height);
  KILN_REQUIRE("conv2d_shape: the image is too narrow", weight[3] <= width);
  return {in[0], in[1], (height - weight[2]) / options.stride_height + 1,
          (width - weight[3]) / options.stride_width + 1};
}

Shape impl::pool2d_shape(Shape in, Pool2dOptions options) {
  KILN_REQUIRE("pool2d_shape: in has four dimensions", in.rank() == 4);
  KILN_REQUIRE("pool2d_shape: height", options.height > 0);
  KILN_REQUIRE("pool2d_shape: width", options.width > 0);
  KILN_REQUIRE("pool2d_shape: stride of the height", options.stride_height > 0);
  KILN_REQUIRE("pool2d_shape: stride of the width", options.stride_width > 0);
  KILN_REQUIRE("pool2d_shape: padding of the height", options.padding_height > -1);
  KILN_REQUIRE("pool2d_shape: padding of the width", options.padding_width > -1);
  KILN_REQUIRE("pool2d_shape: too much padding of the height", 2 * options.padding_height <= options.height);
  KILN_REQUIRE("pool2d_shape: too much padding of the width", 2 * options.padding_width <= options.width);
  const std::int64_t height = in[2] + 2 * options.padding_height, width = in[3] + 2 * options.padding_width;
  KILN_REQUIRE("pool2d_shape: the image is too low", options.height <= height);
  KILN_REQUIRE("pool2d_shape: the image is too narrow", options.width <= width);
  return {in[0], in[1], (height - options.height) / options.stride_height + 1,
          (width - options.width) / options.stride_width + 1};
}
