// Wrong: the gradient of bias is a sum, not a mean.
#include "kiln/kernels/spatial.hpp"

using namespace kiln;

namespace {

/// The element of channel c with that number, in row-major order.
template <class T>
T& at(const BasicView<T>& images, std::int64_t c, std::int64_t number) {
  std::int64_t offset = c * images.strides[1];
  for (int d = images.rank() - 1; d >= 0; --d) {
    if (d == 1) continue;
    offset += number % images.shape[d] * images.strides[d];
    number /= images.shape[d];
  }
  return images.data[offset];
}

std::int64_t count_of(const ConstView& images) {
  std::int64_t count = 1;
  for (int d = 0; d < images.rank(); ++d) count *= d == 1 ? 1 : images.shape[d];
  return count;
}

void check_images(const ConstView& grad_out, const ConstView& view) {
  KILN_REQUIRE("grad_out has no batch and channels", grad_out.rank() >= 2);
  KILN_REQUIRE("the images differ in shape", view.shape == grad_out.shape);
}
void check_channels(const ConstView& grad_out, const ConstView& view) {
  KILN_REQUIRE("there is not one element a channel", view.shape == Shape{grad_out.shape[1]});
}

double sum_of(ConstView grad_out, std::int64_t c) {
  double sum = 0;
  for (std::int64_t i = 0; i < count_of(grad_out); ++i) sum += at(grad_out, c, i);
  return sum;
}
double sum_of_products(ConstView grad_out, ConstView in, float mean, float scale, std::int64_t c) {
  double sum = 0;
  for (std::int64_t i = 0; i < count_of(in); ++i) sum += at(grad_out, c, i) * ((at(in, c, i) - mean) * scale);
  return sum;
}

}  // namespace

void impl::batch_norm_backward_in(ConstView grad_out, ConstView in, ConstView weight, ConstView mean, ConstView scale,
                                  View grad_in) {
  check_images(grad_out, in);
  check_images(grad_out, grad_in);
  for (const ConstView& view : {weight, mean, scale}) check_channels(grad_out, view);
  const std::int64_t count = count_of(in);
  for (std::int64_t c = 0; c < in.shape[1]; ++c) {
    const float share = static_cast<float>(sum_of(grad_out, c) / static_cast<double>(count));
    const float slope =
        static_cast<float>(sum_of_products(grad_out, in, mean(c), scale(c), c) / static_cast<double>(count));
    for (std::int64_t i = 0; i < count; ++i) {
      const float normalised = (at(in, c, i) - mean(c)) * scale(c);
      at(grad_in, c, i) += weight(c) * scale(c) * (at(grad_out, c, i) - share - normalised * slope);
    }
  }
}

void impl::batch_norm_backward_weight(ConstView grad_out, ConstView in, ConstView mean, ConstView scale,
                                      View grad_weight) {
  check_images(grad_out, in);
  for (const ConstView& view : {mean, scale, ConstView(grad_weight)}) check_channels(grad_out, view);
  for (std::int64_t c = 0; c < in.shape[1]; ++c)
    grad_weight(c) += static_cast<float>(sum_of_products(grad_out, in, mean(c), scale(c), c));
}

void impl::batch_norm_backward_bias(ConstView grad_out, View grad_bias) {
  check_images(grad_out, grad_out);
  check_channels(grad_out, grad_bias);
  for (std::int64_t c = 0; c < grad_out.shape[1]; ++c)
    grad_bias(c) += static_cast<float>(sum_of(grad_out, c) / static_cast<double>(count_of(grad_out)));
}
