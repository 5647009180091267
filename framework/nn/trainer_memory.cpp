// What a run remembers, as a checkpoint, and how it goes on from one.
#include <array>
#include <bit>
#include <cmath>

#include "nn/context.hpp"
#include "nn/trainer.hpp"

namespace kiln::nn {
namespace {

std::string epoch_name(std::size_t epoch) { return "history." + std::to_string(epoch) + "."; }

struct HistoryField {
  const char* name;
  double EpochReport::*value;
};
constexpr std::array kHistory{HistoryField{"loss", &EpochReport::loss},
                              HistoryField{"accuracy", &EpochReport::accuracy},
                              HistoryField{"gradient_norm", &EpochReport::gradient_norm},
                              HistoryField{"validation_loss", &EpochReport::validation_loss},
                              HistoryField{"validation_accuracy", &EpochReport::validation_accuracy}};

double number_as_double(const Checkpoint& checkpoint, const std::string& name) {
  return std::bit_cast<double>(number(checkpoint, name));
}

/// What the order of the examples depends on.
std::vector<CheckpointNumber> loader_numbers(const DataLoader& loader) {
  return {{"loader.examples", static_cast<std::uint64_t>(loader.examples())},
          {"loader.batch_size", static_cast<std::uint64_t>(loader.options().batch_size)},
          {"loader.drop_last", loader.options().drop_last ? 1u : 0u},
          {"loader.shuffle", loader.options().shuffle ? 1u : 0u},
          {"loader.seed", loader.options().seed},
          {"loader.padding", static_cast<std::uint64_t>(loader.options().augment.padding)},
          {"loader.flip_probability", std::bit_cast<std::uint32_t>(loader.options().augment.flip_probability)}};
}

}  // namespace

Trainer::Trainer(Layer& model, Optimizer& optimizer, DataLoader& loader, TrainerOptions options)
    : model_(model), optimizer_(optimizer), loader_(loader), options_(std::move(options)) {
  KILN_REQUIRE("Trainer: epochs is negative", options_.epochs >= 0);
  KILN_REQUIRE("Trainer: checkpoint_steps is negative", options_.checkpoint_steps >= 0);
  KILN_REQUIRE("Trainer: patience is negative", options_.patience >= 0);
  KILN_REQUIRE("Trainer: max_norm is not above 0", options_.max_norm > 0);
  KILN_REQUIRE("Trainer: patience needs validation data", (options_.patience == 0 || options_.validation != nullptr));
  if (!options_.checkpoint.empty() && std::filesystem::exists(options_.checkpoint)) {
    const Checkpoint checkpoint = load_checkpoint(options_.checkpoint);
    detail::with_context([&] { return options_.checkpoint.string(); }, [&] { resume(checkpoint); });
    resumed_ = true;
  }
}

State Trainer::handles() {
  State state = state_of(model_, optimizer_);
  state.numbers.push_back({"trainer.epoch", &epoch_});
  state.numbers.push_back({"trainer.batch", &batch_});
  state.numbers.push_back({"trainer.step", &step_});
  state.numbers.push_back({"trainer.best_epoch", &best_epoch_});
  state.numbers.push_back({"trainer.correct", &sums_.correct});
  state.numbers.push_back({"trainer.examples", &sums_.examples});
  for (std::size_t i = 0; i < best_.size(); ++i) state.tensors.push_back({"best." + std::to_string(i), best_[i]});
  return state;
}

void Trainer::save() {
  if (options_.checkpoint.empty()) return;
  Checkpoint checkpoint = take(handles());
  const auto put = [&](std::string name, double value) {
    checkpoint.numbers.push_back({std::move(name), std::bit_cast<std::uint64_t>(value)});
  };
  put("trainer.loss", sums_.loss);
  put("trainer.largest_norm", sums_.largest_norm);
  put("trainer.learning_rate", static_cast<double>(sums_.learning_rate));
  for (std::size_t epoch = 0; epoch < history_.size(); ++epoch) {
    for (const HistoryField& field : kHistory) put(epoch_name(epoch) + field.name, history_[epoch].*field.value);
    put(epoch_name(epoch) + "learning_rate", static_cast<double>(history_[epoch].learning_rate));
  }
  for (CheckpointNumber& each : loader_numbers(loader_)) checkpoint.numbers.push_back(std::move(each));
  save_checkpoint(options_.checkpoint, checkpoint);
}

void Trainer::resume(const Checkpoint& checkpoint) {
  for (const CheckpointNumber& wanted : loader_numbers(loader_)) {
    const std::uint64_t found = number(checkpoint, wanted.name);
    KILN_REQUIRE("checkpoint: it is of another run: its " + wanted.name + " differs", found == wanted.value);
  }
  // Read all that may be missing before anything changes.
  Sums sums;
  sums.loss = number_as_double(checkpoint, "trainer.loss");
  sums.largest_norm = number_as_double(checkpoint, "trainer.largest_norm");
  sums.learning_rate = static_cast<float>(number_as_double(checkpoint, "trainer.learning_rate"));
  std::vector<EpochReport> history(static_cast<std::size_t>(number(checkpoint, "trainer.epoch")) <=
                                           checkpoint.numbers.size()
                                       ? static_cast<std::size_t>(number(checkpoint, "trainer.epoch"))
                                       : 0);
  for (std::size_t epoch = 0; epoch < history.size(); ++epoch) {
    for (const HistoryField& field : kHistory)
      history[epoch].*field.value = number_as_double(checkpoint, epoch_name(epoch) + field.name);
    history[epoch].learning_rate =
        static_cast<float>(number_as_double(checkpoint, epoch_name(epoch) + "learning_rate"));
  }
  std::vector<Tensor> best;
  if (options_.patience > 0 && !history.empty())
    for (const State::Floats& each : state_of(model_).tensors) best.emplace_back(each.view.shape);

  best_.swap(best);
  try {
    restore(checkpoint, handles());
  } catch (...) {
    best_.swap(best);
    throw;
  }
  sums_.loss = sums.loss;
  sums_.largest_norm = sums.largest_norm;
  sums_.learning_rate = sums.learning_rate;
  history_ = std::move(history);
}

}  // namespace kiln::nn
