// linear: the fully connected layer, out = in weight^T + bias.
// Contract: kiln/kernels/layers.hpp. Lesson: modules/03_layers/README.md, step 5.
#include "kiln/kernels/layers.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// The dot product of two dense rows. One running sum waits for each addition (4 cycles of latency) before the next can
/// start; kLanes sums side by side are two vector registers of 8 floats, and the processor works on the next pair of
/// rows while these wait. GCC 12 keeps up to 16 lanes in registers; 32 it leaves in memory, and loads and stores them.
float dot(const float* a, const float* b, std::int64_t n) {
  constexpr std::int64_t kLanes = 16;
  float lanes[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  float total = 0.0f;
  for (float lane : lanes) total += lane;
  for (; i < n; ++i) total += a[i] * b[i];
  return total;
}

/// The same for rows of any step.
float dot_strided(const float* a, std::int64_t step_a, const float* b, std::int64_t step_b, std::int64_t n) {
  float total = 0.0f;
  for (std::int64_t i = 0; i < n; ++i) total += a[i * step_a] * b[i * step_b];
  return total;
}

}  // namespace
// END SOLUTION

// Example: in (8, 3), weight (4, 3), bias (4) -> out (8, 4).
// out(i, j) = bias(j) + sum over k of in(i, k) * weight(j, k).
void impl::linear(ConstView in, ConstView weight, ConstView bias, View out) {
  // BEGIN SOLUTION
  KILN_REQUIRE("linear: in is (batch, in_features)", in.rank() == 2);
  KILN_REQUIRE("linear: weight is (out_features, in_features)", weight.rank() == 2);
  KILN_REQUIRE("linear: bias is a vector", bias.rank() == 1);
  KILN_REQUIRE("linear: the features of in meet those of weight", in.shape[1] == weight.shape[1]);
  KILN_REQUIRE("linear: bias is (out_features), or (0) for none, with weight " + to_string(weight.shape) +
                   " and bias " + to_string(bias.shape),
               (bias.shape[0] == weight.shape[0] || bias.shape[0] == 0));
  KILN_REQUIRE("linear: out is (batch, out_features)", out.shape == Shape{in.shape[0], weight.shape[0]});
  const std::int64_t batch = in.shape[0], features = in.shape[1], outputs = weight.shape[0];
  const bool has_bias = bias.shape[0] > 0;

  // Both operands are read along their rows: weight is stored transposed, so that no column has to be walked.
  const bool dense_rows = in.strides[1] == 1 && weight.strides[1] == 1;
  for (std::int64_t i = 0; i < batch; ++i) {
    const float* row = in.data + i * in.strides[0];
    for (std::int64_t j = 0; j < outputs; ++j) {
      const float* weights = weight.data + j * weight.strides[0];
      const float total = dense_rows ? dot(row, weights, features)
                                     : dot_strided(row, in.strides[1], weights, weight.strides[1], features);
      out(i, j) = has_bias ? total + bias(j) : total;
    }
  }
  // END SOLUTION
}
