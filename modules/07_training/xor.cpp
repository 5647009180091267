// XOR (1969): two classes that no straight line separates, and a hidden layer that does. Minsky and Papert,
// "Perceptrons", 1969, showed what the perceptron of 1958 cannot learn; back-propagation (Rumelhart, Hinton and
// Williams, 1986) learns it. Here every step is the kernel train_step.
#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include "kiln/backend.hpp"
#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/data.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/training.hpp"
#include "kiln/random.hpp"
#include "kiln/tensor.hpp"
#include "milestone/milestone.hpp"

namespace kiln::milestone {
namespace {

constexpr std::int64_t kTrainedOn = 200, kHeldOut = 200, kBatch = 20, kHidden = 16, kClasses = 2;
constexpr std::int64_t kBatches = kTrainedOn / kBatch;
constexpr int kEpochs = 60;
/// Examples lie around (+-1, +-1), no further away than this in either direction: the classes do not touch.
constexpr float kSpread = 0.7f;

struct Examples {
  Tensor x;  ///< (count, 2)
  std::vector<std::int32_t> labels;
};

/// Class 1 where exactly one coordinate is positive.
Examples draw_examples(Random& random, std::int64_t count) {
  Examples examples{Tensor({count, 2}), {}};
  for (std::int64_t i = 0; i < count; ++i) {
    const bool right = random.below(2) == 1, up = random.below(2) == 1;
    examples.x.data()(i, 0) = (right ? 1.0f : -1.0f) + random.uniform(-kSpread, kSpread);
    examples.x.data()(i, 1) = (up ? 1.0f : -1.0f) + random.uniform(-kSpread, kSpread);
    examples.labels.push_back(right != up ? 1 : 0);
  }
  return examples;
}

/// 2 inputs, a hidden layer, 2 logits: the parameters in train_step's order, and their velocities.
struct Network {
  std::array<Tensor, 4> parameters{Tensor({kHidden, 2}), Tensor({kHidden}), Tensor({kClasses, kHidden}),
                                   Tensor({kClasses})};
  std::array<Tensor, 4> velocities = parameters;

  explicit Network(const Random& random) {
    kernels<LayerSlots>().kaiming_uniform(random.fork(0).next_u64(), parameters[0]);
    kernels<LayerSlots>().kaiming_uniform(random.fork(1).next_u64(), parameters[2]);
  }

  static std::vector<View> views(std::array<Tensor, 4>& tensors) { return {tensors.begin(), tensors.end()}; }

  Tensor logits(const Tensor& x) const {
    const std::int64_t count = x.shape()[0];
    Tensor hidden({count, kHidden}), logits({count, kClasses});
    kernels<LayerSlots>().linear(x, parameters[0], parameters[1], hidden);
    kernels<ActivationSlots>().relu(hidden, hidden);
    kernels<LayerSlots>().linear(hidden, parameters[2], parameters[3], logits);
    return logits;
  }
};

/// One epoch's mean loss, in an order drawn from `seed`.
double train_epoch(Network& network, const Examples& examples, std::uint64_t seed, std::int64_t first_step,
                   const TrainOptions& options) {
  std::vector<std::int64_t> order(kTrainedOn);
  std::iota(order.begin(), order.end(), 0);
  const DataSlots& data = kernels<DataSlots>();
  data.shuffle(seed, order);
  double loss = 0;
  for (std::int64_t number = 0; number < kBatches; ++number) {
    const std::span indices = std::span<const std::int64_t>(order).subspan(number * kBatch, kBatch);
    Tensor x({kBatch, 2});
    std::vector<std::int32_t> labels(kBatch);
    data.collate(examples.x, indices, x);
    data.collate_labels(examples.labels, indices, labels);
    const TrainResult result =
        kernels<TrainingSlots>().train_step(x, labels, first_step + number, options, Network::views(network.parameters),
                                            Network::views(network.velocities));
    loss += result.loss / kBatches;
  }
  return loss;
}

void judge(const Network& network, const Examples& held_out, Outcome& outcome) {
  const TrainingSlots& training = kernels<TrainingSlots>();
  std::vector<std::int32_t> predictions(kHeldOut);
  training.predicted_classes(network.logits(held_out.x), predictions);
  const auto correct = training.count_correct(predictions, held_out.labels, -1);
  outcome.accuracy = static_cast<double>(correct) / kHeldOut;
  outcome.classes = {"same signs", "one of each"};
  outcome.confusion.assign(kClasses * kClasses, 0);
  training.confusion_matrix(predictions, held_out.labels, -1, kClasses, outcome.confusion);
}

Outcome run(const Options& options, const Progress& progress) {
  // Each purpose has a stream of its own, so that more epochs leave the data as it is.
  const Random random(options.seed);
  Random data = random.fork(0);
  const Examples training = draw_examples(data, kTrainedOn), held_out = draw_examples(data, kHeldOut);
  Network network(random.fork(1));

  const int epochs = options.epochs > 0 ? options.epochs : kEpochs;
  TrainOptions step;
  step.sgd.momentum = 0.9f;
  step.schedule = {.peak = 0.05f, .warmup_steps = kBatches, .total_steps = epochs * kBatches};
  step.max_norm = 5;
  step.micro_batch = 8;
  Outcome outcome;
  for (int epoch = 0; epoch < epochs && !options.stop(); ++epoch) {
    const std::uint64_t seed = random.fork(2).fork(static_cast<std::uint64_t>(epoch)).next_u64();
    outcome.loss.push_back(train_epoch(network, training, seed, epoch * kBatches, step));
    progress({epoch + 1, epochs, kBatches, kBatches, outcome.loss.back()});
  }
  outcome.stopped = options.stop();
  outcome.trained_on = kTrainedOn;
  outcome.held_out = kHeldOut;
  judge(network, held_out, outcome);
  return outcome;
}

}  // namespace

const Milestone& milestone() {
  static const Milestone xor_problem{
      .name = "xor", .title = "XOR (1969): what one line cannot separate, a hidden layer can", .goal = 1.0, .run = run};
  return xor_problem;
}

}  // namespace kiln::milestone
