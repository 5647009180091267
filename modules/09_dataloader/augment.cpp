// augment: more images out of the same ones, by mirrors and by windows cut a little beside the middle.
// Contract: kiln/kernels/data.hpp. Lesson: modules/09_dataloader/README.md, step 6.
//
// Write what stands below as STUB(); then run `kiln check augment`.
// Stuck? `kiln hint augment`.
#include <algorithm>
#include <string>

#include "kiln/kernels/data.hpp"
#include "kiln/random.hpp"

using namespace kiln;

// Example: a row (1, 2, 3) becomes (3, 2, 1).
void impl::flip_image(ConstView in, View out) {
  STUB();
}

// Example: padding 1 puts a row (1, 2, 3) between zeros: (0, 1, 2, 3, 0). left 0 cuts (0, 1, 2), left 2 cuts (2, 3, 0).
void impl::crop_image(ConstView in, std::int64_t padding, std::int64_t top, std::int64_t left, View out) {
  STUB();
}

// Example: padding 1, and of the seed's draws top = 1, left = 0, flip: a row (1, 2, 3) is cut to (0, 1, 2) and becomes
// (2, 1, 0).
void impl::augment(ConstView in, AugmentOptions options, std::span<const std::uint64_t> seeds, View out) {
  STUB();
}
