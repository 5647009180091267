// What several routes read of a case: tensors, and the options of optimisers and of windows.
#pragma once

#include "golden_case.hpp"
#include "kiln/kernels/optimizers.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/tensor.hpp"

namespace kiln::golden {

inline Tensor tensor_of(const Case& golden, const std::string& name) {
  const testing::Array64 values = golden.input(name);
  const std::vector<float> floats(values.values.begin(), values.values.end());
  return Tensor::from(values.shape, floats);
}

inline SgdOptions sgd_options(const Case& golden) {
  return {.learning_rate = static_cast<float>(golden.number("learning_rate")),
          .momentum = static_cast<float>(golden.number("momentum")),
          .weight_decay = static_cast<float>(golden.number("weight_decay")),
          .nesterov = golden.flag("nesterov")};
}

inline AdamOptions adam_options(const Case& golden) {
  return {.learning_rate = static_cast<float>(golden.number("learning_rate")),
          .beta1 = static_cast<float>(golden.number("beta1")),
          .beta2 = static_cast<float>(golden.number("beta2")),
          .epsilon = static_cast<float>(golden.number("epsilon")),
          .weight_decay = static_cast<float>(golden.number("weight_decay"))};
}

inline Conv2dOptions conv2d_options(const Case& golden) {
  const Shape stride = golden.shape("stride"), padding = golden.shape("padding");
  return {
      .stride_height = stride[0], .stride_width = stride[1], .padding_height = padding[0], .padding_width = padding[1]};
}

inline Pool2dOptions pool2d_options(const Case& golden) {
  const Shape extent = golden.shape("extent"), stride = golden.shape("stride"), padding = golden.shape("padding");
  return {.height = extent[0],
          .width = extent[1],
          .stride_height = stride[0],
          .stride_width = stride[1],
          .padding_height = padding[0],
          .padding_width = padding[1]};
}

}  // namespace kiln::golden
