// im2col and conv2d_im2col: a convolution becomes a product of matrices, which is fast already.
// Contract: kiln/kernels/acceleration.hpp. Lesson: modules/15_acceleration/README.md, step 5.
#include <algorithm>
#include <memory>

#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

std::int64_t divide_up(std::int64_t value, std::int64_t by) { return value <= 0 ? 0 : (value + by - 1) / by; }

/// One row of pixels, of which a tap sees every `stride`th, from `start` on, which may lie outside.
struct Taps {
  const float* row;
  std::int64_t step, width, start, stride;
};

/// to[x * step] = what the tap sees at place x of `places`: 0, then pixels, then 0 again. Where it is which is known
/// before the row, so that no pixel asks whether it lies outside.
void copy_row(const Taps& taps, float* to, std::int64_t step, std::int64_t places) {
  const std::int64_t begin = std::min(places, divide_up(-taps.start, taps.stride));
  const std::int64_t end = std::clamp(divide_up(taps.width - taps.start, taps.stride), begin, places);
  for (std::int64_t x = 0; x < begin; ++x) to[x * step] = 0;
  if (taps.stride == 1 && taps.step == 1 && step == 1) {
    for (std::int64_t x = begin; x < end; ++x) to[x] = taps.row[taps.start + x];
  } else {
    for (std::int64_t x = begin; x < end; ++x) to[x * step] = taps.row[(taps.start + x * taps.stride) * taps.step];
  }
  for (std::int64_t x = end; x < places; ++x) to[x * step] = 0;
}

/// All columns of an image; every shape fits.
void fill_columns(const ConstView& image, const Shape& kernel, const Conv2dOptions& options, std::int64_t out_height,
                  std::int64_t out_width, const View& columns) {
  const std::int64_t step = columns.strides[1];
  float* row = columns.data;
  for (std::int64_t i = 0; i < image.shape[0]; ++i)
    for (std::int64_t r = 0; r < kernel[0]; ++r)
      for (std::int64_t s = 0; s < kernel[1]; ++s, row += columns.strides[0])
        for (std::int64_t y = 0; y < out_height; ++y) {
          const std::int64_t h = y * options.stride_height - options.padding_height + r;
          // A row of the padding is one without pixels.
          const bool inside = h >= 0 && h < image.shape[1] && image.shape[2] > 0;
          const Taps taps{inside ? image.data + i * image.strides[0] + h * image.strides[1] : nullptr, image.strides[2],
                          inside ? image.shape[2] : 0, s - options.padding_width, options.stride_width};
          copy_row(taps, row + y * out_width * step, step, out_width);
        }
}

/// How far neighbours lie apart where dimensions `first` and up are counted through as one; 0 where they have gaps.
template <class AnyView>
std::int64_t flat_step(const AnyView& view, int first) {
  std::int64_t step = 0, expected = 0;
  for (int d = view.rank() - 1; d >= first; --d) {
    if (view.shape[d] == 1) continue;
    if (step == 0)
      step = view.strides[d];
    else if (view.strides[d] != expected)
      return 0;
    expected = view.strides[d] * view.shape[d];
  }
  return step == 0 ? 1 : step;
}

std::unique_ptr<float[]> room_for(std::int64_t floats) {
  return std::unique_ptr<float[]>(new float[static_cast<std::size_t>(floats)]);
}

/// Calls body(at in the view, number) for every element of dimensions `first` to the last.
template <class AnyView, class Body>
void for_each_of_last_three(const AnyView& view, Body body) {
  std::int64_t number = 0;
  for (std::int64_t i = 0; i < view.shape[1]; ++i)
    for (std::int64_t r = 0; r < view.shape[2]; ++r)
      for (std::int64_t s = 0; s < view.shape[3]; ++s, ++number)
        body(i * view.strides[1] + r * view.strides[2] + s * view.strides[3], number);
}

/// The weights as a matrix of (out_channels, in_channels * height * width): themselves, or a copy in `room`.
ConstView weight_matrix(const ConstView& weight, std::unique_ptr<float[]>& room) {
  const std::int64_t filters = weight.shape[0], taps = weight.shape[1] * weight.shape[2] * weight.shape[3];
  if (const std::int64_t step = flat_step(weight, 1); step != 0)
    return {weight.data, {filters, taps}, {weight.strides[0], step}};
  room = room_for(filters * taps);
  for (std::int64_t o = 0; o < filters; ++o)
    for_each_of_last_three(weight, [&](std::int64_t at, std::int64_t number) {
      room[o * taps + number] = weight.data[o * weight.strides[0] + at];
    });
  return {room.get(), {filters, taps}, {taps, 1}};
}

/// Fills rows with their bias.
void fill_rows(const ConstView& bias, const View& rows) {
  for (std::int64_t o = 0; o < rows.shape[0]; ++o)
    for (std::int64_t p = 0; p < rows.shape[1]; ++p) rows(o, p) = bias(o);
}

/// One image: product = weight times columns, plus bias. `image` is (out_channels, out_height, out_width), with the
/// batch in front; where its pixels have gaps, the product goes to `room` first.
void convolve(const ConstView& weight, const ConstView& columns, const ConstView& bias, const View& image,
              std::unique_ptr<float[]>& room) {
  const std::int64_t filters = weight.shape[0], places = columns.shape[1];
  const std::int64_t step = flat_step(image, 2);
  View product{image.data, {filters, places}, {image.strides[1], step}};
  if (step == 0) {
    if (!room) room = room_for(filters * places);
    product = {room.get(), {filters, places}, {places, 1}};
  }
  if (bias.size() > 0) fill_rows(bias, product);
  kernels<AccelerationSlots>().matmul_packed(1, weight, columns, bias.size() > 0 ? 1 : 0, product);
  if (step == 0)
    for_each_of_last_three(image, [&](std::int64_t at, std::int64_t number) { image.data[at] = room[number]; });
}

}  // namespace
// END SOLUTION

// Example: image (3, 8, 8), kernel (3, 3), stride 1, padding 1 -> columns (27, 64), a column for each place.
void impl::im2col(ConstView image, std::int64_t kernel_height, std::int64_t kernel_width, Conv2dOptions options,
                  View columns) {
  // BEGIN SOLUTION
  KILN_REQUIRE("im2col: an image is (channels, height, width)", image.rank() == 3);
  // The shape of a convolution with one filter says how often the kernel fits, or that it does not.
  const Shape out = kernels<SpatialSlots>().conv2d_shape({1, image.shape[0], image.shape[1], image.shape[2]},
                                                         {1, image.shape[0], kernel_height, kernel_width}, options);
  KILN_REQUIRE("im2col: columns is (channels * kernel height * kernel width, places of the kernel)",
               (columns.shape == Shape{image.shape[0] * kernel_height * kernel_width, out[2] * out[3]}));
  KILN_REQUIRE("im2col: columns overlaps the image: write to other memory", overlap(columns, image) == false);
  fill_columns(image, {kernel_height, kernel_width}, options, out[2], out[3], columns);
  // END SOLUTION
}

// Example: in (32, 3, 8, 8), weight (16, 3, 3, 3), bias (16), stride 1, padding 1 -> out (32, 16, 8, 8): for each image
// (16, 27) times (27, 64).
void impl::conv2d_im2col(ConstView in, ConstView weight, ConstView bias, Conv2dOptions options, View out) {
  // BEGIN SOLUTION
  const Shape expected = kernels<SpatialSlots>().conv2d_shape(in.shape, weight.shape, options);
  KILN_REQUIRE("conv2d_im2col: out has the shape that conv2d_shape gives", out.shape == expected);
  KILN_REQUIRE("conv2d_im2col: bias is (out_channels) or (0), weight " + to_string(weight.shape) + ", bias " +
                   to_string(bias.shape),
               (bias.shape == Shape{weight.shape[0]} || bias.shape == Shape{0}));
  KILN_REQUIRE("conv2d_im2col: out overlaps an input: write to other memory",
               (overlap(out, in) || overlap(out, weight) || overlap(out, bias)) == false);
  if (out.size() == 0) return;
  std::unique_ptr<float[]> own_weight, own_product;
  const ConstView matrix = weight_matrix(weight, own_weight);
  const std::int64_t taps = matrix.shape[1], places = out.shape[2] * out.shape[3];
  const auto memory = room_for(taps * places);
  const View columns{memory.get(), {taps, places}, {places, 1}};
  for (std::int64_t n = 0; n < in.shape[0]; ++n) {
    const ConstView image{in.data + n * in.strides[0],
                          {in.shape[1], in.shape[2], in.shape[3]},
                          {in.strides[1], in.strides[2], in.strides[3]}};
    fill_columns(image, {weight.shape[2], weight.shape[3]}, options, out.shape[2], out.shape[3], columns);
    convolve(matrix, columns, bias, {out.data + n * out.strides[0], out.shape, out.strides}, own_product);
  }
  // END SOLUTION
}
