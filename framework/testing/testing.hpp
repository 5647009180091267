// What a module's tests include.
//   TEST(matmul, random_shapes) {            // suite = exercise
//     for_each_case(40, [](Generator& g) {
//       Operand a = g.input("a", {m, k}), b = g.input("b", {k, n}), c = g.output("c", {m, n});
//       kernels.matmul(a, b, c);  expect_close(c, oracle::matmul(a, b)); }); }
#pragma once

#include <gtest/gtest.h>

#include "speed/speed_case.hpp"
#include "testing/compare.hpp"
#include "testing/generate.hpp"
#include "testing/property.hpp"
#include "testing/under_test.hpp"
