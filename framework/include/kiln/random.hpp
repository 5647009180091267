// Random: seeded random numbers with the same values on every platform, compiler and optimisation level.
// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011): block i of a
// stream is a keyed hash of i, so streams are independent and cost nothing to make. Not for cryptography.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace kiln {

/// Philox4x32-10: ten rounds over a counter of four words under a key of two.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

class Random {
 public:
  explicit Random(std::uint64_t seed) : key_(seed) {}

  /// An independent generator, chosen by this one's seed and `stream` alone: how many numbers were drawn has no say.
  /// Forks of forks are independent too.
  Random fork(std::uint64_t stream) const;

  std::uint32_t next_u32();
  std::uint64_t next_u64();

  /// In [0, 1): a multiple of 2^-24, and of 2^-53.
  float uniform();
  double uniform_double();
  /// In [lo, hi), `lo` itself where both are equal. Error(invalid_argument) where lo > hi or a bound is not finite.
  float uniform(float lo, float hi);

  /// Normally distributed; one number takes one draw of 64 bits. Inversion after Wichura, "Algorithm AS 241: the
  /// percentage points of the normal distribution", 1988; relative error about 1e-15 before rounding, |z| <= 8.3.
  float normal() { return static_cast<float>(normal_double()); }
  double normal_double();
  float normal(float mean, float deviation);

  /// In [0, n), each equally likely. Error(invalid_argument) where n is 0.
  std::uint64_t below(std::uint64_t n);

  /// Puts `items` in random order, each order equally likely (Fisher and Yates).
  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t key_;
  std::uint64_t next_block_ = 0;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;  ///< words of block_ that were handed out
};

}  // namespace kiln
