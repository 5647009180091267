// Batch by batch through the model; the counting is done by kernels.
#include "nn/evaluation.hpp"

#include <algorithm>
#include <span>

#include "kiln/backend.hpp"
#include "kiln/kernels/data.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/kernels/training.hpp"

namespace kiln::nn {
namespace {

/// No label: every example counts.
constexpr std::int32_t kNone = -1;

/// Puts a model into evaluation and back.
class InEvaluation {
 public:
  explicit InEvaluation(Layer& model) : model_(model), before_(model.training()) { model_.eval(); }
  ~InEvaluation() { model_.train(before_); }
  InEvaluation(const InEvaluation&) = delete;
  InEvaluation& operator=(const InEvaluation&) = delete;

 private:
  Layer& model_;
  bool before_;
};

}  // namespace

Evaluation evaluate(Layer& model, const data::Dataset& examples, std::int64_t batch_size) {
  const std::int64_t count = examples.images.shape()[0];
  KILN_REQUIRE("evaluate: there is no example", count >= 1);
  const InEvaluation mode(model);
  const NoGrad no_grad;
  const TrainingSlots& training = kernels<TrainingSlots>();
  const DataSlots& data = kernels<DataSlots>();

  Evaluation result;
  result.examples = count;
  result.classes = examples.classes;
  result.confusion.assign(static_cast<std::size_t>(result.classes * result.classes), 0);
  double loss = 0;
  const std::int64_t batches = data.batch_count(count, batch_size, false);
  for (std::int64_t number = 0; number < batches; ++number) {
    const BatchRange range = data.batch_range(count, batch_size, number);
    const ConstView part = slice(examples.images.data(), 0, range.begin, range.end);
    const auto rows = static_cast<std::size_t>(range.end - range.begin);
    const std::span labels = std::span(examples.labels).subspan(static_cast<std::size_t>(range.begin), rows);
    Tensor images(part.shape);
    kernels<TensorSlots>().copy(part, images);
    const Variable logits = model(Variable(std::move(images)));
    loss += static_cast<double>(cross_entropy(logits, labels).item()) * static_cast<double>(rows);

    std::vector<std::int32_t> predictions(rows);
    training.predicted_classes(logits.data(), predictions);
    result.correct += training.count_correct(predictions, labels, kNone);
    training.confusion_matrix(predictions, labels, kNone, result.classes, result.confusion);
  }
  result.loss = loss / static_cast<double>(count);
  return result;
}

}  // namespace kiln::nn
