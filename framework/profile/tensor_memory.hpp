// How much memory tensors take: now, at most, and who had allocated what was there at that moment.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "kiln/tensor_observer.hpp"
#include "profile/call_tree.hpp"

namespace kiln::profile {

struct Holding {
  std::string owner;  ///< "before the steps", a layer with its pass, or "outside of layers"
  std::int64_t bytes = 0;
};

struct MemoryPeak {
  std::int64_t bytes = 0;         ///< of all tensors, at the highest
  std::int64_t before = 0;        ///< when the steps began
  std::int64_t allocations = 0;   ///< in the steps
  std::vector<Holding> holdings;  ///< at the highest, largest first
};

/// Observe from the program's start to the end of the steps that count. Thread-safe.
class TensorMemory final : public TensorObserver {
 public:
  explicit TensorMemory(LayerPlace (*place)()) : place_(place) {}

  void allocated(const void* memory, std::size_t bytes) override;
  void freed(const void* memory) noexcept override;

  /// What is there now counts as allocated before the steps; the peak begins here.
  void begin_steps();
  MemoryPeak peak() const;

 private:
  struct Block {
    std::int64_t bytes;
    int owner;
  };
  int owner();

  LayerPlace (*place_)();
  mutable std::mutex mutex_;
  bool stepping_ = false;
  std::unordered_map<const void*, Block> blocks_;
  std::map<std::pair<std::string, bool>, int> owners_;
  std::vector<std::string> names_{"before the steps"};
  std::vector<std::int64_t> held_{0}, held_at_peak_{0};  ///< by owner
  std::int64_t now_ = 0, before_ = 0, peak_ = 0, allocations_ = 0;
};

}  // namespace kiln::profile
