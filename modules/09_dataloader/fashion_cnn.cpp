// fashion-cnn: a convolutional network that tells pictures of clothes apart, 28 x 28 pixels each, 60,000 to learn from.
// On clear kernels it takes minutes: the reason for the course's third part.
#include "data/sets.hpp"
#include "milestone/classifier.hpp"
#include "nn/spatial.hpp"

namespace kiln::milestone {
namespace {

Outcome run(const Options& options, const Progress& progress) {
  const data::Split fashion = data::normalised(data::fashion_mnist());
  nn::Sequential model(nn::Conv2d(1, 16, 3, layer_seed(options, 0), {.padding = 1}),   // (batch, 16, 28, 28)
                       nn::BatchNorm(16),                                              //
                       nn::Relu(),                                                     //
                       nn::MaxPool2d(2),                                               // (batch, 16, 14, 14)
                       nn::Conv2d(16, 32, 3, layer_seed(options, 1), {.padding = 1}),  // (batch, 32, 14, 14)
                       nn::BatchNorm(32),                                              //
                       nn::Relu(),                                                     //
                       nn::MaxPool2d(2),                                               // (batch, 32, 7, 7)
                       nn::Flatten(),                                                  // (batch, 1568)
                       nn::Dropout(0.25f, layer_seed(options, 2)),                     //
                       nn::Linear(1568, 10, layer_seed(options, 3)));                  // (batch, 10)
  return train_classifier(model, fashion, {.epochs = 4, .batch_size = 64, .rate = 3e-3f}, options, progress);
}

}  // namespace

const Milestone& milestone() {
  static const Milestone fashion_cnn{.name = "fashion-cnn",
                                     .title = "Fashion-MNIST with a convolutional network",
                                     .goal = 0.90,
                                     .run = run,
                                     .keeps_checkpoints = true};
  return fashion_cnn;
}

}  // namespace kiln::milestone
