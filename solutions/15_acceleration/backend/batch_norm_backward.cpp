// What reaches the images, weights and biases of batch normalisation, and the bias of a convolution: sums over a
// channel, in blocks of floats that are taken together in double.
#include <string>
#include <vector>

#include "channels.hpp"
#include "kiln/kernels/spatial.hpp"
#include "loss_sums.hpp"

using namespace kiln;

namespace {

using impl::Rows;
using impl::simd::Vector;

void check_images(const std::string& kernel, const ConstView& grad_out, const std::string& name,
                  const ConstView& view) {
  KILN_REQUIRE(kernel + ": grad_out has no batch and channels", grad_out.rank() >= 2);
  KILN_REQUIRE(kernel + ": " + name + " and grad_out differ in shape", view.shape == grad_out.shape);
}
void check_channels(const std::string& kernel, const ConstView& grad_out, const std::string& name,
                    const ConstView& view) {
  KILN_REQUIRE(kernel + ": " + name + " has not one element a channel", view.shape == Shape{grad_out.shape[1]});
}

/// The rows of each channel of two tensors.
Rows<2> rows_of(const ConstView& a, const ConstView& b) { return {a.shape, {a.strides, b.strides}, 0, 1}; }

double sum_of(const Rows<2>& rows, const float* gradient) {
  return impl::sum_rows(rows, gradient, 0, gradient, 0, [](Vector g, Vector) { return g; });
}
/// grad_bias += the sum of each channel.
void add_sums(const ConstView& grad_out, const View& grad_bias) {
  const Rows<2> rows = rows_of(grad_out, grad_out);
  impl::for_each_channel(grad_out, [&](std::int64_t c) {
    grad_bias(c) += static_cast<float>(sum_of(rows, grad_out.data + c * grad_out.strides[1]));
  });
}
/// The sum of gradient * (in - mean).
double centred_sum(const Rows<2>& rows, const float* gradient, const float* in, float mean) {
  const Vector centre(mean);
  return impl::sum_rows(rows, gradient, 0, in, 0, [=](Vector g, Vector x) { return g * (x - centre); });
}

}  // namespace

void impl::batch_norm_backward_in(ConstView grad_out, ConstView in, ConstView weight, ConstView mean, ConstView scale,
                                  View grad_in) {
  check_images("batch_norm_backward_in", grad_out, "in", in);
  check_images("batch_norm_backward_in", grad_out, "grad_in", grad_in);
  check_channels("batch_norm_backward_in", grad_out, "weight", weight);
  check_channels("batch_norm_backward_in", grad_out, "mean", mean);
  check_channels("batch_norm_backward_in", grad_out, "scale", scale);
  if (in.size() == 0) return;
  struct Slopes {
    float centre, factor, share, slope;
  };
  std::vector<Slopes> slopes(static_cast<std::size_t>(in.shape[1]));
  const auto add = channel_map<3>({grad_out, in, grad_in}, grad_in, [of = slopes.data()](std::int64_t c) {
    const Vector centre(of[c].centre), factor(of[c].factor), share(of[c].share), slope(of[c].slope);
    return [=](const Vector* x, Vector* y) { y[0] = x[2] + factor * (x[0] - share - (x[1] - centre) * slope); };
  });
  const Rows<2> rows = rows_of(grad_out, in);
  const double count = static_cast<double>(in.size() / in.shape[1]);
  for_each_channel(in, [&](std::int64_t c) {
    const float* const gradient = grad_out.data + c * grad_out.strides[1];
    // Both factors `scale` of the last term, that of normalised and that of the sum, go into its slope.
    const double squared = static_cast<double>(scale(c)) * scale(c);
    const double sum = sum_of(rows, gradient);
    const double centred = centred_sum(rows, gradient, in.data + c * in.strides[1], mean(c));
    slopes[static_cast<std::size_t>(c)] = {mean(c), weight(c) * scale(c), static_cast<float>(sum / count),
                                           static_cast<float>(centred * squared / count)};
    add.channel_is_ready(c);
  });
  add.finish();
}

void impl::batch_norm_backward_weight(ConstView grad_out, ConstView in, ConstView mean, ConstView scale,
                                      View grad_weight) {
  check_images("batch_norm_backward_weight", grad_out, "in", in);
  check_channels("batch_norm_backward_weight", grad_out, "mean", mean);
  check_channels("batch_norm_backward_weight", grad_out, "scale", scale);
  check_channels("batch_norm_backward_weight", grad_out, "grad_weight", grad_weight);
  const Rows<2> rows = rows_of(grad_out, in);
  for_each_channel(in, [&](std::int64_t c) {
    const double sum = centred_sum(rows, grad_out.data + c * grad_out.strides[1], in.data + c * in.strides[1], mean(c));
    grad_weight(c) += static_cast<float>(sum * scale(c));
  });
}

void impl::batch_norm_backward_bias(ConstView grad_out, View grad_bias) {
  KILN_REQUIRE("batch_norm_backward_bias: grad_out has no batch and channels", grad_out.rank() >= 2);
  check_channels("batch_norm_backward_bias", grad_out, "grad_bias", grad_bias);
  add_sums(grad_out, grad_bias);
}

void impl::conv2d_backward_bias(ConstView grad_out, View grad_bias) {
  KILN_REQUIRE("conv2d_backward_bias: grad_out is not (batch, channels, height, width)", grad_out.rank() == 4);
  KILN_REQUIRE("conv2d_backward_bias: grad_bias has not one element a channel",
               grad_bias.shape == Shape{grad_out.shape[1]});
  add_sums(grad_out, grad_bias);
}
