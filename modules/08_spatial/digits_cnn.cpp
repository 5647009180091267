// digits-cnn: a convolutional network in the manner of LeNet (LeCun et al., 1998) that reads handwritten digits of
// 8 x 8 pixels.
#include "data/sets.hpp"
#include "milestone/classifier.hpp"
#include "nn/spatial.hpp"

namespace kiln::milestone {
namespace {

Outcome run(const Options& options, const Progress& progress) {
  const data::Split digits = data::normalised(data::digits());
  nn::Sequential model(nn::Conv2d(1, 16, 3, layer_seed(options, 0), {.padding = 1}),   // (batch, 16, 8, 8)
                       nn::BatchNorm(16),                                              //
                       nn::Relu(),                                                     //
                       nn::MaxPool2d(2),                                               // (batch, 16, 4, 4)
                       nn::Conv2d(16, 32, 3, layer_seed(options, 1), {.padding = 1}),  // (batch, 32, 4, 4)
                       nn::BatchNorm(32),                                              //
                       nn::Relu(),                                                     //
                       nn::Flatten(),                                                  // (batch, 512)
                       nn::Dropout(0.3f, layer_seed(options, 2)),                      //
                       nn::Linear(512, 10, layer_seed(options, 3)));                   // (batch, 10)
  return train_classifier(model, digits, {.epochs = 40, .batch_size = 32, .rate = 3e-3f}, options, progress);
}

}  // namespace

const Milestone& milestone() {
  static const Milestone digits_cnn{.name = "digits-cnn",
                                    .title = "Digits with a convolutional network (1998)",
                                    .goal = 0.97,
                                    .run = run,
                                    .keeps_checkpoints = true};
  return digits_cnn;
}

}  // namespace kiln::milestone
