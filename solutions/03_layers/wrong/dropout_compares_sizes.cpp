// Wrong: a mask of another shape is accepted.
#include "kiln/kernels/layers.hpp"
#include "kiln/random.hpp"

using namespace kiln;

namespace {

template <class AnyView>
auto& element_of(const AnyView& view, std::int64_t element) {
  std::int64_t offset = 0;
  for (int d = view.rank() - 1; d >= 0; --d) {
    offset += element % view.shape[d] * view.strides[d];
    element /= view.shape[d];
  }
  return view.data[offset];
}

}  // namespace

void impl::dropout(ConstView in, float p, bool training, std::uint64_t seed, View out, View mask) {
  KILN_REQUIRE("dropout: the output's shape differs", out.shape == in.shape);
  KILN_REQUIRE("dropout: the mask's shape differs", mask.size() == in.size());
  KILN_REQUIRE("dropout: p lies in [0, 1)", (p >= 0 && p < 1));
  Random random(seed);
  for (std::int64_t i = 0; i < in.size(); ++i) {
    if (!training) {
      element_of(mask, i) = 1;
      element_of(out, i) = element_of(in, i);
    } else if (random.uniform() < p) {
      element_of(mask, i) = 0;
      element_of(out, i) = 0;
    } else {
      element_of(mask, i) = 1 / (1 - p);
      element_of(out, i) = element_of(in, i) * element_of(mask, i);
    }
  }
}
