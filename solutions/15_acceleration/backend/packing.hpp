// Panels: the operands of a product in the order in which the micro-kernel reads them.
// A panel of a holds kRows rows: for each k their elements side by side. A panel of b holds kColumns columns: for each
// k their elements side by side. What is missing at an edge is of any value, and never read into c.
#pragma once

#include "micro_kernel.hpp"

namespace kiln::KILN_IMPL::product {

/// One operand: element (line, k) lies at data[line * line_stride + k * depth_stride], where lines are a's rows or b's
/// columns.
struct Lines {
  const float* data;
  std::int64_t line_stride, depth_stride;

  const float* at(std::int64_t line, std::int64_t k) const { return data + line * line_stride + k * depth_stride; }
};

/// out[k * Width + line] for k in [0, depth) and line in [0, lines); beyond, up to Width, copies of the last line (a
/// NaN there touches only what is never read). lines is at least 1.
template <int Width>
void pack(Lines from, std::int64_t lines, std::int64_t depth, float* out);

/// The same of `count` lines that lie anywhere, each a run along k.
template <int Width>
void pack_lines(const float* const* lines, std::int64_t count, std::int64_t depth, float* out);

}  // namespace kiln::KILN_IMPL::product
