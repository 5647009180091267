// fill: a table of 1 GiB that the program asks for before it runs.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

void work(View out, float value) {
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = out.rank() - 1; d >= 0; --d) {
      offset += rest % out.shape[d] * out.strides[d];
      rest /= out.shape[d];
    }
    out.data[offset] = value;
  }
}

volatile char giant[std::size_t{1} << 30];

}  // namespace

void impl::fill(View out, float value) {
  giant[static_cast<std::size_t>(out.size())] = 1;
  work(out, value);
}
