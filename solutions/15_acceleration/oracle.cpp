// The oracles of products and convolutions: the sums of the contract in double, one term at a time.
#include "oracle.hpp"

#include <cmath>

namespace kiln::oracle {
namespace {

/// expected += factor * a b.
void add_product(double factor, const Array64& a, const Array64& b, Expected& expected) {
  const std::int64_t m = a.shape[0], inner = a.shape[1], n = b.shape[1];
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t k = 0; k < inner; ++k) {
      const double left = factor * a.values[static_cast<std::size_t>(i * inner + k)];
      const double* right = b.values.data() + k * n;
      double* value = expected.value.values.data() + i * n;
      double* magnitude = expected.magnitude.values.data() + i * n;
      for (std::int64_t j = 0; j < n; ++j) {
        value[j] += left * right[j];
        magnitude[j] += std::abs(left * right[j]);
      }
    }
}

/// The same numbers under another shape.
Array64 reshaped(const Array64& array, const Shape& shape) {
  Array64 result(shape);
  result.values = array.values;
  return result;
}

/// Counts the places of a window from -padding on, a stride apart, until it no longer fits.
std::int64_t count_places(std::int64_t in, std::int64_t extent, std::int64_t stride, std::int64_t padding) {
  std::int64_t count = 0;
  for (std::int64_t start = -padding; start + extent <= in + padding; start += stride) ++count;
  return count;
}

/// Image n of a batch.
Array64 image_of(const Array64& batch, std::int64_t n) {
  Array64 image({batch.shape[1], batch.shape[2], batch.shape[3]});
  const std::int64_t size = image.shape.elements();
  for (std::int64_t i = 0; i < size; ++i)
    image.values[static_cast<std::size_t>(i)] = batch.values[static_cast<std::size_t>(n * size + i)];
  return image;
}

}  // namespace

std::int64_t block_for_cache(std::int64_t cache_bytes) {
  std::int64_t best = 32;
  for (std::int64_t block = 32; block <= 256; block *= 2)
    if (12 * block * block <= cache_bytes) best = block;
  return best;
}

Expected matmul(double alpha, const Array64& a, const Array64& b, double beta, const Array64& c) {
  const Shape shape{a.shape[0], b.shape[1]};
  Expected expected{Array64(shape), Array64(shape), static_cast<double>(a.shape[1]) + 3};
  for (std::size_t i = 0; beta != 0 && i < c.values.size(); ++i) {
    expected.value.values[i] = beta * c.values[i];
    expected.magnitude.values[i] = std::abs(beta * c.values[i]);
  }
  if (alpha != 0) add_product(alpha, a, b, expected);
  return expected;
}

Expected matmul(const Array64& a, const Array64& b) { return matmul(1, a, b, 0, Array64()); }

Expected im2col(const Array64& image, std::int64_t kernel_height, std::int64_t kernel_width,
                const Conv2dOptions& options) {
  const std::int64_t channels = image.shape[0], height = image.shape[1], width = image.shape[2];
  const std::int64_t out_height = count_places(height, kernel_height, options.stride_height, options.padding_height);
  const std::int64_t out_width = count_places(width, kernel_width, options.stride_width, options.padding_width);
  Array64 columns({channels * kernel_height * kernel_width, out_height * out_width});
  for (std::int64_t row = 0; row < columns.shape[0]; ++row)
    for (std::int64_t column = 0; column < columns.shape[1]; ++column) {
      const std::int64_t i = row / (kernel_height * kernel_width), tap = row % (kernel_height * kernel_width);
      const std::int64_t h = column / out_width * options.stride_height - options.padding_height + tap / kernel_width;
      const std::int64_t w = column % out_width * options.stride_width - options.padding_width + tap % kernel_width;
      if (h >= 0 && h < height && w >= 0 && w < width) columns(row, column) = image(i, h, w);
    }
  return testing::exact(columns);
}

Expected conv2d(const Array64& in, const Array64& weight, const Array64& bias, const Conv2dOptions& options) {
  const std::int64_t filters = weight.shape[0], taps = weight.shape[1] * weight.shape[2] * weight.shape[3];
  const Array64 flat = reshaped(weight, {filters, taps});
  const Shape shape{in.shape[0], filters,
                    count_places(in.shape[2], weight.shape[2], options.stride_height, options.padding_height),
                    count_places(in.shape[3], weight.shape[3], options.stride_width, options.padding_width)};
  const std::int64_t places = shape[2] * shape[3];
  Expected expected{Array64(shape), Array64(shape), static_cast<double>(taps) + 3};
  for (std::int64_t n = 0; n < in.shape[0]; ++n) {
    const Expected image = matmul(flat, im2col(image_of(in, n), weight.shape[2], weight.shape[3], options).value);
    for (std::int64_t o = 0; o < filters; ++o)
      for (std::int64_t p = 0; p < places; ++p) {
        const double start = bias.values.empty() ? 0 : bias(o);
        const auto at = static_cast<std::size_t>((n * filters + o) * places + p);
        expected.value.values[at] = start + image.value(o, p);
        expected.magnitude.values[at] = std::abs(start) + image.magnitude(o, p);
      }
  }
  return expected;
}

}  // namespace kiln::oracle
