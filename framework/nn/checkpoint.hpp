// Checkpoints: a run's memory as one file that is whole or not there. The bytes are those of the kernels
// encode_checkpoint and decode_checkpoint (kiln/kernels/training.hpp).
#pragma once

#include <filesystem>

#include "kiln/kernels/training.hpp"
#include "nn/layers.hpp"
#include "nn/optimizers.hpp"

namespace kiln::nn {

/// Handles to a model's parameters and state, "model." before their names.
State state_of(Layer& model);
/// The same and the optimizer's, "optimizer." before their names.
State state_of(Layer& model, Optimizer& optimizer);

/// A copy of what the handles lead to.
Checkpoint take(const State& state);
/// Writes a checkpoint's values to where the handles lead; what it holds beside them is left alone.
/// Error(invalid_argument), with nothing written, where it lacks one, or a shape differs: it is of another network.
void restore(const Checkpoint& checkpoint, const State& state);

/// The value of a number. Error(invalid_argument) where there is none of that name.
std::uint64_t number(const Checkpoint& checkpoint, const std::string& name);

/// Error(invalid_argument) where the file cannot be written; what stood there before stays then.
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);
/// Error(invalid_argument), naming the file, where it cannot be read, or is damaged.
Checkpoint load_checkpoint(const std::filesystem::path& path);

}  // namespace kiln::nn
