// Wrong: the second tensor is refused when the first is already added.
#include "kiln/kernels/training.hpp"

using namespace kiln;

namespace {

/// The element of that number in row-major order.
template <class T>
T& at(const BasicView<T>& view, std::int64_t number) {
  std::int64_t offset = 0;
  for (int d = view.rank() - 1; d >= 0; --d) {
    offset += number % view.shape[d] * view.strides[d];
    number /= view.shape[d];
  }
  return view.data[offset];
}

}  // namespace

void impl::accumulate_gradients(const std::vector<ConstView>& gradients, std::int64_t examples, std::int64_t total,
                                const std::vector<View>& sums) {
  KILN_REQUIRE("the numbers of tensors differ", gradients.size() == sums.size());
  KILN_REQUIRE("examples is negative", examples >= 0);
  KILN_REQUIRE("total is too small", total >= 1);
  KILN_REQUIRE("examples is too large", examples <= total);
  const auto factor = static_cast<float>(static_cast<double>(examples) / static_cast<double>(total));
  for (std::size_t i = 0; i < sums.size(); ++i) {
    KILN_REQUIRE("the shapes differ", gradients[i].shape == sums[i].shape);
    for (std::int64_t j = 0; j < sums[i].size(); ++j) at(sums[i], j) += at(gradients[i], j) * factor;
  }
}
