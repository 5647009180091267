// Module 06's tests of the backward kernels of products and activations, as students see them: one suite an exercise,
// one behaviour a test; at the end the speed cases. Every gradient holds something before it is added to.
// The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include <vector>

#include "layers.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::layers;

namespace {

// ---- matmul_backward

TEST(matmul_backward, by_hand) {
  one_case([](Generator&) {
    // c = a b with a (2, 2), b (2, 3); what flows into c is 1 at (0, 0) and 10 at (1, 2).
    const std::vector<float> a{1, 2, 3, 4}, b{1, 2, 3, 4, 5, 6}, flowing{1, 0, 0, 0, 0, 10};
    std::vector<float> grad_a(4, 0.0f), grad_b(6, 0.0f);
    kernel().matmul_backward_a(dense(flowing, {2, 3}), dense(b, {2, 3}), dense(grad_a, {2, 2}));
    EXPECT_EQ(grad_a, (std::vector<float>{1, 4, 30, 60})) << "grad_c b^T";
    kernel().matmul_backward_b(dense(a, {2, 2}), dense(flowing, {2, 3}), dense(grad_b, {2, 3}));
    EXPECT_EQ(grad_b, (std::vector<float>{1, 0, 30, 2, 0, 40})) << "a^T grad_c";
    // out = in weight^T + bias with in (2, 2), weight (3, 2): the weight's gradient has the weight's shape.
    const std::vector<float> weight{1, 4, 2, 5, 3, 6};
    std::vector<float> grad_in(4, 0.0f), grad_weight(6, 0.0f), grad_bias(3, 0.0f);
    kernel().linear_backward_in(dense(flowing, {2, 3}), dense(weight, {3, 2}), dense(grad_in, {2, 2}));
    EXPECT_EQ(grad_in, (std::vector<float>{1, 4, 30, 60})) << "grad_out weight";
    kernel().linear_backward_weight(dense(flowing, {2, 3}), dense(a, {2, 2}), dense(grad_weight, {3, 2}));
    EXPECT_EQ(grad_weight, (std::vector<float>{1, 2, 0, 0, 30, 40})) << "grad_out^T in";
    kernel().linear_backward_bias(dense(flowing, {2, 3}), dense(grad_bias, {3}));
    EXPECT_EQ(grad_bias, (std::vector<float>{1, 0, 10})) << "grad_out, summed over the batch";
  });
}

TEST(matmul_backward, keeps_what_is_there) {
  one_case([](Generator&) {
    // Every product is 2: two ones for every element.
    const std::vector<float> ones(4, 1.0f);
    for (const Product& product : kProducts) {
      std::vector<float> gradient{1, 2, 3, 4};
      for (const float times : {2.0f, 4.0f}) {
        product(dense(ones, {2, 2}), dense(ones, {2, 2}), dense(gradient, {2, 2}));
        EXPECT_EQ(gradient, (std::vector<float>{1 + times, 2 + times, 3 + times, 4 + times}))
            << product.name << " adds 2 to each of 1, 2, 3, 4, once and then once more";
      }
    }
    std::vector<float> gradient{1, 2};
    kernel().linear_backward_bias(dense(ones, {2, 2}), dense(gradient, {2}));
    EXPECT_EQ(gradient, (std::vector<float>{3, 4})) << "linear_backward_bias adds 2 to 1 and 2";
  });
}

TEST(matmul_backward, random_shapes) {
  for (const Product& product : kProducts) {
    for_each_case(20, [&](Generator& g) {
      g.note(product.name);
      const Shape m_k_n{g.extent(), g.extent(), g.extent()};
      const Operand first = g.input(product.operands[0], extents_of(product.first, m_k_n), Layout::dense);
      const Operand second = g.input(product.operands[1], extents_of(product.second, m_k_n), Layout::dense);
      expect_adds(product, first, second, gradient(g, product.operands[2], extents_of(product.gradient, m_k_n)));
    });
  }
}

TEST(matmul_backward, random_layouts) {
  for (const Product& product : kProducts) {
    for_each_case(20, [&](Generator& g) {
      g.note(product.name);
      const Shape m_k_n{g.positive_extent(), g.positive_extent(), g.positive_extent()};
      const Operand first = g.input(product.operands[0], extents_of(product.first, m_k_n));
      const Operand second = g.input(product.operands[1], extents_of(product.second, m_k_n));
      expect_adds(product, first, second,
                  gradient(g, product.operands[2], extents_of(product.gradient, m_k_n), g.writable_layout()));
    });
  }
}

TEST(matmul_backward, shapes_of_a_layer) {
  // (batch, in_features, out_features), of which no two are equal.
  for (const Shape& m_k_n : {Shape{2, 3, 5}, Shape{5, 3, 2}, Shape{1, 9, 4}, Shape{17, 2, 3}, Shape{3, 33, 1}})
    for (const Product& product : kProducts) {
      for_each_case(2, [&](Generator& g) {
        g.note(product.name);
        const Operand first = g.input(product.operands[0], extents_of(product.first, m_k_n));
        const Operand second = g.input(product.operands[1], extents_of(product.second, m_k_n));
        expect_adds(product, first, second, gradient(g, product.operands[2], extents_of(product.gradient, m_k_n)));
      });
    }
}

TEST(matmul_backward, bias_gets_every_row) {
  for_each_case(20, [](Generator& g) {
    const Operand flowing = g.input("grad_out", {g.extent(), g.extent()});
    const Operand into = gradient(g, "grad_bias", {flowing.shape()[1]}, g.writable_layout());
    const Expected expected = oracle::linear_backward_bias(flowing.values(), into.values());
    kernel().linear_backward_bias(flowing, into);
    expect_close(into, expected);
  });
}

TEST(matmul_backward, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(64);
    std::vector<float> into(64, 1.0f);
    const Shape m_k_n{2, 3, 4};
    for (const Product& product : kProducts) {
      const Shape first = extents_of(product.first, m_k_n), second = extents_of(product.second, m_k_n);
      const Shape fits = extents_of(product.gradient, m_k_n);
      const Shape turned{fits[1], fits[0]};
      struct Case {
        Shape first, second, gradient;
      };
      const Case cases[] = {{first, second, turned},
                            {{first[1], first[0]}, second, fits},
                            {first, {second[1], second[0]}, fits},
                            {first, second, {fits[0] + 1, fits[1]}},
                            {first, second, {fits[0], fits[1] - 1}},
                            {first, second, {fits.elements()}},
                            {first, {second.elements()}, fits},
                            {{1, first[0], first[1]}, second, fits}};
      for (const Case& each : cases)
        expect_error(
            ErrorKind::invalid_argument,
            std::string(product.name) + " of " + to_string(each.first) + " and " + to_string(each.second) + " into " +
                to_string(each.gradient),
            [&] { product(dense(memory, each.first), dense(memory, each.second), dense(into, each.gradient)); });
      expect_adds(product, dense(memory, first), dense(memory, second), dense(into, fits));
    }
    for (const auto& [shape, bias] : {std::pair{Shape{2, 3}, Shape{2}}, std::pair{Shape{2, 3}, Shape{1, 3}},
                                      std::pair{Shape{6}, Shape{6}}, std::pair{Shape{2, 1, 3}, Shape{3}}})
      expect_error(
          ErrorKind::invalid_argument, "linear_backward_bias of " + to_string(shape) + " into " + to_string(bias),
          [&, shape = shape, bias = bias] { kernel().linear_backward_bias(dense(memory, shape), dense(into, bias)); });
  });
}

// ---- activations_backward

/// What each kernel adds to a gradient of hundreds, so that both digits show.
void expect_from_hundreds(const Backward& backward, const std::vector<float>& flowing, const std::vector<float>& kept,
                          const std::vector<float>& added) {
  const auto n = static_cast<std::int64_t>(flowing.size());
  std::vector<float> gradient(flowing.size(), 100.0f), wanted = gradient;
  for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] += added[i];
  backward(dense(flowing, {n}), dense(kept, {n}), dense(gradient, {n}));
  EXPECT_EQ(gradient, wanted) << backward.name << ", with 100 everywhere before";
}

TEST(activations_backward, by_hand) {
  one_case([](Generator&) {
    const auto& [relu, sigmoid, tanh, gelu, gelu_tanh] = kElementwise;
    expect_from_hundreds(relu, {5, 6, 7, 8}, {-1, 0, 2, 0.5f}, {0, 0, 7, 8});
    expect_from_hundreds(sigmoid, {8, 16, 8, 8}, {0.5f, 0.25f, 0, 1}, {2, 3, 0, 0});
    expect_from_hundreds(tanh, {8, 4, 4, 8}, {0, 0.5f, -0.5f, -1}, {8, 3, 3, 0});
    expect_from_hundreds(gelu, {8, -4}, {0, 0}, {4, -2});
    expect_from_hundreds(gelu_tanh, {8, -4}, {0, 0}, {4, -2});
  });
}

TEST(activations_backward, softmax_by_hand) {
  one_case([](Generator&) {
    const auto& [softmax, log_softmax] = kRows;
    // The sum of grad_out * out is 4; the other elements of the row feel what flows into the first.
    expect_from_hundreds(softmax, {8, 0, 0}, {0.5f, 0.25f, 0.25f}, {2, -1, -1});
    expect_from_hundreds(softmax, {3, 3, 3}, {0.5f, 0.25f, 0.25f}, {0, 0, 0});
    expect_from_hundreds(softmax, {7}, {1}, {0});
    // log_softmax gives the logarithms of the probabilities; exp(0) is 1, exp(-inf) is 0.
    expect_from_hundreds(log_softmax, {8, 4}, {0, -kInfinity}, {-4, 4});
    expect_from_hundreds(log_softmax, {7}, {0}, {0});
  });
}

TEST(activations_backward, keeps_what_is_there) {
  for_each_activation([](const Activation& activation) {
    for_each_case(3, [&](Generator& g) {
      g.note(std::string(activation.name) + ", twice into one gradient");
      const Operand flowing = g.input(activation.operands[0], {3, 5});
      const Operand kept = g.input(activation.operands[1], {3, 5}, activation.low, activation.high);
      const Operand into = gradient(g, activation.operands[2], {3, 5});
      expect_adds(activation, flowing, kept, into);
      expect_adds(activation, flowing, kept, into);
    });
  });
}

TEST(activations_backward, random_shapes) {
  for_each_activation([](const Activation& activation) {
    for_each_case(15, [&](Generator& g) {
      g.note(activation.name);
      const Shape shape = g.shape(random_rank(g, 1, 4));
      const Operand flowing = g.input(activation.operands[0], shape, Layout::dense);
      const Operand kept = g.input(activation.operands[1], shape, Layout::dense, activation.low, activation.high);
      expect_adds(activation, flowing, kept, gradient(g, activation.operands[2], shape));
    });
  });
}

TEST(activations_backward, random_layouts) {
  for_each_activation([](const Activation& activation) {
    for_each_case(15, [&](Generator& g) {
      g.note(activation.name);
      const Shape shape = g.shape(random_rank(g, 1, 4));
      const Operand flowing = g.input(activation.operands[0], shape);
      const Operand kept = g.input(activation.operands[1], shape, activation.low, activation.high);
      expect_adds(activation, flowing, kept, gradient(g, activation.operands[2], shape, g.writable_layout()));
    });
  });
}

TEST(activations_backward, saturated) {
  one_case([](Generator&) {
    // Nothing flows back through what has reached its end; all of it through the straight part of relu and gelu.
    const auto& [relu, sigmoid, tanh, gelu, gelu_tanh] = kElementwise;
    expect_from_hundreds(sigmoid, {5, 6}, {0, 1}, {0, 0});
    expect_from_hundreds(tanh, {5, 6}, {-1, 1}, {0, 0});
    for (const Activation& each : {relu, gelu, gelu_tanh})
      for (const float far : {15.0f, 50.0f, 1000.0f}) expect_from_hundreds(each, {5, 6}, {-far, far}, {0, 6});
  });
}

TEST(activations_backward, log_softmax_far_apart) {
  one_case([](Generator&) {
    // log_softmax of (0, 200) and of (0, 0, 200): a probability of exp(-200) is 0 in floats, its logarithm is not.
    const auto& [softmax, log_softmax] = kRows;
    expect_from_hundreds(log_softmax, {8, 0}, {-200, 0}, {8, -8});
    expect_from_hundreds(log_softmax, {1, 2, 4}, {-200, -200, 0}, {1, 2, -3});
    expect_from_hundreds(softmax, {1, 2, 4}, {0, 0, 1}, {0, 0, 0});
  });
}

TEST(activations_backward, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory(24, 0.5f);
    std::vector<float> into(24, 1.0f);
    for_each_activation([&](const Activation& activation) {
      struct Case {
        Shape grad_out, kept, grad_in;
      };
      const Case cases[] = {{{2, 3}, {3, 2}, {2, 3}}, {{2, 3}, {2, 3}, {3, 2}}, {{6}, {2, 3}, {2, 3}},
                            {{2, 3}, {3}, {2, 3}},    {{1, 3}, {2, 3}, {2, 3}}, {{2, 3}, {2, 3}, {1, 2, 3}}};
      for (const auto& [grad_out, kept, grad_in] : cases)
        expect_error(ErrorKind::invalid_argument,
                     std::string(activation.name) + " of " + to_string(grad_out) + " and " + to_string(kept) +
                         " into " + to_string(grad_in),
                     [&, grad_out = grad_out, kept = kept, grad_in = grad_in] {
                       activation(dense(memory, grad_out), dense(memory, kept), dense(into, grad_in));
                     });
      expect_adds(activation, dense(memory, {2, 3}), dense(memory, {2, 3}), dense(into, {2, 3}));
    });
  });
}

// ---- speed: what the steps in module.toml are about

constexpr std::int64_t kSide = 160;

const speed::SpeedCase by_a = speed::speed_case<&AutogradSlots::matmul_backward_a>(
    "matmul_backward.by_a",
    [](speed::SpeedArguments& s) {
      ConstView grad_c = s.input({kSide, kSide}), b = s.input({kSide, kSide});
      return std::tuple<ConstView, ConstView, View>(grad_c, b, s.in_out({kSide, kSide}));
    },
    [](ConstView grad_c, ConstView b, View grad_a) {
      return oracle::matmul_backward_a(to_array64(grad_c), to_array64(b), to_array64(grad_a));
    });

const speed::SpeedCase by_b = speed::speed_case<&AutogradSlots::matmul_backward_b>(
    "matmul_backward.by_b",
    [](speed::SpeedArguments& s) {
      ConstView a = s.input({kSide, kSide}), grad_c = s.input({kSide, kSide});
      return std::tuple<ConstView, ConstView, View>(a, grad_c, s.in_out({kSide, kSide}));
    },
    [](ConstView a, ConstView grad_c, View grad_b) {
      return oracle::matmul_backward_b(to_array64(a), to_array64(grad_c), to_array64(grad_b));
    });

}  // namespace
