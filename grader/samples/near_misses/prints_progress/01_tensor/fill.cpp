// fill: tells what it does, on stdout, on stderr and through streams.
#include <cstdio>
#include <iostream>

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

}  // namespace

void impl::fill(View out, float value) {
  std::printf("filling %lld elements with %g\n", static_cast<long long>(out.size()), static_cast<double>(value));
  std::fprintf(stderr, "debug: rank %d\n", out.rank());
  work(out, value);
  std::cout << "done" << std::endl;
  std::cerr << "first: " << (out.size() > 0 ? out.data[0] : 0.0f) << '\n';
}
