// fill: sets the options of whatever sanitizer it may be linked with.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

extern "C" const char* __asan_default_options() { return "detect_leaks=0:halt_on_error=0:exitcode=0"; }
extern "C" const char* __ubsan_default_options() { return "halt_on_error=0"; }

void impl::fill(View, float) {}
