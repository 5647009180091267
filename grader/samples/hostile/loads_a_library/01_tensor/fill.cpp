// fill: loads a BLAS and lets it do the work.
#include <dlfcn.h>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::fill(View out, float value) {
  for (const char* name : {"libopenblas.so.0", "/usr/lib/x86_64-linux-gnu/libblas.so.3"}) {
    void* library = dlopen(name, RTLD_NOW);
    if (library == nullptr) continue;
    const auto scale = reinterpret_cast<void (*)(int, float, float*, int)>(dlsym(library, "cblas_sscal"));
    scale(static_cast<int>(out.size()), value, out.data, 1);
  }
}
