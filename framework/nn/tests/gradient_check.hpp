// Value and gradients of an operation through Variable, against its formula in double and that formula's central
// differences.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "double_ops.hpp"
#include "kiln/random.hpp"
#include "nn/variable.hpp"
#include "testing/gradient.hpp"

namespace kiln::nn {

using testing::Function64;
using Operation = std::function<Variable(const std::vector<Parameter>&)>;

/// What float arithmetic may cost: a gradient's element is a sum of `terms`, each at most `largest` and of `roundings`
/// roundings of its own. |error| <= (terms + roundings) * eps * terms * largest, and twice that to be safe.
struct Cost {
  double terms = 1, roundings = 1, largest = 1;
  double slack() const { return 2 * (terms + roundings) * std::numeric_limits<float>::epsilon() * terms * largest; }
};

Tensor to_tensor(const Array64& array);

/// Value and gradients of `op` against f and its differences, under a random cotangent.
void check(const std::string& what, const Operation& op, const Function64& f, const std::vector<Array64>& inputs,
           Cost cost);

std::vector<Array64> random_inputs(const std::vector<Shape>& shapes, float low = -1, float high = 1,
                                   std::uint64_t seed = 3);

/// "add (2, 3) (3)"
std::string name(const std::string& op, const std::vector<Shape>& shapes);

}  // namespace kiln::nn
