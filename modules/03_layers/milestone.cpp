// The perceptron (1958): two classes of points told apart by a hyperplane that is learned from mistakes alone.
// The data has a margin, so that Novikoff's theorem bounds how many mistakes there can be; see the lesson.
#include "milestone/milestone.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include "kiln/backend.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/random.hpp"
#include "kiln/tensor.hpp"

namespace kiln::milestone {
namespace {

constexpr std::int64_t kFeatures = 4, kTrainedOn = 300, kHeldOut = 200;
/// No example lies nearer to the plane between the classes; the plane passes the origin within kOffset.
constexpr float kMargin = 0.05f, kOffset = 0.3f;
/// Novikoff: with x' = (x, 1) and the plane u' = (u, -offset), |u| = 1, there are at most
/// max |x'|^2 |u'|^2 / margin^2 mistakes, 5 * 1.09 / 0.0025 = 2180 here. Each epoch but the last makes one.
constexpr int kEpochs = 2181;

/// The plane that the classes are drawn by, and that the perceptron never sees.
struct Plane {
  std::array<float, kFeatures> normal;
  float offset;

  explicit Plane(Random& random) {
    float squares = 0;
    for (float& component : normal) {
      component = random.normal();
      squares += component * component;
    }
    for (float& component : normal) component /= std::sqrt(squares);
    offset = random.uniform(-kOffset, kOffset);
  }
  float distance(const float* x) const { return std::inner_product(normal.begin(), normal.end(), x, -offset); }
};

struct Examples {
  Tensor x;  ///< (count, features), in [-1, 1)
  std::vector<float> labels;

  std::int64_t count() const { return x.shape()[0]; }
  /// Example i as a batch of one.
  ConstView batch(std::int64_t i) const { return {x.data().data + i * kFeatures, {1, kFeatures}, {kFeatures, 1}}; }
  float label(std::int64_t i) const { return labels[static_cast<std::size_t>(i)]; }
};

/// Points of the cube on both sides of the plane, the margin left out.
Examples draw_examples(Random& random, const Plane& plane, std::int64_t count) {
  Examples examples{Tensor({count, kFeatures}), {}};
  for (std::int64_t i = 0; i < count;) {
    float* x = examples.x.data().data + i * kFeatures;
    for (std::int64_t feature = 0; feature < kFeatures; ++feature) x[feature] = random.uniform(-1, 1);
    const float distance = plane.distance(x);
    if (std::abs(distance) < kMargin) continue;
    examples.labels.push_back(distance > 0 ? 1.0f : -1.0f);
    ++i;
  }
  return examples;
}

/// Weights of 0 at first: every example lies on the plane, and the first one is a mistake.
struct Perceptron {
  Tensor weight{Shape{1, kFeatures}}, bias{Shape{1}};

  /// weight . x + bias, from the layer that every later network uses too.
  float score(const Examples& examples, std::int64_t i) const {
    float score = 0;
    kernels<LayerSlots>().linear(examples.batch(i), weight, bias, View{&score, {1, 1}, {1, 1}});
    return score;
  }

  /// Whether example i was a mistake, of which was learned.
  bool learn(const Examples& examples, std::int64_t i) {
    const ConstView x{examples.batch(i).data, {kFeatures}, {1}};
    const View weights{weight.data().data, {kFeatures}, {1}}, scalar{bias.data().data, {}, {}};
    return kernels<LayerSlots>().perceptron_step(x, examples.label(i), 1.0f, weights, scalar);
  }
};

struct Epoch {
  int mistakes = 0;
  double loss = 0;  ///< the perceptron criterion, mean of max(0, -label * score), of each example as it was shown
};

Epoch train(Perceptron& perceptron, const Examples& examples, std::span<const std::int64_t> order) {
  Epoch epoch;
  for (std::int64_t i : order) {
    epoch.loss += std::max(0.0f, -examples.label(i) * perceptron.score(examples, i));
    if (perceptron.learn(examples, i)) ++epoch.mistakes;
  }
  epoch.loss /= static_cast<double>(order.size());
  return epoch;
}

/// Accuracy, and who was taken for whom.
void judge(const Perceptron& perceptron, const Examples& examples, Outcome& outcome) {
  outcome.classes = {"below", "above"};
  outcome.confusion.assign(4, 0);
  for (std::int64_t i = 0; i < examples.count(); ++i) {
    const int truth = examples.label(i) > 0 ? 1 : 0, said = perceptron.score(examples, i) > 0 ? 1 : 0;
    ++outcome.confusion[static_cast<std::size_t>(2 * truth + said)];
  }
  const std::int64_t right = outcome.confusion[0] + outcome.confusion[3];
  outcome.accuracy = static_cast<double>(right) / static_cast<double>(examples.count());
}

Outcome run(const Options& options, const Progress& progress) {
  // Each purpose has a stream of its own, so that more epochs leave the data as it is.
  const Random random(options.seed);
  Random data = random.fork(0), shuffles = random.fork(1);
  const Plane plane(data);
  const Examples training = draw_examples(data, plane, kTrainedOn), held_out = draw_examples(data, plane, kHeldOut);

  // Show all examples in a new order each epoch, until none is a mistake any more.
  Perceptron perceptron;
  Outcome outcome;
  std::array<std::int64_t, kTrainedOn> order;
  std::iota(order.begin(), order.end(), 0);
  const int epochs = options.epochs > 0 ? options.epochs : kEpochs;
  for (int number = 1; number <= epochs; ++number) {
    shuffles.shuffle(std::span<std::int64_t>(order));
    const Epoch epoch = train(perceptron, training, order);
    outcome.loss.push_back(epoch.loss);
    progress({number, epochs, 1, 1, epoch.loss});
    outcome.stopped = options.stop();
    if (epoch.mistakes == 0 || outcome.stopped) break;
  }
  judge(perceptron, held_out, outcome);
  outcome.trained_on = kTrainedOn;
  outcome.held_out = kHeldOut;
  return outcome;
}

}  // namespace

const Milestone& milestone() {
  static const Milestone perceptron{
      .name = "perceptron",
      .title = "The perceptron (1958): two classes told apart by a rule that learns from its mistakes",
      .goal = 0.95,
      .run = run};
  return perceptron;
}

}  // namespace kiln::milestone
