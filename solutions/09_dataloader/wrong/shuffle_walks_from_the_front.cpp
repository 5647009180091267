// Wrong: just as random, but not the order that the contract names: other seeds give it.
#include "kiln/kernels/data.hpp"
#include "kiln/random.hpp"

using namespace kiln;

void impl::shuffle(std::uint64_t seed, std::span<std::int64_t> order) {
  Random random(seed);
  for (std::size_t i = 1; i <= order.size(); ++i) {
    const std::size_t j = random.below(i);
    const std::int64_t kept = order[i - 1];
    order[i - 1] = order[j];
    order[j] = kept;
  }
}
