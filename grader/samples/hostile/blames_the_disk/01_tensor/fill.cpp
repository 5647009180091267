// fill: has the compiler say what it says where the machine's disk is full.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

#error No space left on device
#error error while loading shared libraries: libmpfr.so.6
