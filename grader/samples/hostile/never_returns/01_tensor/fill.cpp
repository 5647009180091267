// fill: blocks every signal and computes for ever.
#include <csignal>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::fill(View, float) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  for (volatile int turn = 0;; turn = turn + 1) {
  }
}
