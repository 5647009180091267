// One map from addresses to sizes: a tensor's memory does not know its own.
#include "profile/tensor_memory.hpp"

#include <algorithm>

namespace kiln::profile {

int TensorMemory::owner() {
  if (!stepping_) return 0;
  const LayerPlace place = place_();
  const auto [entry, is_new] = owners_.emplace(std::pair(*place.layer, place.backward), static_cast<int>(held_.size()));
  if (is_new) {
    names_.push_back((place.layer->empty() ? "outside of layers" : *place.layer) +
                     (place.backward ? ", backward" : ""));
    held_.push_back(0);
  }
  return entry->second;
}

void TensorMemory::allocated(const void* memory, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const Block block{static_cast<std::int64_t>(bytes), owner()};
  blocks_[memory] = block;
  held_[static_cast<std::size_t>(block.owner)] += block.bytes;
  now_ += block.bytes;
  ++allocations_;
  if (now_ <= peak_) return;
  peak_ = now_;
  held_at_peak_ = held_;
}

void TensorMemory::freed(const void* memory) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(memory);
  if (found == blocks_.end()) return;
  held_[static_cast<std::size_t>(found->second.owner)] -= found->second.bytes;
  now_ -= found->second.bytes;
  blocks_.erase(found);
}

void TensorMemory::begin_steps() {
  const std::lock_guard lock(mutex_);
  stepping_ = true;
  before_ = peak_ = now_;
  held_at_peak_ = held_;
  allocations_ = 0;
}

MemoryPeak TensorMemory::peak() const {
  const std::lock_guard lock(mutex_);
  MemoryPeak peak{.bytes = peak_, .before = before_, .allocations = allocations_, .holdings = {}};
  for (std::size_t i = 0; i < held_at_peak_.size(); ++i)
    if (held_at_peak_[i] > 0) peak.holdings.push_back({names_[i], held_at_peak_[i]});
  std::ranges::stable_sort(peak.holdings, std::ranges::greater(), &Holding::bytes);
  return peak;
}

}  // namespace kiln::profile
