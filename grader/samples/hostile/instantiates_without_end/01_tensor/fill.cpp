// fill: templates of which each needs two others.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

template <int Depth, long Path>
struct Tree {
  static constexpr long kLeaves = Tree<Depth - 1, 2 * Path>::kLeaves + Tree<Depth - 1, 2 * Path + 1>::kLeaves;
};
template <long Path>
struct Tree<0, Path> {
  static constexpr long kLeaves = 1;
};

}  // namespace

void impl::fill(View out, float value) { out.data[0] = value + static_cast<float>(Tree<60, 0>::kLeaves); }
