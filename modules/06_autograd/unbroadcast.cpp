// unbroadcast: the gradient of an operand that was broadcast, summed over every dimension in which it was repeated.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 1.
//
// Write what stands below as STUB(); then run `kiln check unbroadcast`.
// Stuck? `kiln hint unbroadcast`.
#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// Example: grad_out (2, 3) = {1, 2, 3; 4, 5, 6}. Into grad_in (3) go 5, 7, 9, into (2, 1) go 6, 15, into () goes 21:
// each is added to what stands there.
void impl::unbroadcast(ConstView grad_out, View grad_in) {
  STUB();
}
