// Wrong: cuts out the part that has the operand's shape, where all repetitions should be summed.
#include "kiln/kernels/autograd.hpp"

using namespace kiln;

void impl::unbroadcast(ConstView grad_out, View grad_in) {
  const int missing = grad_out.rank() - grad_in.rank();
  KILN_REQUIRE("grad_in has more dimensions than grad_out", missing >= 0);
  for (int d = 0; d < grad_in.rank(); ++d)
    KILN_REQUIRE("the shapes do not fit", (grad_in.shape[d] == 1 || grad_in.shape[d] == grad_out.shape[d + missing]));
  for (std::int64_t element = 0; element < grad_out.size(); ++element) {
    std::int64_t rest = element, from = 0, to = 0;
    bool repeated = false;
    for (int d = grad_out.rank() - 1; d >= 0; --d) {
      const std::int64_t i = rest % grad_out.shape[d];
      rest /= grad_out.shape[d];
      from += i * grad_out.strides[d];
      if (d >= missing && grad_in.shape[d - missing] != 1)
        to += i * grad_in.strides[d - missing];
      else
        repeated = repeated || i > 0;
    }
    if (!repeated) grad_in.data[to] += grad_out.data[from];
  }
}
