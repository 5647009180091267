// The oracle of train_step moves parameters along the derivative, by central differences, of the loss that it reports;
// and crc32's oracle gives the check values that are published with it. No kernel takes part.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "oracle_of_checkpoint.hpp"
#include "oracle_of_train_step.hpp"
#include "testing/gradient.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

oracle::TrainStep network(const std::vector<std::int64_t>& sizes, std::int64_t batch, Random& random) {
  oracle::TrainStep from(ConstView{nullptr, {0}, {1}}, {}, 0, {}, {}, {});
  from.x = random_array64({batch, sizes[0]}, random);
  for (std::int64_t i = 0; i < batch; ++i)
    from.labels.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(sizes.back()))));
  for (std::size_t l = 1; l < sizes.size(); ++l) {
    from.parameters.push_back(random_array64({sizes[l], sizes[l - 1]}, random));
    from.parameters.push_back(random_array64({sizes[l]}, random));
  }
  for (std::size_t i = 0; i < from.parameters.size(); ++i) {
    from.velocities.emplace_back(Shape{0});
    from.tensor_of.push_back(i);
  }
  // A rate of 1, so that a parameter moves by its gradient.
  from.options.schedule = {.peak = 1, .last = 1, .warmup_steps = 0, .total_steps = 1};
  return from;
}

/// `from` with other parameters; tied ones share the first one's.
oracle::TrainStep with(const oracle::TrainStep& from, const std::vector<Array64>& parameters) {
  oracle::TrainStep changed = from;
  for (std::size_t i = 0; i < parameters.size(); ++i) changed.parameters[i] = parameters[from.tensor_of[i]];
  return changed;
}

void expect_steps_down(const oracle::TrainStep& from, const std::string& what) {
  const oracle::Trained to = oracle::train_step(with(from, from.parameters));
  const Function64 loss = [&](const std::vector<Array64>& parameters) {
    return Array64({}, oracle::train_step(with(from, parameters)).loss.value);
  };
  double squares = 0;
  for (std::size_t i = 0; i < from.parameters.size(); ++i) {
    if (from.tensor_of[i] != i) continue;
    Array64 gradient = with(from, from.parameters).parameters[i];
    for (std::size_t j = 0; j < gradient.values.size(); ++j) {
      gradient.values[j] -= to.parameters[i].value.values[j];
      squares += gradient.values[j] * gradient.values[j];
    }
    expect_gradient(what + ", by parameter " + std::to_string(i), loss, with(from, from.parameters).parameters, i,
                    Array64({}, 1), gradient);
  }
  EXPECT_NEAR(to.gradient_norm.value * to.gradient_norm.value, squares, 1e-12 * squares) << what;
}

TEST(oracle_of_train_step, gradients_are_derivatives) {
  Random random(1);
  expect_steps_down(network({3, 4}, 5, random), "one layer");
  expect_steps_down(network({3, 5, 4}, 6, random), "two layers");
  expect_steps_down(network({2, 6, 5, 3}, 4, random), "three layers");
  expect_steps_down(network({4, 1, 2}, 1, random), "one example");
}

TEST(oracle_of_train_step, gradients_of_tied_tensors) {
  Random random(20260108);
  oracle::TrainStep from = network({4, 4, 4, 3}, 5, random);
  from.tensor_of[2] = 0;
  expect_steps_down(from, "a weight at two layers");
  from.tensor_of[3] = 1;
  expect_steps_down(from, "a weight and a bias at two layers");
}

TEST(oracle_of_checkpoint, published_checks) {
  const auto check = [](const std::string& text) {
    return oracle::crc32(oracle::CheckpointWriter().raw(text).unsealed());
  };
  EXPECT_EQ(check(""), 0u);
  EXPECT_EQ(check("123456789"), 0xCBF43926u);
  EXPECT_EQ(check("The quick brown fox jumps over the lazy dog"), 0x414FA339u);
}

}  // namespace
