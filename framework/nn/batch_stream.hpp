// The rest of an epoch as a stream of batches: made when they are asked for, or ahead, by a thread of its own.
// Inside of nn/data_loader.cpp.
#pragma once

#include <memory>

#include "nn/batch_maker.hpp"

namespace kiln::nn::detail {

class BatchStream {
 public:
  virtual ~BatchStream() = default;
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  /// As DataLoader::Epoch's.
  virtual Batch* next() = 0;

 protected:
  BatchStream() = default;
};

/// Batches [first, plan.batches), one at a time.
std::unique_ptr<BatchStream> stream_on_demand(BatchMaker maker, std::int64_t first);

/// The same through a ring of `slots` >= 1 slots. Its destructor closes the ring and joins the thread.
/// Error(violation or memory) where the thread cannot be started.
std::unique_ptr<BatchStream> stream_ahead(BatchMaker maker, std::int64_t first, std::int64_t slots);

}  // namespace kiln::nn::detail
