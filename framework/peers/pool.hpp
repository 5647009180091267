// The operands that contestants are given: several sets, filled anew for every half of a round, so that what a
// contestant remembers of a call is worth nothing in the next.
#pragma once

#include <vector>

#include "kiln/tensor.hpp"
#include "peers/peer.hpp"

namespace kiln::peers {

class Pool {
 public:
  /// As many sets as take kBytes together, between two and eight.
  explicit Pool(const Problem& problem);

  /// Uniform values and labels, the same for the same seed, and NaN in what is to be written. Not for statistics:
  /// a hash of the element's number.
  void refill(std::uint64_t seed);
  /// Reads every operand once, so that all contestants begin with the same in the caches.
  void touch() const;

  int sets() const { return static_cast<int>(sets_.size()); }
  const Operands& operator[](int set) const { return sets_[static_cast<std::size_t>(set)].operands; }

 private:
  static constexpr double kBytes = 4 << 20;

  struct Set {
    std::vector<Tensor> in;
    Tensor out;
    std::vector<std::int32_t> labels;
    std::vector<std::int64_t> winners;
    Operands operands;
  };

  float low_, high_;
  std::vector<Set> sets_;
};

}  // namespace kiln::peers
