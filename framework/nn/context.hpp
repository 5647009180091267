// Errors of kernels, told with the operation that called them: "matmul of (2, 3) and (4, 5): ...".
#pragma once

#include <string>
#include <vector>

#include "nn/variable.hpp"

namespace kiln::nn::detail {

/// "add of (2, 3) and (4)"
std::string describe(const char* op, const std::vector<ConstView>& operands);
std::string describe(const char* op, const std::vector<Variable>& operands);

/// Runs `body`; an Error leaves with the words of `context()` before its own, and of the same kind.
template <class Context, class Body>
auto with_context(Context context, Body body) {
  try {
    return body();
  } catch (const Error& error) {
    throw Error(error.kind(), context() + ": " + error.what());
  }
}

/// Runs `body`, the forward pass of an operation.
template <class Body>
auto operation(const char* op, const std::vector<Variable>& operands, Body body) {
  return with_context([&] { return describe(op, operands); }, body);
}

}  // namespace kiln::nn::detail
