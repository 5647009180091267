// Trainer: shows a classifier its examples, epoch after epoch, and writes down how it went. A run may be stopped
// between any two steps and gone on with from its checkpoint: the result is the same, bit for bit, as without the
// pause.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "nn/checkpoint.hpp"
#include "nn/data_loader.hpp"
#include "nn/evaluation.hpp"

namespace kiln::nn {

/// What a step did, for whoever watches.
struct StepReport {
  std::int64_t epoch = 0, epochs = 0;   ///< counted from 1
  std::int64_t batch = 0, batches = 0;  ///< counted from 1
  std::int64_t step = 0;                ///< of the whole run, counted from 1
  double loss = 0;                      ///< mean over the epoch so far
};

/// What an epoch came to.
struct EpochReport {
  double loss = 0;                                                    ///< mean over the examples as they were shown
  double accuracy = 0;                                                ///< the same
  double gradient_norm = 0;                                           ///< the largest of a step, before clipping
  float learning_rate = 0;                                            ///< of the last step
  double validation_loss = std::numeric_limits<double>::quiet_NaN();  ///< NaN without validation data; and so accuracy
  double validation_accuracy = std::numeric_limits<double>::quiet_NaN();

  bool operator==(const EpochReport&) const = default;
};

struct TrainerOptions {
  std::int64_t epochs = 10;
  double max_norm = std::numeric_limits<double>::infinity();  ///< of the whole gradient; infinity: no clipping
  std::optional<ScheduleOptions> schedule;                    ///< over steps; without, the optimizer's own rate

  const data::Dataset* validation = nullptr;  ///< looked at after each epoch; it outlives the trainer
  std::int64_t patience = 0;  ///< epochs without a better validation loss until the run ends; 0: it never does. The
                              ///< best epoch's weights are kept then.

  std::filesystem::path checkpoint;   ///< written after each epoch and when the run is stopped; "": none is
  std::int64_t checkpoint_steps = 0;  ///< and every so many steps; 0: not

  std::function<void(const StepReport&)> on_step;
  std::function<void(const EpochReport&)> on_epoch;
  std::function<bool()> stop;  ///< asked after each step: true stops the run
};

enum class Ending {
  finished,  ///< all epochs
  early,     ///< patience ran out
  stopped,   ///< `stop` asked for it
};

class Trainer {
 public:
  /// Model, optimizer and loader outlive the trainer. Where the checkpoint's file exists the run goes on from it.
  /// Error(invalid_argument), with model and optimizer left as they are, where that file is damaged or of another
  /// network, optimizer or loader; where an option is out of range, or patience comes without validation data.
  Trainer(Layer& model, Optimizer& optimizer, DataLoader& loader, TrainerOptions options);

  /// Trains until the end of the run, or a stop. An error names step and epoch; where a loss or gradient is not finite
  /// it says in which layer that began, and the parameters and the checkpoint are those before that step.
  Ending fit();

  /// One an epoch that is over, those before a resume included.
  const std::vector<EpochReport>& history() const { return history_; }
  /// Whether it began from a checkpoint.
  bool resumed() const { return resumed_; }
  std::int64_t steps() const { return static_cast<std::int64_t>(step_); }

 private:
  /// Of the epoch that is under way.
  struct Sums {
    double loss = 0, largest_norm = 0;
    std::uint64_t correct = 0, examples = 0;
    float learning_rate = 0;  ///< of the last step
  };

  void train_batch(Batch& batch);
  void end_epoch();
  bool out_of_patience() const;
  [[noreturn]] void report_loss(const Variable& loss) const;
  [[noreturn]] void report_gradient() const;
  std::string place() const;

  State handles();
  void save();
  void resume(const Checkpoint& checkpoint);

  Layer& model_;
  Optimizer& optimizer_;
  DataLoader& loader_;
  TrainerOptions options_;
  bool resumed_ = false;

  std::uint64_t epoch_ = 0, batch_ = 0, step_ = 0;  ///< that are over
  Sums sums_;
  std::vector<EpochReport> history_;
  std::uint64_t best_epoch_ = 0;  ///< with the lowest validation loss so far
  std::vector<Tensor> best_;      ///< the model's state then, in state_of(model)'s order; empty without patience
};

}  // namespace kiln::nn
