// block_footprint and block_for_cache: how much of a cache three blocks take, and which block size therefore fits.
// Contract: kiln/kernels/acceleration.hpp. Lesson: modules/15_acceleration/README.md, step 1.
//
// Write what stands below as STUB(); then run `kiln check block_size`.
// Stuck? `kiln hint block_size`.
#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

// Example: block_footprint(64) -> 49152, which is 48 KiB: 64 * 64 floats each of a, b and c.
std::int64_t impl::block_footprint(std::int64_t block) {
  STUB();
}

// Example: block_for_cache(49152) -> 64; one byte less -> 32.
std::int64_t impl::block_for_cache(std::int64_t cache_bytes) {
  STUB();
}
