// What reaches the images, weights and biases of batch normalisation, and the bias of a convolution: sums over a
// channel, in blocks of floats that are taken together in double.
#include <string>

#include "channels.hpp"
#include "elementwise.hpp"
#include "kiln/kernels/spatial.hpp"
#include "loss_sums.hpp"

using namespace kiln;

namespace {

using impl::Gathered;
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

double sum_of(const ConstView& gradient) {
  return impl::sum_over(gradient, 0, gradient, 0, [](Vector g, Vector) { return g; });
}
/// grad_bias += the sum of each channel.
void add_sums(const ConstView& grad_out, const View& grad_bias) {
  impl::for_each_channel(grad_out, [&](std::int64_t c) {
    const Gathered<const float> gradient(impl::channel_of(grad_out, c), 0);
    grad_bias(c) += static_cast<float>(sum_of(gradient.view()));
  });
}
/// The sum of gradient * (in - mean).
double centred_sum(const ConstView& gradient, const ConstView& in, float mean) {
  const Vector centre(mean);
  return impl::sum_over(gradient, 0, in, 0, [=](Vector g, Vector x) { return g * (x - centre); });
}

}  // namespace

void impl::batch_norm_backward_in(ConstView grad_out, ConstView in, ConstView weight, ConstView mean, ConstView scale,
                                  View grad_in) {
  check_images("batch_norm_backward_in", grad_out, "in", in);
  check_images("batch_norm_backward_in", grad_out, "grad_in", grad_in);
  check_channels("batch_norm_backward_in", grad_out, "weight", weight);
  check_channels("batch_norm_backward_in", grad_out, "mean", mean);
  check_channels("batch_norm_backward_in", grad_out, "scale", scale);
  impl::for_each_channel(in, [&](std::int64_t c) {
    const Gathered<const float> of_out(channel_of(grad_out, c), 0), of_in(channel_of(in, c), 1);
    const Gathered<float> result(channel_of(grad_in, c), 2);
    const ConstView gradient = of_out.view(), channel = of_in.view();
    const View to = result.view();
    const double count = static_cast<double>(channel.size());
    // Both factors `scale` of the last term, that of normalised and that of the sum, go into its slope.
    const double squared = static_cast<double>(scale(c)) * scale(c);
    const Vector centre(mean(c)), factor(weight(c) * scale(c)), share(static_cast<float>(sum_of(gradient) / count)),
        slope(static_cast<float>(centred_sum(gradient, channel, mean(c)) * squared / count));
    map<3, 1>({gradient, channel, to}, {to},
              [=](const Vector* x, Vector* y) { y[0] = x[2] + factor * (x[0] - share - (x[1] - centre) * slope); });
    result.write_back();
  });
}

void impl::batch_norm_backward_weight(ConstView grad_out, ConstView in, ConstView mean, ConstView scale,
                                      View grad_weight) {
  check_images("batch_norm_backward_weight", grad_out, "in", in);
  check_channels("batch_norm_backward_weight", grad_out, "mean", mean);
  check_channels("batch_norm_backward_weight", grad_out, "scale", scale);
  check_channels("batch_norm_backward_weight", grad_out, "grad_weight", grad_weight);
  impl::for_each_channel(in, [&](std::int64_t c) {
    const Gathered<const float> gradient(channel_of(grad_out, c), 0), channel(channel_of(in, c), 1);
    const double sum = centred_sum(gradient.view(), channel.view(), mean(c));
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
