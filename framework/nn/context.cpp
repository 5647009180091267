// The words for an operation and its operands.
#include "nn/context.hpp"

namespace kiln::nn::detail {
namespace {

std::string list(const char* op, std::size_t count, const std::function<const Shape&(std::size_t)>& shape) {
  std::string text = op;
  for (std::size_t i = 0; i < count; ++i)
    text += (i == 0 ? " of " : i + 1 < count ? ", " : " and ") + to_string(shape(i));
  return text;
}

}  // namespace

std::string describe(const char* op, const std::vector<ConstView>& operands) {
  return list(op, operands.size(), [&](std::size_t i) -> const Shape& { return operands[i].shape; });
}

std::string describe(const char* op, const std::vector<Variable>& operands) {
  return list(op, operands.size(), [&](std::size_t i) -> const Shape& { return operands[i].shape(); });
}

}  // namespace kiln::nn::detail
