// What the tests of batch_norm and batch_norm_backward share: batches of any rank drawn at random, and one call
// compared with its oracle.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "kiln/kernels/spatial.hpp"
#include "oracle_of_batch_norm.hpp"
#include "testing/kept.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

namespace kiln::batches {

using testing::Array64;
using testing::Generator;
using testing::Layout;
using testing::Operand;

inline const SpatialSlots& kernel() { return testing::under_test<SpatialSlots>(); }

/// (batch, channels, ...) of rank 2 to 5, at least two elements a channel.
inline Shape random_batch(Generator& g) {
  Shape shape = g.shape(testing::random_rank(g, 2, 5));
  for (std::int64_t& extent : shape) extent = std::max<std::int64_t>(extent, 1);
  const std::int64_t count = shape.elements() / shape[1];
  if (count < 2) shape[0] = 2;
  return shape;
}

/// All operands of the forward kernels for one batch; each of a layout of its own where `any_layout`.
struct Forward {
  Generator& g;
  Operand in, weight, bias, running_mean, running_variance, out, mean, scale;
  float momentum = 0.1f, epsilon = 1e-5f;

  Forward(Generator& generator, const Shape& shape, bool any_layout, float low = -1.0f, float high = 1.0f)
      : g(generator),
        in(g.input("in", shape, any_layout ? g.layout() : Layout::dense, low, high)),
        weight(g.input("weight", {shape[1]}, layout(any_layout), -2.0f, 2.0f)),
        bias(g.input("bias", {shape[1]}, layout(any_layout))),
        running_mean(g.input("running_mean", {shape[1]}, layout(any_layout))),
        running_variance(g.input("running_variance", {shape[1]}, layout(any_layout), 0.5f, 2.0f)),
        out(g.output("out", shape, layout(any_layout))),
        mean(g.output("mean", {shape[1]}, layout(any_layout))),
        scale(g.output("scale", {shape[1]}, layout(any_layout))) {}

  void call_train() const {
    kernel().batch_norm_train(in, weight, bias, momentum, epsilon, running_mean, running_variance, out, mean, scale);
  }
  /// One call, of which every output is compared.
  void expect_train() const {
    g.note("momentum " + std::to_string(momentum) + ", epsilon " + std::to_string(epsilon));
    const oracle::BatchNorm expected =
        oracle::batch_norm_train(in.values(), weight.values(), bias.values(), momentum, epsilon, running_mean.values(),
                                 running_variance.values());
    call_train();
    testing::expect_close(mean, expected.mean);
    testing::expect_close(scale, expected.scale);
    testing::expect_close(out, expected.out);
    testing::expect_close(running_mean, expected.running_mean);
    testing::expect_close(running_variance, expected.running_variance);
  }
  void expect_eval() const {
    g.note("epsilon " + std::to_string(epsilon));
    kernel().batch_norm_eval(in, weight, bias, running_mean, running_variance, epsilon, out);
    testing::expect_close(out, oracle::batch_norm_eval(in.values(), weight.values(), bias.values(),
                                                       running_mean.values(), running_variance.values(), epsilon));
  }

 private:
  Layout layout(bool any) const { return any ? g.writable_layout() : Layout::dense; }
};

/// All operands of the backward kernels: mean and scale as batch_norm_train would have written them, and gradients in
/// which something stands.
struct Backward {
  Generator& g;
  Operand grad_out, in, weight, mean, scale, grad_in, grad_weight, grad_bias;

  Backward(Generator& generator, const Shape& shape, bool any_layout, float low = -1.0f, float high = 1.0f)
      : g(generator),
        grad_out(g.input("grad_out", shape, any_layout ? g.layout() : Layout::dense)),
        in(g.input("in", shape, any_layout ? g.layout() : Layout::dense, low, high)),
        weight(g.input("weight", {shape[1]}, layout(any_layout), -2.0f, 2.0f)),
        mean(g.output("mean", {shape[1]}, layout(any_layout))),
        scale(g.output("scale", {shape[1]}, layout(any_layout))),
        grad_in(g.input("grad_in", shape, layout(any_layout))),
        grad_weight(g.input("grad_weight", {shape[1]}, layout(any_layout))),
        grad_bias(g.input("grad_bias", {shape[1]}, layout(any_layout))) {
    const Array64 nothing({shape[1]});
    const oracle::BatchNorm forward =
        oracle::batch_norm_train(in.values(), weight.values(), nothing, 0, 1e-3, nothing, nothing);
    mean.assign(forward.mean.value);
    scale.assign(forward.scale.value);
  }

  void expect_in() const {
    const testing::Expected expected = oracle::batch_norm_backward_in(grad_out.values(), in.values(), weight.values(),
                                                                      mean.values(), scale.values(), grad_in.values());
    kernel().batch_norm_backward_in(grad_out, in, weight, mean, scale, grad_in);
    testing::expect_close(grad_in, expected);
  }
  void expect_weight() const {
    const testing::Expected expected = oracle::batch_norm_backward_weight(grad_out.values(), in.values(), mean.values(),
                                                                          scale.values(), grad_weight.values());
    kernel().batch_norm_backward_weight(grad_out, in, mean, scale, grad_weight);
    testing::expect_close(grad_weight, expected);
  }
  void expect_bias() const {
    const testing::Expected expected = oracle::batch_norm_backward_bias(grad_out.values(), grad_bias.values());
    kernel().batch_norm_backward_bias(grad_out, grad_bias);
    testing::expect_close(grad_bias, expected);
  }
  void expect_all() const {
    expect_in();
    expect_weight();
    expect_bias();
  }

 private:
  Layout layout(bool any) const { return any ? g.writable_layout() : Layout::dense; }
};

}  // namespace kiln::batches
