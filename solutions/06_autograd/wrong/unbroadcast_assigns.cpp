// Wrong: the sum takes the place of what had gathered, where it should be added to it.
#include "kiln/kernels/autograd.hpp"

using namespace kiln;

namespace {

/// Sets every element to 0.
void clear(View view) {
  for (std::int64_t element = 0; element < view.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = view.rank() - 1; d >= 0; --d) {
      offset += rest % view.shape[d] * view.strides[d];
      rest /= view.shape[d];
    }
    view.data[offset] = 0;
  }
}

}  // namespace

void impl::unbroadcast(ConstView grad_out, View grad_in) {
  const int missing = grad_out.rank() - grad_in.rank();
  KILN_REQUIRE("grad_in has more dimensions than grad_out", missing >= 0);
  for (int d = 0; d < grad_in.rank(); ++d)
    KILN_REQUIRE("the shapes do not fit", (grad_in.shape[d] == 1 || grad_in.shape[d] == grad_out.shape[d + missing]));
  clear(grad_in);
  for (std::int64_t element = 0; element < grad_out.size(); ++element) {
    std::int64_t rest = element, from = 0, to = 0;
    for (int d = grad_out.rank() - 1; d >= 0; --d) {
      const std::int64_t i = rest % grad_out.shape[d];
      rest /= grad_out.shape[d];
      from += i * grad_out.strides[d];
      if (d >= missing && grad_in.shape[d - missing] != 1) to += i * grad_in.strides[d - missing];
    }
    grad_in.data[to] += grad_out.data[from];
  }
}
