// What a kernel's call costs by its shapes: floating-point operations, and the bytes that must move at least.
// An addition, a multiplication, a comparison, a division, a square root, an exponential count one each, a fused
// multiply-add two, as the contract's formula has them: taps on padding count, shared subexpressions count where the
// formula repeats them. Bytes are those of each operand once, twice where a kernel adds to what is there.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kiln/kernels/spatial.hpp"
#include "kiln/view.hpp"

namespace kiln::profile {

/// One argument of a call, as far as costs depend on it.
struct Operand {
  Shape shape;                ///< of a view; the window of a Pool2dOptions
  std::int64_t elements = 0;  ///< in memory: a dimension of stride 0 holds one
  int element_bytes = 0;      ///< 0: no memory that counts
  bool written = false;
};

template <class T>
Operand operand_of(const BasicView<T>& view) {
  std::int64_t elements = 1;
  for (int d = 0; d < view.rank(); ++d) elements *= view.shape[d] > 1 && view.strides[d] == 0 ? 1 : view.shape[d];
  return {view.shape, elements, sizeof(T), !std::is_const_v<T>};
}
template <class T>
Operand operand_of(const std::vector<BasicView<T>>& views) {
  std::int64_t elements = 0;
  for (const BasicView<T>& view : views) elements += view.size();
  return {{elements}, elements, sizeof(T), !std::is_const_v<T>};
}
template <class T>
Operand operand_of(const std::span<T>& span) {
  const auto elements = static_cast<std::int64_t>(span.size());
  return {{elements}, elements, sizeof(T), !std::is_const_v<T>};
}
inline Operand operand_of(const Pool2dOptions& pool) { return {{pool.height, pool.width}, 0, 0, false}; }
/// Whatever else a kernel takes.
template <class T>
Operand operand_of(const T&) {
  return {};
}

struct Cost {
  double flops = 0, bytes = 0;

  bool operator==(const Cost&) const = default;
};

/// How to tell a kernel's cost from its operands, one a parameter; nullptr of a kernel whose work its shapes do not
/// tell, or that only calls others. Shapes that the kernel would refuse give numbers without a meaning, and no error.
struct CostRule;
const CostRule* cost_rule(std::string_view kernel);
Cost cost_of(const CostRule& rule, std::span<const Operand> operands);

}  // namespace kiln::profile
