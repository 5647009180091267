// fill: has the compiler's words begin as those of a sandbox that cannot be made.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

#line 1 "bwrap: Creating new namespace failed"
#error Operation not permitted
