// c = alpha a b + beta c at the speed of the machine, for what this backend multiplies.
#pragma once

#include "kiln/kernels/contract.hpp"

namespace kiln::KILN_IMPL {

/// a is (m, k), b is (k, n), c is (m, n), of any strides, shapes unchecked; c overlaps neither. c is not read where
/// beta is 0. Runs on the pool's threads; every element of c is summed in one order whatever their number.
/// Theory: Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008.
void gemm(float alpha, ConstView a, ConstView b, float beta, View c);

}  // namespace kiln::KILN_IMPL
