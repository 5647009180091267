// softmax and log_softmax. A row is read three times, and stays in the first-level cache in between; rows whose
// elements are no neighbours go through blocks.
#include <cmath>

#include "elementwise.hpp"
#include "kiln/kernels/activations.hpp"
#include "rows.hpp"

using namespace kiln;

namespace {

using namespace impl::simd;

/// out[i] = exp(in[i] - shift) of dense rows, which may be one; returns the sum.
float exp_row(const float* in, float* out, std::int64_t n, float shift) {
  return impl::sum_terms(n, [=](std::int64_t i, std::int64_t count) {
    const Vector e = exp(impl::load_some(in, i, count, -kInfinity) - Vector(shift));
    impl::store_some(out, i, e, count);
    return e;
  });
}

/// The same of rows of any step.
float exp_row(const float* in, std::int64_t step_in, float* out, std::int64_t step_out, std::int64_t n, float shift) {
  if (step_in == 1 && step_out == 1) return exp_row(in, out, n, shift);
  double sum = 0;
  alignas(64) float buffer[impl::kBlock], results[impl::kBlock];
  for (std::int64_t i = 0; i < n; i += impl::kBlock) {
    const std::int64_t count = std::min(impl::kBlock, n - i);
    sum += exp_row(impl::gathered(in + i * step_in, step_in, count, buffer), results, count, shift);
    impl::scatter(results, out + i * step_out, step_out, count);
  }
  return static_cast<float>(sum);
}

/// Calls row(in, step_in, out, step_out, n) for each row along the last dimension.
template <class Row>
void for_each_row(const char* kernel, const ConstView& in, const View& out, Row row) {
  KILN_REQUIRE(std::string(kernel) + ": in and out have one shape", in.shape == out.shape);
  KILN_REQUIRE(std::string(kernel) + ": in has rows, and so at least one dimension", in.rank() > 0);
  if (out.size() == 0) return;
  const int last = in.rank() - 1;
  impl::Walk<2> walk = impl::walk_of<2>(in.shape, {in.strides, out.strides}, last);
  walk.merge(1);
  walk.run_parallel(in.shape[last], [&](const impl::Offsets<2>& at) {
    row(in.data + at[0], in.strides[last], out.data + at[1], out.strides[last], in.shape[last]);
  });
}

}  // namespace

void impl::softmax(ConstView in, View out) {
  for_each_row(
      "softmax", in, out,
      [](const float* from, std::int64_t step_in, float* to, std::int64_t step_out, std::int64_t n) {
        const float sum = exp_row(from, step_in, to, step_out, n, shift_of(from, step_in, n));
        // The largest term is exp(0) = 1. So the sum is 0 only where every element is -inf; a NaN or inf makes it NaN.
        const Vector factor(sum == 0 ? 0 : 1 / sum);
        map_row<1, 1>({to}, {to}, {step_out, step_out}, n, [=](const Vector* x, Vector* y) { y[0] = x[0] * factor; });
      });
}

void impl::log_softmax(ConstView in, View out) {
  for_each_row("log_softmax", in, out,
               [](const float* from, std::int64_t step_in, float* to, std::int64_t step_out, std::int64_t n) {
                 const float shift = shift_of(from, step_in, n);
                 double sum = 0;
                 for_each_block(from, step_in, n, [&](const float* block, std::int64_t, std::int64_t count) {
                   sum += sum_of_exp(block, count, shift);
                 });
                 // The sum is 0 only where every element is -inf, and these stay what they are. In this order: shift +
                 // log_sum would round to the spacing of large logits.
                 const Vector highest(shift), log_sum(sum == 0 ? 0.0f : static_cast<float>(std::log(sum)));
                 map_row<1, 1>({from}, {to}, {step_in, step_out}, n,
                               [=](const Vector* x, Vector* y) { y[0] = x[0] - highest - log_sum; });
               });
}
