// The product of a matrix and a vector: every element of the matrix is read once, so memory is the limit.
#pragma once

#include "kiln/kernels/contract.hpp"

namespace kiln::KILN_IMPL {

/// y = alpha matrix x + beta y: matrix is (rows, depth) with neighbours along one dimension, x is (depth), y is (rows),
/// both of any stride. y is not read where beta is 0. On the pool's threads; each element of y is summed in one order.
void matrix_vector(float alpha, ConstView matrix, ConstView x, float beta, View y);

}  // namespace kiln::KILN_IMPL
