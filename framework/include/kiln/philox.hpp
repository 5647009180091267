// Philox4x32-10 in lanes: the blocks of Random's stream (kiln/random.hpp) that follow each other, side by side, for
// kernels that draw many numbers at once. Integers alone, so that every instruction set draws the same.
#pragma once

#include <cstdint>

namespace kiln::philox {

inline constexpr std::uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;  // of the paper, table 2
inline constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;              // the golden ratio, sqrt(3) - 1
inline constexpr int kRounds = 10;

/// words[4 * i + w] is what Random(seed).next_u32() gives as number 4 * (first + i) + w, for i in [0, Blocks).
template <int Blocks>
inline void draw(std::uint64_t seed, std::uint64_t first, std::uint32_t* words) {
  std::uint32_t counter[4][Blocks];
  for (int i = 0; i < Blocks; ++i) {
    const std::uint64_t index = first + static_cast<std::uint64_t>(i);
    counter[0][i] = static_cast<std::uint32_t>(index);
    counter[1][i] = static_cast<std::uint32_t>(index >> 32);
    counter[2][i] = counter[3][i] = 0;
  }
  std::uint32_t key0 = static_cast<std::uint32_t>(seed), key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < kRounds; ++round, key0 += kWeyl0, key1 += kWeyl1)
    for (int i = 0; i < Blocks; ++i) {
      const std::uint64_t product0 = std::uint64_t{kMultiplier0} * counter[0][i];
      const std::uint64_t product1 = std::uint64_t{kMultiplier1} * counter[2][i];
      counter[0][i] = static_cast<std::uint32_t>(product1 >> 32) ^ counter[1][i] ^ key0;
      counter[1][i] = static_cast<std::uint32_t>(product1);
      counter[2][i] = static_cast<std::uint32_t>(product0 >> 32) ^ counter[3][i] ^ key1;
      counter[3][i] = static_cast<std::uint32_t>(product0);
    }
  for (int i = 0; i < Blocks; ++i)
    for (int w = 0; w < 4; ++w) words[4 * i + w] = counter[w][i];
}

}  // namespace kiln::philox
