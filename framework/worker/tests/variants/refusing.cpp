// Throws: as a reference it is the judge's fault, as a student's kernel it is not.
#include "worker/tests/variants/smooth.hpp"

void kiln::impl::smooth(ConstView, View) { throw Error(ErrorKind::invalid_argument, "refused"); }
