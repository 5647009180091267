// DataLoader: the batches of an epoch, in an order drawn anew each epoch, loaded ahead by a thread of its own.
// Everything random depends on (seed, epoch, number of the example) alone: an epoch begun at batch b gives bit for bit
// what the whole epoch gives from b on, prefetched or not. Composed of the kernels of module 09.
//   nn::DataLoader loader(split.training, {.batch_size = 64});
//   for (std::int64_t epoch = 0; epoch < 10; ++epoch) {
//     auto batches = loader.epoch(epoch);
//     while (const nn::Batch* batch = batches.next()) step(batch->images, batch->labels);
//   }
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/dataset.hpp"
#include "kiln/kernels/data.hpp"

namespace kiln::nn {

namespace detail {
struct LoaderPlan;
class BatchStream;
}  // namespace detail

/// Where examples come from: a data set, or what else can be asked for examples by number.
class Source {
 public:
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  virtual std::int64_t size() const = 0;
  /// Of one example, at most five dimensions; (channels, height, width) where batches are augmented.
  virtual Shape example_shape() const = 0;
  /// Writes the examples of these numbers, images (numbers.size(), ...). Called by the loading thread of each epoch
  /// that is under way: by one thread only, if there is one epoch at a time.
  virtual void load(std::span<const std::int64_t> numbers, View images, std::span<std::int32_t> labels) const = 0;

 protected:
  Source() = default;
};

struct LoaderOptions {
  std::int64_t batch_size = 32;
  bool shuffle = true;     ///< else the examples come in their own order, each epoch
  bool drop_last = false;  ///< leaves out the last batch where it is short
  std::uint64_t seed = 1;
  std::int64_t prefetch = 2;  ///< batches in memory at a time, the user's among them; 0: loaded by next() itself
  AugmentOptions augment = {};
};

struct Batch {
  Tensor images;                     ///< (batch, ...)
  std::vector<std::int32_t> labels;  ///< (batch)
  std::int64_t number = 0;           ///< in its epoch, from 0 on
};

class DataLoader {
 public:
  class Epoch;

  /// Over a data set, which has to outlive the loader's epochs. Error(invalid_argument) where the set is empty or not
  /// in order (data::check), batch_size is below 1 or more than there are examples, prefetch is negative, or the kernel
  /// augment refuses its options.
  explicit DataLoader(const data::Dataset& set, LoaderOptions options = {});
  explicit DataLoader(data::Dataset&&, LoaderOptions = {}) = delete;
  explicit DataLoader(std::shared_ptr<const Source> source, LoaderOptions options = {});

  /// Epoch `number` from batch `first_batch` on; first_batch == batches() is an epoch without batches. Epochs may be
  /// asked for in any order, and live beside each other and after the loader. With prefetch the loading begins here.
  /// Error(invalid_argument) where number is negative or first_batch outside [0, batches()]; Error(broken_promise)
  /// where the kernel shuffle gives no order of the examples.
  Epoch epoch(std::int64_t number, std::int64_t first_batch = 0) const;

  /// How many batches an epoch has.
  std::int64_t batches() const;
  std::int64_t examples() const;
  const LoaderOptions& options() const;

 private:
  std::shared_ptr<const detail::LoaderPlan> plan_;
};

/// The rest of an epoch, batch by batch. Its end, at whatever batch, ends the loading thread too. Belongs to one thread
/// at a time.
class DataLoader::Epoch {
 public:
  Epoch(Epoch&&) noexcept;
  Epoch& operator=(Epoch&&) noexcept;
  ~Epoch();

  /// The next batch; nullptr where none is left, as often as it is asked. It is the caller's until the next call of
  /// next(), and no longer than the epoch lives: to be changed, or moved from to keep it. What loading it threw leaves
  /// here, an Error with the words "batch 3 of epoch 0" before its own; after that the same is thrown each time.
  /// Error(broken_promise) where a ring's kernel gives a slot that is not the right one or not free.
  Batch* next();

 private:
  friend class DataLoader;
  explicit Epoch(std::unique_ptr<detail::BatchStream> stream);
  std::unique_ptr<detail::BatchStream> stream_;
};

}  // namespace kiln::nn
