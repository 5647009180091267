// digits-mlp: a multilayer perceptron that reads handwritten digits of 8 x 8 pixels.
#include "data/sets.hpp"
#include "milestone/classifier.hpp"

namespace kiln::milestone {
namespace {

Outcome run(const Options& options, const Progress& progress) {
  const data::Split digits = data::normalised(data::digits());
  nn::Sequential model(nn::Flatten(),                                // (batch, 64)
                       nn::Linear(64, 128, layer_seed(options, 0)),  // (batch, 128)
                       nn::Relu(),                                   //
                       nn::Dropout(0.2f, layer_seed(options, 1)),    //
                       nn::Linear(128, 64, layer_seed(options, 2)),  // (batch, 64)
                       nn::Relu(),                                   //
                       nn::Linear(64, 10, layer_seed(options, 3)));  // (batch, 10)
  return train_classifier(model, digits, {.epochs = 30, .batch_size = 32, .rate = 3e-3f}, options, progress);
}

}  // namespace

const Milestone& milestone() {
  static const Milestone digits_mlp{.name = "digits-mlp",
                                    .title = "Digits with a multilayer perceptron: 64 pixels in, ten classes out",
                                    .goal = 0.95,
                                    .run = run,
                                    .keeps_checkpoints = true};
  return digits_mlp;
}

}  // namespace kiln::milestone
