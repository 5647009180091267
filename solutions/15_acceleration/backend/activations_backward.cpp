// What flows back through the activations: element by element, and for softmax and log_softmax row by row.
#include "elementwise.hpp"
#include "kiln/kernels/autograd.hpp"
#include "rows.hpp"

using namespace kiln;

namespace {

using namespace impl::simd;

void require_one_shape(const char* kernel, const ConstView& grad_out, const ConstView& kept, const View& grad_in) {
  KILN_REQUIRE(std::string(kernel) + ": grad_out and what is kept of the forward pass have one shape",
               grad_out.shape == kept.shape);
  KILN_REQUIRE(std::string(kernel) + ": grad_out and grad_in have one shape", grad_out.shape == grad_in.shape);
}

/// grad_in += term(grad_out, kept), element by element.
template <class Term>
void add_terms(const char* kernel, const ConstView& grad_out, const ConstView& kept, const View& grad_in, Term term) {
  require_one_shape(kernel, grad_out, kept, grad_in);
  impl::map<3, 1>({grad_out, kept, grad_in}, {grad_in},
                  [=](const Vector* x, Vector* y) { y[0] = x[2] + term(x[0], x[1]); });
}

/// A row of the three views.
struct Row {
  const float* grad;
  const float* kept;
  float* to;
  std::int64_t step_grad, step_kept, step_to, n;

  /// The sum of term(grad, kept).
  template <class Term>
  float sum(Term term) const {
    alignas(64) float grads[impl::kBlock], others[impl::kBlock];
    const bool dense = step_grad == 1 && step_kept == 1;
    const std::int64_t block = dense ? n : impl::kBlock;
    float sum = 0;
    for (std::int64_t i = 0; i < n; i += block) {
      const std::int64_t count = std::min(block, n - i);
      const float* const g = impl::gathered(grad + i * step_grad, step_grad, count, grads);
      const float* const k = impl::gathered(kept + i * step_kept, step_kept, count, others);
      sum += impl::sum_terms(count, [=](std::int64_t j, std::int64_t lanes) {
        return term(impl::load_some(g, j, lanes), impl::load_some(k, j, lanes));
      });
    }
    return sum;
  }

  /// to += term(grad, kept)
  template <class Term>
  void add(Term term) const {
    impl::map_row<3, 1>({grad, kept, to}, {to}, {step_grad, step_kept, step_to, step_to}, n,
                        [=](const Vector* x, Vector* y) { y[0] = x[2] + term(x[0], x[1]); });
  }
};

template <class Body>
void for_each_row(const char* kernel, const ConstView& grad_out, const ConstView& kept, const View& grad_in,
                  Body body) {
  require_one_shape(kernel, grad_out, kept, grad_in);
  KILN_REQUIRE(std::string(kernel) + ": a scalar has no rows", grad_in.rank() > 0);
  if (grad_in.size() == 0) return;
  const int last = grad_in.rank() - 1;
  impl::Walk<3> walk = impl::walk_of<3>(grad_in.shape, {grad_out.strides, kept.strides, grad_in.strides}, last);
  walk.merge(2);
  walk.run_parallel(grad_in.shape[last], [&](const impl::Offsets<3>& at) {
    body(Row{grad_out.data + at[0], kept.data + at[1], grad_in.data + at[2], grad_out.strides[last], kept.strides[last],
             grad_in.strides[last], grad_in.shape[last]});
  });
}

}  // namespace

void impl::relu_backward(ConstView grad_out, ConstView in, View grad_in) {
  // A choice, and no product: 0 times an infinite gradient would be NaN.
  add_terms("relu_backward", grad_out, in, grad_in, [](Vector grad, Vector x) {
    const Vector passed = xsimd::select(x > Vector(0.0f), grad, Vector(0.0f));
    return xsimd::select(xsimd::isnan(x), x, passed);
  });
}

void impl::sigmoid_backward(ConstView grad_out, ConstView out, View grad_in) {
  add_terms("sigmoid_backward", grad_out, out, grad_in,
            [](Vector grad, Vector y) { return grad * y * (Vector(1.0f) - y); });
}

void impl::tanh_backward(ConstView grad_out, ConstView out, View grad_in) {
  add_terms("tanh_backward", grad_out, out, grad_in,
            [](Vector grad, Vector y) { return grad * (Vector(1.0f) - y * y); });
}

void impl::gelu_backward(ConstView grad_out, ConstView in, View grad_in) {
  add_terms("gelu_backward", grad_out, in, grad_in, [](Vector grad, Vector x) { return grad * simd::gelu_slope(x); });
}

void impl::gelu_tanh_backward(ConstView grad_out, ConstView in, View grad_in) {
  add_terms("gelu_tanh_backward", grad_out, in, grad_in,
            [](Vector grad, Vector x) { return grad * simd::gelu_tanh_slope(x); });
}

void impl::softmax_backward(ConstView grad_out, ConstView out, View grad_in) {
  for_each_row("softmax_backward", grad_out, out, grad_in, [](const Row& row) {
    const Vector shared(row.sum([](Vector grad, Vector y) { return grad * y; }));
    row.add([=](Vector grad, Vector y) { return y * (grad - shared); });
  });
}

void impl::log_softmax_backward(ConstView grad_out, ConstView out, View grad_in) {
  for_each_row("log_softmax_backward", grad_out, out, grad_in, [](const Row& row) {
    const Vector sum(row.sum([](Vector grad, Vector) { return grad; }));
    row.add([=](Vector grad, Vector y) { return grad - simd::exp(y) * sum; });
  });
}
