// Wrong: counts floats where bytes are asked for.
#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

// Example: block_footprint(64) -> 49152, which is 48 KiB: 64 * 64 floats each of a, b and c.
std::int64_t impl::block_footprint(std::int64_t block) {
  KILN_REQUIRE("block_footprint: a block has at least one row", block >= 1);
  constexpr std::int64_t kOperands = 3;
  return kOperands * block * block;
}

// Example: block_for_cache(49152) -> 64; one byte less -> 32.
std::int64_t impl::block_for_cache(std::int64_t cache_bytes) {
  KILN_REQUIRE("block_for_cache: a cache has at least one byte", cache_bytes >= 1);
  for (const std::int64_t block : {256, 128, 64})
    if (impl::block_footprint(block) <= cache_bytes) return block;
  return 32;
}
