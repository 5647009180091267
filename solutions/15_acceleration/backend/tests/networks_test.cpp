// The networks of the earlier modules, and a small residual one, on every backend by set_backend and nothing else:
// losses and gradients are the reference's but for rounding.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "kiln/random.hpp"
#include "nn/nn.hpp"
#include "on_every_backend.hpp"

namespace kiln::nn {
namespace {

/// relu(in + norm(conv(relu(norm(conv(in)))))): He et al., "Deep residual learning for image recognition", 2016.
class Residual : public Layer {
 public:
  Residual(std::int64_t channels, std::uint64_t seed)
      : body_(Conv2d(channels, channels, 3, seed, {.padding = 1}), BatchNorm(channels), Relu(),
              Conv2d(channels, channels, 3, seed + 1, {.padding = 1}), BatchNorm(channels)) {}
  Variable forward(const Variable& in) override { return relu(in + body_(in)); }
  std::vector<Parameter> parameters() const override { return body_.parameters(); }

 private:
  Sequential body_;
};

/// A loss and the gradients of all parameters, one behind the other, after one step of AdamW.
struct Trained {
  double loss = 0;
  std::vector<float> gradients, weights;
};

template <class MakeModel>
Trained train(MakeModel make_model, const Shape& shape) {
  Sequential model = make_model();
  AdamW optimizer(model.parameters(), {.weight_decay = 0.01f});
  Random random(3);
  std::vector<std::int32_t> labels(static_cast<std::size_t>(shape[0]));
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int32_t>(i * 7 % 10);
  Trained result;
  for (int step = 0; step < 2; ++step) {
    optimizer.zero_grad();
    Variable loss = cross_entropy(model(Tensor::normal(shape, random)), labels);
    loss.backward();
    result.loss = loss.item();
    result.gradients.clear();
    for (const Parameter& parameter : model.parameters()) {
      const auto gradient = parameter.gradient().flat();
      result.gradients.insert(result.gradients.end(), gradient.begin(), gradient.end());
    }
    // Of small steps, so that what Adam divides by does not make much of little.
    if (step == 0) optimizer.step();
  }
  return result;
}

double length(const std::vector<float>& values) {
  return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0));
}

/// A sum of n products errs by about sqrt(n) eps of what is added. Batch normalisation divides by small deviations and
/// makes more of that; 2e-4 of a gradient's length leaves room for some twenty kernels one behind the other.
constexpr double kTolerance = 2e-4;

template <class MakeModel>
void agrees(MakeModel make_model, const Shape& shape) {
  const Restored restored;
  set_backend("reference");
  const Trained expected = train(make_model, shape);
  ASSERT_GT(length(expected.gradients), 0);
  for (const std::string& backend : other_backends()) {
    SCOPED_TRACE(backend);
    set_backend(backend);
    const Trained found = train(make_model, shape);
    EXPECT_NEAR(found.loss, expected.loss, kTolerance * expected.loss);
    ASSERT_EQ(found.gradients.size(), expected.gradients.size());
    std::vector<float> difference(expected.gradients);
    for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= found.gradients[i];
    EXPECT_LT(length(difference), kTolerance * length(expected.gradients));
  }
}

TEST(Networks, MultilayerPerceptron) {
  agrees([] { return Sequential(Linear(784, 256, 1), Relu(), Linear(256, 128, 2), Gelu(), Linear(128, 10, 3)); },
         {64, 784});
}

TEST(Networks, ConvolutionalNetwork) {
  agrees(
      [] {
        return Sequential(Conv2d(1, 16, 3, 1, {.padding = 1}), BatchNorm(16), Relu(), MaxPool2d(2),
                          Conv2d(16, 32, 3, 2, {.padding = 1}), Relu(), MaxPool2d(2), Flatten(), Linear(7 * 7 * 32, 10, 3));
      },
      {16, 1, 28, 28});
}

TEST(Networks, ResidualNetwork) {
  agrees(
      [] {
        return Sequential(Conv2d(3, 32, 3, 1, {.padding = 1}), BatchNorm(32), Relu(), Residual(32, 2), Residual(32, 4),
                          AveragePool2d(4), Flatten(), Linear(4 * 4 * 32, 10, 6));
      },
      {8, 3, 16, 16});
}

}  // namespace
}  // namespace kiln::nn
