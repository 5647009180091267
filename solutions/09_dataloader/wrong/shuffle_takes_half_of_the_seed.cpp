// Wrong: an int holds 32 bits of the seed, so that seeds 2^32 apart give one order.
#include "kiln/kernels/data.hpp"
#include "kiln/random.hpp"

using namespace kiln;

void impl::shuffle(std::uint64_t seed, std::span<std::int64_t> order) {
  Random random(static_cast<std::uint32_t>(seed));
  for (std::size_t i = order.size(); i > 1; --i) {
    const std::size_t j = random.below(i);
    const std::int64_t kept = order[i - 1];
    order[i - 1] = order[j];
    order[j] = kept;
  }
}
