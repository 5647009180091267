// multiply_on_threads: a kernel under a number of threads that the judge names.
#include <limits>

#include "kiln/kernels/acceleration.hpp"
#include "kiln/parallel.hpp"

namespace kiln {
namespace {

/// Gives the pool back its number of threads.
class ThreadCount {
 public:
  explicit ThreadCount(int count) : before_(thread_count()) { set_thread_count(count); }
  ~ThreadCount() { set_thread_count(before_); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_;
};

}  // namespace

void multiply_on_threads(decltype(impl::matmul_parallel)* kernel, std::int64_t threads, float alpha, ConstView a,
                         ConstView b, float beta, View c) {
  if (kernel == nullptr)
    throw Error(ErrorKind::missing, "matmul_parallel has no definition: write `impl::matmul_parallel` in its file");
  KILN_REQUIRE("matmul_parallel_on: at least the caller's own thread is needed",
               (threads >= 1 && threads <= std::numeric_limits<int>::max()));
  const ThreadCount count(static_cast<int>(threads));
  kernel(alpha, a, b, beta, c);
}

}  // namespace kiln
