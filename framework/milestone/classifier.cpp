// A Trainer, its options, and an Outcome from its history.
#include "milestone/classifier.hpp"

#include <cmath>

#include "kiln/random.hpp"
#include "nn/trainer.hpp"

namespace kiln::milestone {
namespace {

nn::TrainerOptions trainer_options(const Recipe& recipe, const Options& options, std::int64_t batches,
                                   const Progress& progress) {
  nn::TrainerOptions trainer;
  trainer.epochs = options.epochs > 0 ? options.epochs : recipe.epochs;
  const std::int64_t steps = trainer.epochs * batches;
  trainer.schedule = ScheduleOptions{
      .peak = recipe.rate,
      .warmup_steps = static_cast<std::int64_t>(std::llround(recipe.warmup * static_cast<double>(steps))),
      .total_steps = steps};
  trainer.checkpoint = options.checkpoint;
  trainer.checkpoint_steps = recipe.checkpoint_steps;
  trainer.stop = options.stop;
  trainer.on_step = [&progress](const nn::StepReport& report) {
    progress({report.epoch, report.epochs, report.batch, report.batches, report.loss});
  };
  return trainer;
}

}  // namespace

Outcome train_classifier(nn::Layer& model, const data::Split& split, const Recipe& recipe, const Options& options,
                         const Progress& progress) {
  nn::DataLoader loader(
      split.training,
      {.batch_size = recipe.batch_size, .seed = options.seed, .augment = {recipe.padding, recipe.flip_probability}});
  nn::AdamW optimizer(model.parameters(), {.weight_decay = recipe.weight_decay});
  nn::Trainer trainer(model, optimizer, loader, trainer_options(recipe, options, loader.batches(), progress));

  Outcome outcome;
  outcome.resumed = trainer.resumed();
  outcome.stopped = trainer.fit() == nn::Ending::stopped;
  for (const nn::EpochReport& epoch : trainer.history()) outcome.loss.push_back(epoch.loss);
  outcome.trained_on = split.training.size();
  outcome.held_out = split.held_out.size();
  if (outcome.stopped) return outcome;
  const nn::Evaluation evaluation = nn::evaluate(model, split.held_out);
  outcome.accuracy = evaluation.accuracy();
  outcome.confusion = evaluation.confusion;
  outcome.classes = split.held_out.class_names;
  if (outcome.classes.empty())
    for (std::int64_t i = 0; i < evaluation.classes; ++i) outcome.classes.push_back(std::to_string(i));
  return outcome;
}

std::uint64_t layer_seed(const Options& options, std::uint64_t index) {
  return Random(options.seed).fork(index).next_u64();
}

}  // namespace kiln::milestone
