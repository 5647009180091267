// flatten: neighbouring dimensions become one, of their product; (batch, height, width) becomes (batch, features).
// Contract: kiln/kernels/layers.hpp. Lesson: modules/03_layers/README.md, step 1.
//
// Write what stands below as STUB(); then run `kiln check flatten`.
// Stuck? `kiln hint flatten`.
#include <algorithm>
#include <string>

#include "kiln/kernels/layers.hpp"

using namespace kiln;

// Example: (2, 3, 4, 5) with first 1 and last -1 gives (2, 60); with 1 and 2 it gives (2, 12, 5).
Shape impl::flattened_shape(Shape shape, int first, int last) {
  STUB();
}

// Example: in (2, 3, 4), first 1, last 2 -> out (2, 12); in(i, j, k) becomes out(i, j * 4 + k).
void impl::flatten(ConstView in, int first, int last, View out) {
  STUB();
}
