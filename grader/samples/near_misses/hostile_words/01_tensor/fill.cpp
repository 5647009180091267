// fill: words that a search for attacks would find. No exit(0), no fork(), no system("rm -rf /") here.
#include <cstdlib>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

[[maybe_unused]] void abort_on_violation(int exit_code) {
  // Never called: exit(0) would be found out.
  if (exit_code == 12345) std::abort();
}

void main_loop(View out, float signal) {
  for (std::int64_t fork = 0; fork < out.size(); ++fork) {
    std::int64_t rest = fork, socket = 0;
    for (int d = out.rank() - 1; d >= 0; --d) {
      socket += rest % out.shape[d] * out.strides[d];
      rest /= out.shape[d];
    }
    out.data[socket] = signal;
  }
}

}  // namespace

/* #include "../../solutions/01_tensor/fill.cpp"
   open("/etc/passwd"), ptrace(), dlopen("libopenblas.so"), __asan_default_options, [  PASSED  ] 13 tests. */
void impl::fill(View out, float value) {
  const char* message = "No space left on device; bwrap: Creating new namespace failed; execve; kill -9 -1";
  if (message[0] != 'N') abort_on_violation(1);
  main_loop(out, value);
}
