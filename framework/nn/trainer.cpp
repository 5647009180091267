// The run: epochs, steps, and when to stop. What is kept between runs is in trainer_memory.cpp.
#include "nn/trainer.hpp"

#include <algorithm>
#include <cmath>

#include "kiln/backend.hpp"
#include "nn/context.hpp"

namespace kiln::nn {
namespace {

/// "3.Linear", "Parameter 3.weight", "the data": where a value stands, in words.
std::string words(const NonFinite& found, const std::vector<Parameter>& parameters) {
  const std::string what = to_string(found.value.shape) + ", element " + std::to_string(found.element);
  if (found.op != "leaf")
    return "first in " + (found.layer.empty() ? std::string("the loss") : "layer " + found.layer) +
           ", in the result of " + found.op + " " + what;
  for (const Parameter& parameter : parameters)
    if (parameter.data().data == found.value.data)
      return "its parameter " + parameter.name() + " " + what + " was so already";
  return "first in the examples " + what;
}

std::int64_t count_correct(const Variable& logits, std::span<const std::int32_t> labels) {
  std::vector<std::int32_t> predictions(labels.size());
  const TrainingSlots& training = kernels<TrainingSlots>();
  training.predicted_classes(logits.data(), predictions);
  return training.count_correct(predictions, labels, -1);
}

bool is_finite(ConstView view) {
  return std::ranges::all_of(std::span(view.data, static_cast<std::size_t>(view.size())),
                             [](float value) { return std::isfinite(value); });
}

}  // namespace

Ending Trainer::fit() {
  while (static_cast<std::int64_t>(epoch_) < options_.epochs && !out_of_patience()) {
    model_.train();
    auto batches = loader_.epoch(static_cast<std::int64_t>(epoch_), static_cast<std::int64_t>(batch_));
    while (Batch* batch = batches.next()) {
      detail::with_context([&] { return place(); }, [&] { train_batch(*batch); });
      ++batch_;
      ++step_;
      if (options_.on_step)
        options_.on_step({static_cast<std::int64_t>(epoch_ + 1), options_.epochs, static_cast<std::int64_t>(batch_),
                          loader_.batches(), steps(), sums_.loss / static_cast<double>(sums_.examples)});
      if (options_.stop && options_.stop()) {
        save();
        return Ending::stopped;
      }
      if (options_.checkpoint_steps > 0 && steps() % options_.checkpoint_steps == 0) save();
    }
    end_epoch();
    save();
  }
  if (!out_of_patience()) return Ending::finished;
  // Go back to the best epoch's weights.
  const State state = state_of(model_);
  for (std::size_t i = 0; i < best_.size(); ++i) std::ranges::copy(best_[i].flat(), state.tensors[i].view.data);
  return Ending::early;
}

void Trainer::train_batch(Batch& batch) {
  // Forward.
  optimizer_.zero_grad();
  const Variable logits = model_(Variable(std::move(batch.images)));
  Variable loss = cross_entropy(logits, batch.labels);
  if (!std::isfinite(loss.item())) report_loss(loss);
  const std::int64_t correct = count_correct(logits, batch.labels);

  // Backward.
  loss.backward();
  std::vector<View> gradients;
  for (Parameter parameter : optimizer_.parameters())
    if (parameter.has_gradient()) gradients.push_back(parameter.gradient());
  const TrainingSlots& training = kernels<TrainingSlots>();
  const double norm = training.clip_gradients(gradients, options_.max_norm);
  if (!std::isfinite(norm)) report_gradient();

  // Step.
  if (options_.schedule) optimizer_.set_learning_rate(training.learning_rate(steps(), *options_.schedule));
  optimizer_.step();
  const auto examples = batch.labels.size();
  sums_.loss += static_cast<double>(loss.item()) * static_cast<double>(examples);
  sums_.largest_norm = std::max(sums_.largest_norm, norm);
  sums_.correct += static_cast<std::uint64_t>(correct);
  sums_.examples += examples;
  sums_.learning_rate = optimizer_.learning_rate();
}

void Trainer::end_epoch() {
  const auto examples = static_cast<double>(sums_.examples);
  EpochReport report{.loss = sums_.loss / examples,
                     .accuracy = static_cast<double>(sums_.correct) / examples,
                     .gradient_norm = sums_.largest_norm,
                     .learning_rate = sums_.learning_rate};
  if (options_.validation != nullptr) {
    const Evaluation evaluation = evaluate(model_, *options_.validation);
    report.validation_loss = evaluation.loss;
    report.validation_accuracy = evaluation.accuracy();
  }
  history_.push_back(report);
  if (options_.patience > 0 &&
      (history_.size() == 1 || report.validation_loss < history_[best_epoch_].validation_loss)) {
    best_epoch_ = epoch_;
    best_.clear();
    for (const State::Floats& each : state_of(model_).tensors) best_.push_back(Tensor::copy_of(each.view));
  }
  ++epoch_;
  batch_ = 0;
  sums_ = {};
  if (options_.on_epoch) options_.on_epoch(report);
}

bool Trainer::out_of_patience() const {
  return options_.patience > 0 && static_cast<std::int64_t>(epoch_ - best_epoch_) > options_.patience;
}

std::string Trainer::place() const {
  return "step " + std::to_string(step_ + 1) + " (epoch " + std::to_string(epoch_ + 1) + ", batch " +
         std::to_string(batch_ + 1) + " of " + std::to_string(loader_.batches()) + ")";
}

void Trainer::report_loss(const Variable& loss) const {
  const std::optional<NonFinite> found = first_non_finite(loss);
  throw Error(ErrorKind::invalid_argument,
              "the loss is " + std::to_string(loss.item()) + ": " +
                  (found ? words(*found, model_.parameters()) : std::string("nothing before it was")) +
                  "; try a lower learning rate, or clip the gradients");
}

void Trainer::report_gradient() const {
  // Gradients flow backwards: of those that are not finite, the one nearest to the loss was first.
  std::string name = "no single gradient is";
  for (const Parameter& parameter : model_.parameters())
    if (parameter.has_gradient() && !is_finite(parameter.gradient()))
      name = "first in the gradient of " + parameter.name();
  throw Error(ErrorKind::invalid_argument, "the gradient is not finite: " + name + "; try a lower learning rate");
}

}  // namespace kiln::nn
