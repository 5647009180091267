// overlap: whether two views reach over the same memory. For kernels that would read what they have just written.
#pragma once

#include "kiln/view.hpp"

namespace kiln {

/// Whether the stretches of memory from the first to the last element of each view have a byte in common. So even and
/// odd columns of one matrix overlap, although no element is in both. A view without elements overlaps nothing.
bool overlap(const ConstView& a, const ConstView& b);

/// Whether both show the same elements under the same indices: equal shapes, first elements and strides (the stride of
/// an extent of 1 has no say). Two views of one shape without elements are the same.
bool same_view(const ConstView& a, const ConstView& b);

}  // namespace kiln
