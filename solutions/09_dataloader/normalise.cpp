// normalise: each channel of the images gets mean 0 and deviation 1, by statistics that were taken beforehand.
// Contract: kiln/kernels/data.hpp. Lesson: modules/09_dataloader/README.md, step 5.
#include <cmath>
#include <string>

#include "kiln/kernels/data.hpp"

using namespace kiln;

// A plane is what one channel holds of one image: all dimensions behind the first two, one element where there is none.

// BEGIN SOLUTION
namespace {

void check(const char* kernel, const ConstView& images, std::size_t means, std::size_t deviations) {
  KILN_REQUIRE(std::string(kernel) + ": images are (count, channels, ...)", images.rank() >= 2);
  const auto channels = static_cast<std::size_t>(images.shape[1]);
  KILN_REQUIRE(std::string(kernel) + ": there is not one mean a channel", means == channels);
  KILN_REQUIRE(std::string(kernel) + ": there is not one deviation a channel", deviations == channels);
}

/// The first image's first plane.
template <class T>
BasicView<T> first_plane(const BasicView<T>& images) {
  BasicView<T> plane{images.data, {}, {}};
  for (int d = 2; d < images.rank(); ++d) {
    plane.shape.push_back(images.shape[d]);
    plane.strides.push_back(images.strides[d]);
  }
  return plane;
}

/// Calls body(offset in a, offset in b) for every row of two planes of one shape. A row is the last dimension.
template <class Body>
void for_each_row(const Shape& shape, const Strides& a, const Strides& b, Body body) {
  const int last = shape.rank() - 1;
  const std::int64_t rows = last >= 0 ? shape.elements() / shape[last] : 1;
  Shape index = Shape::filled(shape.rank(), 0);
  std::int64_t at_a = 0, at_b = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    body(at_a, at_b);
    for (int d = last - 1; d >= 0; --d) {
      at_a += a[d];
      at_b += b[d];
      if (++index[d] < shape[d]) break;
      at_a -= index[d] * a[d];
      at_b -= index[d] * b[d];
      index[d] = 0;
    }
  }
}

/// Sum of (x - shift)^power over one plane, power 1 or 2.
double sum_of_plane(const ConstView& plane, double shift, int power) {
  const int last = plane.rank() - 1;
  const std::int64_t columns = last >= 0 ? plane.shape[last] : 1, step = last >= 0 ? plane.strides[last] : 0;
  double sum = 0;
  for_each_row(plane.shape, plane.strides, plane.strides, [&](std::int64_t at, std::int64_t) {
    const float* row = plane.data + at;
    for (std::int64_t j = 0; j < columns; ++j) {
      const double x = row[j * step] - shift;
      sum += power == 1 ? x : x * x;
    }
  });
  return sum;
}

/// The mean of (x - shift[c])^power over channel c.
double mean_of_channel(const ConstView& images, std::int64_t channel, double shift, int power) {
  ConstView plane = first_plane(images);
  plane.data += channel * images.strides[1];
  const double elements = static_cast<double>(images.shape[0]) * static_cast<double>(plane.size());
  double sum = 0;
  for (std::int64_t n = 0; n < images.shape[0]; ++n, plane.data += images.strides[0])
    sum += sum_of_plane(plane, shift, power);
  return sum / elements;
}

/// Dense to dense: GCC turns this into vector code.
void scale_dense(const float* in, std::int64_t count, double mean, double scale, float* out) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<float>((in[i] - mean) * scale);
}

void scale_plane(const ConstView& in, double mean, double scale, const View& out) {
  if (in.is_contiguous() && out.is_contiguous()) return scale_dense(in.data, in.size(), mean, scale, out.data);
  // A plane without dimensions is dense, so there is a last one here.
  const int last = in.rank() - 1;
  const std::int64_t columns = in.shape[last], step_in = in.strides[last], step_out = out.strides[last];
  for_each_row(in.shape, in.strides, out.strides, [&](std::int64_t at_in, std::int64_t at_out) {
    for (std::int64_t j = 0; j < columns; ++j)
      out.data[at_out + j * step_out] = static_cast<float>((in.data[at_in + j * step_in] - mean) * scale);
  });
}

}  // namespace
// END SOLUTION

// Example: two images of one channel, (1, 3) and (5, 7): mean 4, deviation sqrt((9 + 1 + 1 + 9) / 4) = 2.236.
void impl::channel_statistics(ConstView images, std::span<double> mean, std::span<double> deviation) {
  // BEGIN SOLUTION
  check("channel_statistics", images, mean.size(), deviation.size());
  if (images.shape[1] == 0) return;
  KILN_REQUIRE("channel_statistics: nothing has no mean; the images are " + to_string(images.shape), images.size() > 0);
  // Take the deviations from the mean, in a second walk. The mean of squares less the squared mean takes one walk, and
  // loses twice the digits by which the mean is larger than the deviation.
  for (std::int64_t channel = 0; channel < images.shape[1]; ++channel) {
    const auto c = static_cast<std::size_t>(channel);
    mean[c] = mean_of_channel(images, channel, 0, 1);
    deviation[c] = std::sqrt(mean_of_channel(images, channel, mean[c], 2));
  }
  // END SOLUTION
}

// Example: those images become (-1.342, -0.447) and (0.447, 1.342).
void impl::normalise(ConstView in, std::span<const double> mean, std::span<const double> deviation, View out) {
  // BEGIN SOLUTION
  check("normalise", in, mean.size(), deviation.size());
  KILN_REQUIRE("normalise: the output's shape differs from the input's", out.shape == in.shape);
  // A deviation of NaN fails the comparison too.
  for (const double each : deviation) KILN_REQUIRE("normalise: a deviation is at least 0", each >= 0.0);
  if (in.size() == 0) return;

  for (std::int64_t n = 0; n < in.shape[0]; ++n) {
    for (std::int64_t channel = 0; channel < in.shape[1]; ++channel) {
      ConstView from = first_plane(in);
      View to = first_plane(out);
      from.data += n * in.strides[0] + channel * in.strides[1];
      to.data += n * out.strides[0] + channel * out.strides[1];
      // Divide once a plane, multiply an element. A channel that never changes has nothing to be divided by.
      const auto c = static_cast<std::size_t>(channel);
      scale_plane(from, mean[c], deviation[c] == 0 ? 1 : 1 / deviation[c], to);
    }
  }
  // END SOLUTION
}
