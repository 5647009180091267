// Wrong: of an empty list, size() - 1 is the largest number there is.
#include "kiln/kernels/data.hpp"
#include "kiln/random.hpp"

using namespace kiln;

void impl::shuffle(std::uint64_t seed, std::span<std::int64_t> order) {
  Random random(seed);
  for (std::size_t i = order.size() - 1; i > 0; --i) {
    const std::size_t j = random.below(i + 1);
    const std::int64_t kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
}
