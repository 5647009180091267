// fill: the visitor is a template over a concept; small ranks are unrolled when it is compiled.
#include <concepts>
#include <utility>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

constexpr std::size_t kMostRank = 8;

template <class T>
concept Visitor = std::invocable<T, std::int64_t>;

template <int Left>
void visit(const View& view, std::int64_t offset, Visitor auto&& visitor) {
  if constexpr (Left == 0) {
    visitor(offset);
  } else {
    const int d = view.rank() - Left;
    for (std::int64_t i = 0; i < view.shape[d]; ++i) visit<Left - 1>(view, offset + i * view.strides[d], visitor);
  }
}

}  // namespace

void impl::fill(View out, float value) {
  const auto store = [&](std::int64_t offset) { out.data[offset] = value; };
  [&]<std::size_t... Rank>(std::index_sequence<Rank...>) {
    ((out.rank() == static_cast<int>(Rank) ? visit<static_cast<int>(Rank)>(out, 0, store) : void()), ...);
  }(std::make_index_sequence<kMostRank + 1>());
}
