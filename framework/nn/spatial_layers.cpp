// Conv2d, MaxPool2d, AveragePool2d and BatchNorm.
#include <utility>

#include "kiln/backend.hpp"
#include "nn/context.hpp"
#include "nn/spatial.hpp"

namespace kiln::nn {
namespace {

// The kernels refuse wrong options. There is no image yet: they are tried on one that a window just fills.

Conv2dOptions accepted(Conv2dOptions options, const Shape& weight) {
  const auto layer = [&] { return "Conv2d on a weight of " + to_string(weight); };
  return detail::with_context(layer, [&] {
    const int rank = weight.rank();
    KILN_REQUIRE("it has a wrong number of dimensions", rank == 4);
    const Shape image{1, weight[1], weight[2], weight[3]};
    kernels<SpatialSlots>().conv2d_shape(image, weight, options);
    return options;
  });
}

Pool2dOptions accepted(Pool2dOptions options, Variable (*pool)(const Variable&, Pool2dOptions)) {
  pool(Tensor({1, 1, options.height, options.width}), options);
  return options;
}

Pool2dOptions side_by_side(std::int64_t extent) {
  return {.height = extent, .width = extent, .stride_height = extent, .stride_width = extent};
}

BatchNormOptions accepted(BatchNormOptions options) {
  const float momentum = options.momentum, epsilon = options.epsilon;
  KILN_REQUIRE("BatchNorm: momentum lies outside [0, 1]", momentum >= 0);
  KILN_REQUIRE("BatchNorm: momentum lies outside [0, 1]", momentum <= 1);
  KILN_REQUIRE("BatchNorm: epsilon is not positive", epsilon > 0);
  return options;
}

}  // namespace

Conv2d::Conv2d(std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel, std::uint64_t seed,
               Conv2dLayerOptions options)
    : Conv2d(
          Parameter(detail::initial_weight({out_channels, in_channels, kernel, kernel}, seed, options.initialisation),
                    "weight"),
          options.bias ? std::optional<Parameter>(std::in_place, Tensor(Shape{out_channels}), "bias") : std::nullopt,
          {.stride_height = options.stride,
           .stride_width = options.stride,
           .padding_height = options.padding,
           .padding_width = options.padding}) {}

Conv2d::Conv2d(Parameter weight, std::optional<Parameter> bias, Conv2dOptions options)
    : weight_(std::move(weight)), bias_(std::move(bias)), options_(accepted(options, weight_.shape())) {}

Variable Conv2d::forward(const Variable& in) {
  return bias_ ? conv2d(in, weight_, *bias_, options_) : conv2d(in, weight_, options_);
}

std::vector<Parameter> Conv2d::parameters() const {
  return bias_ ? std::vector<Parameter>{weight_, *bias_} : std::vector<Parameter>{weight_};
}

MaxPool2d::MaxPool2d(Pool2dOptions options) : options_(accepted(options, max_pool2d)) {}
MaxPool2d::MaxPool2d(std::int64_t extent) : MaxPool2d(side_by_side(extent)) {}

AveragePool2d::AveragePool2d(Pool2dOptions options) : options_(accepted(options, average_pool2d)) {}
AveragePool2d::AveragePool2d(std::int64_t extent) : AveragePool2d(side_by_side(extent)) {}

BatchNorm::BatchNorm(std::int64_t channels, BatchNormOptions options)
    : options_(accepted(options)),
      weight_(Tensor::full({channels}, 1), "weight"),
      bias_(Tensor(Shape{channels}), "bias"),
      running_mean_(Shape{channels}),
      running_variance_(Tensor::full({channels}, 1)) {}

Variable BatchNorm::forward(const Variable& in) {
  if (training()) return batch_norm_train(in, weight_, bias_, options_, running_mean_, running_variance_);
  return batch_norm_eval(in, weight_, bias_, options_.epsilon, running_mean_, running_variance_);
}

State BatchNorm::state() {
  return {.tensors = {{"running_mean", running_mean_.data()}, {"running_variance", running_variance_.data()}}};
}

}  // namespace kiln::nn
