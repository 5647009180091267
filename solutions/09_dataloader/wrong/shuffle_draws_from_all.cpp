// Wrong: draws from all places each time. n^n equally likely draws cannot lead to n! orders equally often.
#include "kiln/kernels/data.hpp"
#include "kiln/random.hpp"

using namespace kiln;

void impl::shuffle(std::uint64_t seed, std::span<std::int64_t> order) {
  Random random(seed);
  for (std::size_t i = order.size(); i > 1; --i) {
    const std::size_t j = random.below(order.size());
    const std::int64_t kept = order[i - 1];
    order[i - 1] = order[j];
    order[j] = kept;
  }
}
