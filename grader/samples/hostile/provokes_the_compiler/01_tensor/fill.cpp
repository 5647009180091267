// fill: every kind of words that a compiler and an assembler have, in the hope of a path or a line that is a secret.
#pragma message(__FILE__ " " __BASE_FILE__ " " __TIMESTAMP__ " " __VERSION__)
#pragma GCC dependency "kiln/kernels/tensor.hpp"
#include "kiln/kernels/tensor.hpp"
#include_next <vector>
#warning a warning
static_assert(sizeof(kiln::TensorSlots) == 1, __FILE__);
template <class T>
struct Wrong : T::missing {};
Wrong<kiln::View> wrong;
void kiln::impl::fill(View out) { undeclared(out); }
void kiln::impl::reference() {}
asm(".include \"solutions/01_tensor/fill.cpp\"\n.print \"words\"\n.err\n.warning \"words\"");
#line 1 "/solutions/01_tensor/hidden_tests.cpp"
int x = "a line of a file that it may not see";
#include "kiln/../../../solutions/01_tensor/hidden_tests.cpp"
