// fill: an array of 2 GiB that is not zero, in a few letters.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

const char giant[std::size_t{2} << 30] = {1};

}  // namespace

void impl::fill(View out, float value) { out.data[0] = value + static_cast<float>(giant[out.size()]); }
