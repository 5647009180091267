// mean_squared_error: how far predictions lie from their targets, as one number.
// Contract: kiln/kernels/losses.hpp. Lesson: modules/04_losses/README.md, step 1.
//
// Write what stands below as STUB(); then run `kiln check mean_squared_error`.
// Stuck? `kiln hint mean_squared_error`.
#include "kiln/kernels/losses.hpp"

using namespace kiln;

// Example: prediction (2, 3) and target (2, 3) -> loss (); the sum of six squares, divided by 6.
void impl::mean_squared_error(ConstView prediction, ConstView target, View loss) {
  STUB();
}
