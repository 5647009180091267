// What the milestones that classify images share: AdamW on a warm-up and a cosine, checkpoints, and the judgement on
// what was held out.
#pragma once

#include "data/dataset.hpp"
#include "milestone/milestone.hpp"
#include "nn/layers.hpp"

namespace kiln::milestone {

struct Recipe {
  int epochs = 10;  ///< where the call does not say
  std::int64_t batch_size = 32;
  float rate = 1e-3f;  ///< the highest
  float weight_decay = 1e-2f;
  double warmup = 0.1;         ///< of all steps
  std::int64_t padding = 0;    ///< for shifted images (AugmentOptions)
  float flip_probability = 0;  ///< for mirrored ones
  std::int64_t checkpoint_steps = 500;
};

/// Trains `model` on the split's first part as the recipe says and judges it on the other. `seed` of the options orders
/// the examples; the model is drawn from it by the caller.
Outcome train_classifier(nn::Layer& model, const data::Split& split, const Recipe& recipe, const Options& options,
                         const Progress& progress);

/// Seed number `index` of those that a model's layers need, all from the one of the call.
std::uint64_t layer_seed(const Options& options, std::uint64_t index);

}  // namespace kiln::milestone
