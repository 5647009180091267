// Wrong: a generator of the same seed draws the same number each time, so that the draws depend on each other.
#include "kiln/kernels/data.hpp"
#include "kiln/random.hpp"

using namespace kiln;

void impl::shuffle(std::uint64_t seed, std::span<std::int64_t> order) {
  for (std::size_t i = order.size(); i > 1; --i) {
    Random random(seed);
    const std::size_t j = random.below(i);
    const std::int64_t kept = order[i - 1];
    order[i - 1] = order[j];
    order[j] = kept;
  }
}
