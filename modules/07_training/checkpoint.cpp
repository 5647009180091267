// checkpoint: all that a run needs to go on, as bytes, and the way back.
// Contract: kiln/kernels/training.hpp. Lesson: modules/07_training/README.md, step 6.
//
// Write what stands below as STUB(); then run `kiln check checkpoint`.
// Stuck? `kiln hint checkpoint`.
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kiln/kernels/training.hpp"

using namespace kiln;

// A float's bits as a whole number, and back: std::bit_cast<std::uint32_t>(value), std::bit_cast<float>(bits).

// Example: the bytes of "123456789" -> 0xCBF43926.
std::uint32_t impl::crc32(std::span<const std::uint8_t> bytes) {
  STUB();
}

// Example: no numbers and no tensors -> 24 bytes: "KILNCKPT", 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 and four of the crc32.
std::vector<std::uint8_t> impl::encode_checkpoint(const Checkpoint& checkpoint) {
  STUB();
}

// Example: the bytes that encode_checkpoint gave -> the checkpoint that it was given.
Checkpoint impl::decode_checkpoint(std::span<const std::uint8_t> bytes) {
  STUB();
}
