// The smallest worker: says which kernels of module 01 are there, and what matmul does; with an argument, also when
// it began.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "kiln/kernels/tensor.hpp"

namespace {

/// As the worker's own entry does, this one has to come before a submission's.
void say_first(int argc, char**, char**) {
  if (argc > 1) (void)!write(STDOUT_FILENO, "first\n", 6);
}
[[gnu::section(".preinit_array"), gnu::used]] void (*const kFirst)(int, char**, char**) = say_first;

}  // namespace

/// The core library is not linked here.
void kiln::Shape::throw_rank_error() { std::abort(); }

int main() {
  using namespace kiln;
  const TensorSlots slots = student::table(static_cast<const TensorSlots*>(nullptr));
  if (slots.fill) std::puts("fill");
  if (slots.copy) std::puts("copy");
  if (slots.matmul) {
    float a = 2, b = 3, c = 0;
    slots.matmul({&a, {1, 1}, {1, 1}}, {&b, {1, 1}, {1, 1}}, {&c, {1, 1}, {1, 1}});
    std::printf("matmul %g\n", static_cast<double>(c));
  }
}
