// What a loader knows, and one batch of one epoch made from it. Inside of nn/data_loader.cpp and its streams.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/data_loader.hpp"

namespace kiln::nn::detail {

struct LoaderPlan {
  std::shared_ptr<const Source> source;
  LoaderOptions options;
  std::int64_t examples = 0, batches = 0;
};

inline bool augments(const AugmentOptions& options) { return options.padding != 0 || options.flip_probability != 0; }

/// Makes any batch of an epoch, by one thread at a time. It keeps the kernels that were chosen when it was made.
class BatchMaker {
 public:
  /// Draws the epoch's order.
  BatchMaker(std::shared_ptr<const LoaderPlan> plan, std::int64_t epoch);

  /// `into`'s memory is used again where it has the right size.
  void make(std::int64_t number, Batch& into);

  const LoaderPlan& plan() const { return *plan_; }
  const DataSlots& kernels() const { return *kernels_; }

 private:
  void check_order() const;
  std::span<const std::int64_t> examples_of(std::int64_t number) const;
  void load(std::int64_t number, Batch& into);

  std::shared_ptr<const LoaderPlan> plan_;
  const DataSlots* kernels_;
  std::int64_t epoch_;
  std::vector<std::int64_t> order_;
  // As they were loaded, before they are augmented.
  Tensor plain_;
  std::vector<std::uint64_t> seeds_;
};

}  // namespace kiln::nn::detail
