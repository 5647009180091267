// Images in networks: convolution, pooling and batch normalisation, as operations and as layers.
// Shapes, options and rules are those of the kernels (kiln/kernels/spatial.hpp): an image is (batch, channels, height,
// width). As in nn/ops.hpp results are new tensors, and Error(invalid_argument) names the operation and the shapes.
// Theory: modules/08_spatial/README.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kiln/kernels/spatial.hpp"
#include "nn/layers.hpp"

namespace kiln::nn {

// ---- operations

/// in (batch, in_channels, height, width), weight (out_channels, in_channels, kernel height, kernel width) and bias
/// (out_channels) give (batch, out_channels, out height, out width).
Variable conv2d(const Variable& in, const Variable& weight, const Variable& bias, Conv2dOptions options = {});
Variable conv2d(const Variable& in, const Variable& weight, Conv2dOptions options = {});

/// The gradient goes to each window's winner, the first of equals.
Variable max_pool2d(const Variable& in, Pool2dOptions options = {});
Variable average_pool2d(const Variable& in, Pool2dOptions options = {});

struct BatchNormOptions {
  float momentum = 0.1f;  ///< how far a step moves the running statistics; 1 forgets all before it
  float epsilon = 1e-5f;
};

/// In training: normalises each channel of in (batch, channels, ...) by the batch's own mean and variance, through
/// which gradients flow, and moves the running statistics, which stay outside of the graph.
Variable batch_norm_train(const Variable& in, const Variable& weight, const Variable& bias, BatchNormOptions options,
                          View running_mean, View running_variance);
/// In evaluation: by the running statistics as they are now; to gradients they are constants.
Variable batch_norm_eval(const Variable& in, const Variable& weight, const Variable& bias, float epsilon,
                         ConstView running_mean, ConstView running_variance);

// ---- layers

struct Conv2dLayerOptions {
  std::int64_t stride = 1, padding = 0;
  bool bias = true;
  Initialisation initialisation = Initialisation::kaiming_uniform;
};

class Conv2d : public Layer {
 public:
  /// Square windows. Parameters "weight" (out_channels, in_channels, kernel, kernel), drawn from `seed`, and "bias"
  /// (out_channels). Error(invalid_argument) where the kernel or the stride is below 1, or the padding below 0.
  Conv2d(std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel, std::uint64_t seed,
         Conv2dLayerOptions options = {});
  /// On given parameters: windows of any shape, or a weight tied to another layer's.
  explicit Conv2d(Parameter weight, std::optional<Parameter> bias = std::nullopt, Conv2dOptions options = {});

  Variable forward(const Variable& in) override;
  std::string name() const override { return "Conv2d"; }
  std::vector<Parameter> parameters() const override;

  const Parameter& weight() const { return weight_; }

 private:
  Parameter weight_;
  std::optional<Parameter> bias_;
  Conv2dOptions options_;
};

/// The largest element of each window.
class MaxPool2d : public Layer {
 public:
  /// Error(invalid_argument) where an extent or a stride is below 1, or a padding lies outside [0, extent / 2].
  explicit MaxPool2d(Pool2dOptions options = {});
  /// Square windows side by side.
  explicit MaxPool2d(std::int64_t extent);
  Variable forward(const Variable& in) override { return max_pool2d(in, options_); }
  std::string name() const override { return "MaxPool2d"; }

 private:
  Pool2dOptions options_;
};

/// The mean of each window, made and refused as MaxPool2d.
class AveragePool2d : public Layer {
 public:
  explicit AveragePool2d(Pool2dOptions options = {});
  explicit AveragePool2d(std::int64_t extent);
  Variable forward(const Variable& in) override { return average_pool2d(in, options_); }
  std::string name() const override { return "AveragePool2d"; }

 private:
  Pool2dOptions options_;
};

/// (batch, channels, ...), images or rows of features, each channel normalised: by the batch in training, by the
/// running statistics in evaluation.
class BatchNorm : public Layer {
 public:
  /// Parameters "weight" and "bias" (channels), ones and zeros; state "running_mean" and "running_variance" (channels),
  /// zeros and ones. Error(invalid_argument) where momentum lies outside [0, 1], or epsilon is not positive.
  explicit BatchNorm(std::int64_t channels, BatchNormOptions options = {});

  Variable forward(const Variable& in) override;
  std::string name() const override { return "BatchNorm"; }
  std::vector<Parameter> parameters() const override { return {weight_, bias_}; }
  State state() override;

 private:
  BatchNormOptions options_;
  Parameter weight_, bias_;
  Tensor running_mean_, running_variance_;
};

}  // namespace kiln::nn
