// Operations drawn at random, for the tests of operation_cost.
#pragma once

#include "scripts.hpp"

namespace kiln::testing {

struct Operation {
  Work work = Work::leaf;
  std::vector<Shape> inputs;
  Shape out, window;
};

inline std::string describe(const Operation& operation) {
  std::string text = "work number " + std::to_string(static_cast<int>(operation.work)) + " of";
  for (const Shape& in : operation.inputs) text += " " + to_string(in);
  return text + " to " + to_string(operation.out) + ", window " + to_string(operation.window);
}

/// Extents of up to 200; with `empty` some are 0.
inline Operation random_operation(Generator& g, bool empty) {
  const auto extent = [&] { return empty && below(g, 3) == 0 ? 0 : 1 + below(g, 200); };
  const std::int64_t a = extent(), b = extent(), c = extent(), d = extent();
  const bool bias = below(g, 2) == 0;
  const auto work = static_cast<Work>(below(g, 11));
  switch (work) {
    case Work::copy: return {work, {{a, b, c}}, {c, a, b}, {}};
    case Work::elementwise:
      if (bias) return {work, {{a, 1, c}, {b, 1}, {c}}, {a, b, c}, {}};
      return {work, {{a, b}}, {a, b}, {}};
    case Work::reduce: return {work, {{a, b, c}}, {a, c}, {}};
    case Work::softmax: return {work, {{a, b, c}}, {a, b, c}, {}};
    case Work::batch_norm: return {work, {{a, b, c, d}, {b}, {b}, {b}, {b}}, {a, b, c, d}, {}};
    case Work::layer_norm: return {work, {{a, b, c}, {c}, {c}}, {a, b, c}, {}};
    case Work::matmul: return {work, {{d, a, b}, {d, b, c}}, {d, a, c}, {}};
    case Work::linear: {
      std::vector<Shape> inputs{{a, b}, {c, b}};
      if (bias) inputs.push_back({c});
      return {work, inputs, {a, c}, {}};
    }
    case Work::conv2d: {
      std::vector<Shape> inputs{{a, b, 17, 19}, {c, b, 3, 5}};
      if (bias) inputs.push_back({c});
      return {work, inputs, {a, c, 8, 15}, {}};
    }
    case Work::pool: return {work, {{a, b, c, d}}, {a, b, 7, 5}, {2, 3}};
    default: return {Work::leaf, {}, {a, b}, {}};
  }
}

inline void expect_cost(const Operation& operation) {
  const WorkCost actual =
      under_test<ProfilingSlots>().operation_cost(operation.work, operation.inputs, operation.out, operation.window);
  const WorkCost expected =
      oracle::operation_cost(operation.work, operation.inputs, operation.out, operation.window).value();
  EXPECT_EQ(actual.flops, expected.flops) << "FLOPs of " << describe(operation);
  EXPECT_EQ(actual.bytes, expected.bytes) << "bytes of " << describe(operation);
}

/// Returns what the error says.
inline std::string expect_refused(const std::string& why, Work work, const std::vector<Shape>& inputs,
                                  const Shape& out) {
  return expect_refusal(why, [&] { under_test<ProfilingSlots>().operation_cost(work, inputs, out, {}); });
}

}  // namespace kiln::testing
