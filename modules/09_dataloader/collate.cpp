// collate: which examples a batch holds, and the batch put together from them.
// Contract: kiln/kernels/data.hpp. Lesson: modules/09_dataloader/README.md, step 4.
//
// Write what stands below as STUB(); then run `kiln check collate`.
// Stuck? `kiln hint collate`.
#include <algorithm>
#include <string>

#include "kiln/kernels/data.hpp"

using namespace kiln;

// Example: 10 examples in batches of 4 are 3 batches, of 4, 4 and 2; without the short one 2.
std::int64_t impl::batch_count(std::int64_t examples, std::int64_t batch_size, bool drop_last) {
  STUB();
}

// Example: batch 2 of those covers [8, 10).
BatchRange impl::batch_range(std::int64_t examples, std::int64_t batch_size, std::int64_t number) {
  STUB();
}

// Example: examples (4, 2) with rows a, b, c, d and indices (3, 0, 3) -> batch (3, 2) with rows d, a, d.
void impl::collate(ConstView examples, std::span<const std::int64_t> indices, View batch) {
  STUB();
}

void impl::collate_labels(std::span<const std::int32_t> labels, std::span<const std::int64_t> indices,
                          std::span<std::int32_t> batch) {
  STUB();
}
