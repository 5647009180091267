// idx: the file format of MNIST and its relatives, its head and its elements.
// Contract: kiln/kernels/data.hpp. Lesson: modules/09_dataloader/README.md, step 2.
//
// Write what stands below as STUB(); then run `kiln check idx`.
// Stuck? `kiln hint idx`.
#include <bit>
#include <limits>
#include <string>

#include "kiln/kernels/data.hpp"

using namespace kiln;

// Example, two rows of three u8: 00 00 08 02 | 00 00 00 02 | 00 00 00 03 | 01 02 03 04 05 06.

IdxHeader impl::parse_idx(std::span<const std::uint8_t> bytes) {
  STUB();
}

void impl::read_idx(std::span<const std::uint8_t> bytes, IdxHeader header, View out) {
  STUB();
}
