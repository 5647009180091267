// Module 06's hidden tests of the backward kernels of products and activations: rarer edges of what the visible tests
// ask for.
#include <cmath>
#include <limits>
#include <vector>

#include "layers.hpp"
#include "testing/sentinels.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::layers;

namespace {

constexpr float kMost = std::numeric_limits<float>::max();

// ---- matmul_backward

/// Runs a kernel on dense operands of the extents m, k and n, into a dense gradient.
void expect_product(const Product& product, const Shape& m_k_n) {
  one_case([&](Generator& g) {
    g.note(std::string(product.name) + ", (m, k, n) " + to_string(m_k_n));
    const Operand first = g.input(product.operands[0], extents_of(product.first, m_k_n), Layout::dense);
    const Operand second = g.input(product.operands[1], extents_of(product.second, m_k_n), Layout::dense);
    expect_adds(product, first, second, gradient(g, product.operands[2], extents_of(product.gradient, m_k_n)));
  });
}

void expect_bias(const Shape& shape, float low) {
  one_case([&](Generator& g) {
    const Operand flowing = g.input("grad_out", shape, low, 1.0f), into = gradient(g, "grad_bias", {shape[1]});
    const Expected expected = oracle::linear_backward_bias(flowing.values(), into.values());
    kernel().linear_backward_bias(flowing, into);
    expect_close(into, expected);
  });
}

TEST(matmul_backward, nothing_to_sum) {
  // One of the three extents is the inner one of each kernel: what stands there stays as it is.
  for (const Product& product : kProducts)
    for (const Shape& m_k_n : {Shape{0, 3, 4}, Shape{3, 0, 4}, Shape{3, 4, 0}, Shape{0, 0, 5}, Shape{2, 3, 4}})
      expect_product(product, m_k_n);
  for (const Shape& shape : {Shape{0, 4}, Shape{4, 0}, Shape{1, 4}}) expect_bias(shape, -1.0f);
}

TEST(matmul_backward, extents_of_one) {
  for (const Product& product : kProducts)
    for (const Shape& m_k_n : {Shape{1, 1, 1}, Shape{1, 7, 1}, Shape{9, 1, 1}, Shape{1, 1, 33}, Shape{1, 16, 17}})
      expect_product(product, m_k_n);
}

TEST(matmul_backward, around_a_vectors_width) {
  for (const Product& product : kProducts)
    for (const std::int64_t n : {15, 16, 17, 31, 33, 47, 65})
      for (const Shape& m_k_n : {Shape{n, 2, 3}, Shape{3, n, 2}, Shape{2, 3, n}}) expect_product(product, m_k_n);
}

TEST(matmul_backward, long_sums) {
  for (const Product& product : kProducts)
    for (const Shape& m_k_n : {Shape{1000, 5, 3}, Shape{5, 1000, 3}, Shape{3, 5, 1000}}) expect_product(product, m_k_n);
  expect_bias({5000, 3}, 0.0f);
}

TEST(matmul_backward, nan_and_infinity) {
  one_case([](Generator&) {
    // 0 times NaN or infinity is NaN, so no zero may be skipped, on either side.
    const std::vector<float> zeros(9, 0.0f);
    for (const float special : {kNaN, kInfinity, -kInfinity})
      for (const std::size_t place : {0, 4, 8}) {
        std::vector<float> spoiled = counted(9);
        spoiled[place] = special;
        for (const Product& product : kProducts)
          for (const auto& [first, second] : {std::pair{zeros, spoiled}, std::pair{spoiled, zeros}}) {
            std::vector<float> into(9, 1.0f);
            expect_adds(product, dense(first, {3, 3}), dense(second, {3, 3}), dense(into, {3, 3}));
          }
      }
    for (const Product& product : kProducts) {
      const std::vector<float> numbers = counted(4);
      std::vector<float> into{kNaN, kInfinity, -kInfinity, 1};
      expect_adds(product, dense(numbers, {2, 2}), dense(numbers, {2, 2}), dense(into, {2, 2}));
    }
  });
}

TEST(matmul_backward, writes_the_gradient_only) {
  one_case([](Generator&) {
    const std::vector<float> numbers = counted(16);
    for (const Product& product : kProducts)
      for (const Strides& strides : {Strides{8, 2}, Strides{2, 12}, Strides{-9, 2}, Strides{4, 1}, Strides{1, -5}}) {
        Sentinels memory({3, 4}, strides);
        Shape extents{2, 2, 2};
        extents[product.gradient[0]] = 3;
        extents[product.gradient[1]] = 4;
        expect_adds(product, dense(numbers, extents_of(product.first, extents)),
                    dense(numbers, extents_of(product.second, extents)), memory.view());
        memory.expect_rest_untouched();
      }
  });
}

TEST(matmul_backward, operands_that_share_memory) {
  one_case([](Generator&) {
    // x x^T and x^T x: one matrix, given as both operands, and as its own transpose.
    const std::vector<float> memory = counted(16);
    const ConstView square = dense(memory, {4, 4}), turned{memory.data(), {4, 4}, {1, 4}};
    const ConstView row{memory.data(), {4, 4}, {0, 1}}, one{memory.data() + 5, {4, 4}, {0, 0}};
    for (const Product& product : kProducts)
      for (const ConstView& other : {square, turned, row, one}) {
        std::vector<float> into(16, 2.0f);
        expect_adds(product, square, other, dense(into, {4, 4}));
        expect_adds(product, other, square, dense(into, {4, 4}));
      }
  });
}

// ---- activations_backward

TEST(activations_backward, scalars) {
  one_case([](Generator&) {
    for (const Activation& each : kElementwise) {
      float flowing = 3, kept = 0.5f, into = 7;
      expect_adds(each, ConstView{&flowing, {}, {}}, ConstView{&kept, {}, {}}, View{&into, {}, {}});
    }
    for (const Activation& each : kRows) {
      float flowing = 3, kept = 0.5f, into = 7;
      expect_error(ErrorKind::invalid_argument, std::string(each.name) + " of a scalar, which has no rows", [&] {
        each(ConstView{&flowing, {}, {}}, ConstView{&kept, {}, {}}, View{&into, {}, {}});
      });
      expect_adds(each, ConstView{&flowing, {1}, {9}}, ConstView{&kept, {1}, {-9}}, View{&into, {1}, {0}});
    }
  });
}

TEST(activations_backward, nothing_to_do) {
  for_each_activation([](const Activation& activation) {
    for (const Shape& shape : {Shape{0}, Shape{0, 3}, Shape{3, 0}, Shape{2, 0, 3}, Shape{1}, Shape{1, 1, 1, 1, 1, 1}})
      one_case([&](Generator& g) {
        g.note(activation.name);
        const Operand flowing = g.input(activation.operands[0], shape);
        const Operand kept = g.input(activation.operands[1], shape, activation.low, activation.high);
        expect_adds(activation, flowing, kept, gradient(g, activation.operands[2], shape));
      });
  });
}

TEST(activations_backward, six_dimensions) {
  one_case([](Generator&) {
    const Shape shape{2, 1, 3, 2, 1, 2};
    std::vector<float> flowing = counted(64), kept(64), into(64, 3.0f);
    for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = static_cast<float>(i) / 64 - 0.5f;
    for_each_activation([&](const Activation& activation) {
      expect_adds(activation, {flowing.data() + 30, shape, {-12, 5, 4, -2, 9, 1}},
                  {kept.data() + 63, shape, {-2, 0, -6, -3, 0, -1}}, {into.data(), shape, {1, 2, 4, 12, 3, 24}});
    });
  });
}

TEST(activations_backward, nan_stays_nan) {
  one_case([](Generator&) {
    const std::vector<float> numbers{0.5f, -0.25f, 0.75f, 0.125f};
    for_each_activation([&](const Activation& activation) {
      for (const std::size_t place : {0, 2, 3}) {
        std::vector<float> spoiled = numbers, into(4, 1.0f);
        spoiled[place] = kNaN;
        expect_adds(activation, dense(numbers, {2, 2}), dense(spoiled, {2, 2}), dense(into, {2, 2}));
        EXPECT_TRUE(std::isnan(into[place])) << activation.name << ", where what went in or came out is NaN";
      }
    });
  });
}

TEST(activations_backward, relu_of_infinite_gradients) {
  one_case([](Generator&) {
    // What is shut off adds nothing, whatever arrives; 0 times infinity would be NaN.
    const std::vector<float> flowing{kInfinity, -kInfinity, kNaN, kInfinity, kMost, -kInfinity};
    const std::vector<float> in{-1, 0, -2, 3, -0.0f, -kInfinity};
    std::vector<float> into{1, 2, 3, 4, 5, 6};
    kElementwise[0](dense(flowing, {6}), dense(in, {6}), dense(into, {6}));
    EXPECT_EQ(into, (std::vector<float>{1, 2, 3, kInfinity, 5, 6})) << "relu_backward of in {-1, 0, -2, 3, -0, -inf}";
  });
}

TEST(activations_backward, relu_at_its_kink) {
  one_case([](Generator&) {
    const float least = std::numeric_limits<float>::denorm_min();
    const std::vector<float> flowing{1, 2, 3, 4}, in{0, -0.0f, least, -least};
    std::vector<float> into(4, 10.0f);
    kElementwise[0](dense(flowing, {4}), dense(in, {4}), dense(into, {4}));
    EXPECT_EQ(into, (std::vector<float>{10, 10, 13, 10})) << "in 0, -0, and the least numbers above and below it";
  });
}

TEST(activations_backward, far_from_zero) {
  one_case([](Generator&) {
    // Squares and cubes overflow long before the number itself; 0 times infinity is NaN.
    for (const Activation& each : {kElementwise[0], kElementwise[3], kElementwise[4]})
      for (const float far : {12.0f, 100.0f, 1e13f, 1e20f, kMost, kInfinity}) {
        const std::vector<float> flowing{2, 3}, in{far, -far};
        std::vector<float> into{5, 7};
        each(dense(flowing, {2}), dense(in, {2}), dense(into, {2}));
        EXPECT_EQ(into, (std::vector<float>{7, 7})) << each.name << " of 2 at " << far << " and of 3 at " << -far;
      }
  });
}

TEST(activations_backward, gelu_everywhere) {
  one_case([](Generator&) {
    std::vector<float> flowing, in;
    for (float x = -13; x <= 13; x += 0.0625f) {
      flowing.push_back(x < 0 ? 1.5f : -0.75f);
      in.push_back(x);
    }
    const auto n = static_cast<std::int64_t>(in.size());
    for (const Activation& each : {kElementwise[3], kElementwise[4]}) {
      std::vector<float> into(in.size(), 0.0f);
      expect_adds(each, dense(flowing, {n}), dense(in, {n}), dense(into, {n}));
    }
  });
}

TEST(activations_backward, rows_that_cannot_be) {
  one_case([](Generator&) {
    // softmax of nothing but -inf is zeros, log_softmax is -inf throughout; a class that cannot be has 0 and -inf.
    const auto& [softmax, log_softmax] = kRows;
    const std::vector<float> flowing{1, 2, 3, 4, 5, 6}, none{0, 0, 0, 0.5f, 0, 0.5f};
    const std::vector<float> no{-kInfinity, -kInfinity, -kInfinity, -0.5f, -kInfinity, -1};
    std::vector<float> into(6, 1.0f);
    expect_adds(softmax, dense(flowing, {2, 3}), dense(none, {2, 3}), dense(into, {2, 3}));
    expect_adds(log_softmax, dense(flowing, {2, 3}), dense(no, {2, 3}), dense(into, {2, 3}));
  });
}

TEST(activations_backward, long_rows) {
  for (const Activation& each : kRows)
    for (const std::int64_t n : {15, 17, 33, 64, 257})
      for (const Layout layout : {Layout::dense, Layout::transposed, Layout::reversed})
        one_case([&](Generator& g) {
          g.note(each.name);
          const Operand flowing = g.input(each.operands[0], {3, n}, layout);
          const Operand kept = g.input(each.operands[1], {3, n}, layout, each.low, each.high);
          expect_adds(each, flowing, kept, gradient(g, each.operands[2], {3, n}, layout));
        });
}

TEST(activations_backward, writes_the_gradient_only) {
  one_case([](Generator&) {
    const std::vector<float> numbers{0.5f, 0.25f, 0.125f, 0.75f, 0.375f, 0.625f};
    for_each_activation([&](const Activation& activation) {
      for (const Strides& strides : {Strides{8, 2}, Strides{2, 12}, Strides{-9, 2}, Strides{3, 1}, Strides{1, -5}}) {
        Sentinels memory({2, 3}, strides);
        expect_adds(activation, dense(numbers, {2, 3}), dense(numbers, {2, 3}), memory.view());
        memory.expect_rest_untouched();
      }
    });
  });
}

}  // namespace
