// Wrong: an element may not stay where it is, so that only orders in one cycle come out (Sattolo).
#include "kiln/kernels/data.hpp"
#include "kiln/random.hpp"

using namespace kiln;

void impl::shuffle(std::uint64_t seed, std::span<std::int64_t> order) {
  Random random(seed);
  for (std::size_t i = order.size(); i > 1; --i) {
    const std::size_t j = random.below(i - 1);
    const std::int64_t kept = order[i - 1];
    order[i - 1] = order[j];
    order[j] = kept;
  }
}
