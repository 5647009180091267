// Stretches of memory as integers, since pointers into different arrays have no order.
#include "kiln/overlap.hpp"

namespace kiln {
namespace {

/// From `first` up to, and without, `end`, in bytes.
struct Stretch {
  std::intptr_t first, end;
};

Stretch stretch_of(const ConstView& view) {
  std::int64_t lowest = 0, highest = 0;
  for (int d = 0; d < view.rank(); ++d) {
    const std::int64_t reach = (view.shape[d] - 1) * view.strides[d];
    (reach < 0 ? lowest : highest) += reach;
  }
  const auto base = reinterpret_cast<std::intptr_t>(view.data);
  constexpr auto kBytes = static_cast<std::int64_t>(sizeof(float));
  return {base + lowest * kBytes, base + (highest + 1) * kBytes};
}

}  // namespace

bool overlap(const ConstView& a, const ConstView& b) {
  if (a.size() == 0 || b.size() == 0) return false;
  const Stretch left = stretch_of(a), right = stretch_of(b);
  return left.first < right.end && right.first < left.end;
}

bool same_view(const ConstView& a, const ConstView& b) {
  if (a.shape != b.shape) return false;
  if (a.size() == 0) return true;
  if (a.data != b.data) return false;
  for (int d = 0; d < a.rank(); ++d)
    if (a.shape[d] != 1 && a.strides[d] != b.strides[d]) return false;
  return true;
}

}  // namespace kiln
