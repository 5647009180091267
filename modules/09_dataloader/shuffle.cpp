// shuffle: puts the examples of an epoch in random order, each order equally likely.
// Contract: kiln/kernels/data.hpp. Lesson: modules/09_dataloader/README.md, step 1.
//
// Write what stands below as STUB(); then run `kiln check shuffle`.
// Stuck? `kiln hint shuffle`.
#include <utility>

#include "kiln/kernels/data.hpp"
#include "kiln/random.hpp"

using namespace kiln;

// Example: of four elements, draws below(4) = 1, below(3) = 0, below(2) = 1 turn (a, b, c, d) into (a, d, c, b), then
// (c, d, a, b), then (c, d, a, b) again.
void impl::shuffle(std::uint64_t seed, std::span<std::int64_t> order) {
  STUB();
}
