// What the modules' tests do not ask of a backend: large shapes on their special paths, the same bits on any number of
// threads, and words for what is missing.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "kiln/instruction_set.hpp"
#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/random.hpp"
#include "kiln/tensor.hpp"
#include "on_every_backend.hpp"

namespace kiln {
namespace {

constexpr double kEps = std::numeric_limits<float>::epsilon() / 2;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Case {
  Shape in, weight;
  Conv2dOptions options;
};

/// Channels enough for Winograd's way, odd extents, strides, kernels that are no 3 x 3, rows longer than a tile; then
/// batches of small images, in whole groups and not.
const std::vector<Case> kConvolutions{
    {{2, 64, 14, 14}, {64, 64, 3, 3}, {1, 1, 1, 1}}, {{1, 33, 9, 31}, {40, 33, 3, 3}, {1, 1, 1, 1}},
    {{2, 32, 5, 5}, {32, 32, 3, 3}, {1, 1, 0, 0}},   {{1, 32, 3, 40}, {35, 32, 3, 3}, {1, 1, 2, 2}},
    {{2, 16, 28, 28}, {24, 16, 3, 3}, {2, 2, 1, 1}}, {{1, 40, 20, 56}, {36, 40, 5, 5}, {1, 1, 2, 2}},
    {{3, 1, 28, 28}, {16, 1, 3, 3}, {1, 1, 1, 1}},   {{1, 8, 70, 70}, {13, 8, 1, 1}, {1, 1, 0, 0}},
    {{32, 16, 4, 4}, {32, 16, 3, 3}, {1, 1, 1, 1}},  {{43, 3, 7, 9}, {13, 3, 5, 2}, {2, 3, 4, 2}},
    {{19, 2, 14, 14}, {9, 2, 3, 3}, {2, 1, 0, 1}},   {{64, 1, 8, 8}, {16, 1, 3, 3}, {1, 1, 1, 1}},
    {{33, 5, 1, 1}, {7, 5, 1, 1}, {1, 1, 0, 0}},     {{32, 2, 6, 6}, {3, 2, 2, 2}, {5, 5, 3, 3}},
    {{32, 1, 2, 2}, {3, 1, 1, 1}, {99, 99, 99, 99}}};

/// By the formula, in double; and for each output pixel the magnitudes that it may err by: of its window, and for
/// Winograd's way (winograd.hpp) of the pixels around it.
struct Exact {
  std::vector<double> values, bounds;
};
Exact convolve(const Tensor& in, const Tensor& weight, const Tensor& bias, const Conv2dOptions& options,
               const Shape& out) {
  Exact exact;
  const ConstView x = in.data(), w = weight.data();
  const std::int64_t height = in.shape()[2], width = in.shape()[3];
  double largest = 0;
  for (const float value : weight.flat()) largest = std::max(largest, std::fabs(static_cast<double>(value)));
  for (std::int64_t n = 0; n < out[0]; ++n)
    for (std::int64_t o = 0; o < out[1]; ++o)
      for (std::int64_t y = 0; y < out[2]; ++y)
        for (std::int64_t z = 0; z < out[3]; ++z) {
          double sum = bias.data()(o), around = 0;
          for (std::int64_t i = 0; i < in.shape()[1]; ++i)
            for (std::int64_t r = -1; r <= weight.shape()[2]; ++r)
              for (std::int64_t s = -1; s <= weight.shape()[3]; ++s) {
                const std::int64_t h = y * options.stride_height - options.padding_height + r;
                const std::int64_t v = z * options.stride_width - options.padding_width + s;
                if (h < 0 || h >= height || v < 0 || v >= width) continue;
                around += largest * std::fabs(static_cast<double>(x(n, i, h, v)));
                if (r >= 0 && r < weight.shape()[2] && s >= 0 && s < weight.shape()[3])
                  sum += static_cast<double>(x(n, i, h, v)) * static_cast<double>(w(o, i, r, s));
              }
          exact.values.push_back(sum);
          exact.bounds.push_back(kEps * (4.0 * std::sqrt(static_cast<double>(in.shape()[1])) + 8) *
                                 (around + std::fabs(sum)));
        }
  return exact;
}

TEST(Backends, ConvolutionsOfNetworks) {
  const Restored restored;
  Random random(5);
  for (const Case& each : kConvolutions) {
    const Tensor in = Tensor::normal(each.in, random), weight = Tensor::normal(each.weight, random);
    const Tensor bias = Tensor::normal({each.weight[0]}, random);
    const Shape shape = kernels<SpatialSlots>("reference").conv2d_shape(each.in, each.weight, each.options);
    const Exact exact = convolve(in, weight, bias, each.options, shape);
    for (const std::string& backend : other_backends()) {
      SCOPED_TRACE(backend + " " + to_string(each.in) + " by " + to_string(each.weight));
      set_backend(backend);
      Tensor out = Tensor::full(shape, kNan);
      kernels<SpatialSlots>().conv2d(in, weight, bias, each.options, out);
      double worst = 0;
      for (std::size_t i = 0; i < exact.values.size(); ++i)
        worst = std::max(worst, std::fabs(static_cast<double>(out.flat()[i]) - exact.values[i]) / exact.bounds[i]);
      EXPECT_LE(worst, 1.0) << "of the error that is allowed";
    }
  }
}

/// The clear kernels, whose gradients module 08 proves, say what is right.
TEST(Backends, ConvolutionsBackAgreeWithTheReference) {
  const Restored restored;
  Random random(6);
  for (const Case& each : kConvolutions) {
    const Tensor in = Tensor::normal(each.in, random), weight = Tensor::normal(each.weight, random);
    const Shape shape = kernels<SpatialSlots>("reference").conv2d_shape(each.in, each.weight, each.options);
    const Tensor gradient = Tensor::normal(shape, random);
    Tensor expected_in(each.in), expected_weight(each.weight);
    kernels<SpatialSlots>("reference").conv2d_backward_in(gradient, weight, each.options, expected_in);
    kernels<SpatialSlots>("reference").conv2d_backward_weight(gradient, in, each.options, expected_weight);
    for (const std::string& backend : other_backends()) {
      SCOPED_TRACE(backend + " " + to_string(each.in) + " by " + to_string(each.weight));
      set_backend(backend);
      Tensor back_in(each.in), back_weight(each.weight);
      kernels<SpatialSlots>().conv2d_backward_in(gradient, weight, each.options, back_in);
      kernels<SpatialSlots>().conv2d_backward_weight(gradient, in, each.options, back_weight);
      const auto agree = [](const Tensor& found, const Tensor& right) {
        double difference = 0, size = 0, largest = 0;
        for (std::int64_t i = 0; i < right.size(); ++i) {
          const double one = static_cast<double>(found.data().data[i]) - static_cast<double>(right.data().data[i]);
          difference += one * one,
              size += static_cast<double>(right.data().data[i]) * static_cast<double>(right.data().data[i]);
          largest = std::max(largest, std::fabs(one));
        }
        EXPECT_LT(std::sqrt(difference), 1e-5 * std::sqrt(size));
        EXPECT_LT(largest, 1e-4 * std::sqrt(size / static_cast<double>(right.size())));
      };
      agree(back_in, expected_in);
      agree(back_weight, expected_weight);
    }
  }
}

TEST(Backends, WhatIsNotFiniteStaysWhereItIs) {
  const Restored restored;
  Random random(7);
  const Tensor weight = Tensor::normal({32, 32, 3, 3}, random), bias(Shape{32});
  for (const std::int64_t batch : {1, 20})
    for (const float bad : {kNan, std::numeric_limits<float>::infinity(), 3e38f}) {
      Tensor in = Tensor::normal({batch, 32, 8, 8}, random);
      in.data()(batch - 1, 3, 4, 4) = bad;
      for (const std::string& backend : other_backends()) {
        SCOPED_TRACE(backend);
        set_backend(backend);
        Tensor out(in.shape());
        kernels<SpatialSlots>().conv2d(in, weight, bias, {1, 1, 1, 1}, out);
        for (std::int64_t n = 0; n < batch; ++n)
          for (std::int64_t y = 0; y < 8; ++y)
            for (std::int64_t x = 0; x < 8; ++x) {
              const bool sees = n == batch - 1 && std::abs(y - 4) <= 1 && std::abs(x - 4) <= 1;
              const bool ordinary = std::fabs(out.data()(n, 0, y, x)) < 1e6f;
              EXPECT_EQ(ordinary, !sees) << n << ", " << y << ", " << x;
            }
      }
    }
}

/// What is not finite must not meet zeros that stand for the padding, whatever way is taken.
TEST(Backends, WhatIsNotFiniteIsNotMultipliedByThePadding) {
  const Restored restored;
  Random random(10);
  const Conv2dOptions options{2, 1, 1, 1};
  for (const std::int64_t batch : {1, 20}) {
    Tensor in = Tensor::normal({batch, 5, 6, 6}, random), weight = Tensor::normal({9, 5, 3, 3}, random);
    const Shape shape = kernels<SpatialSlots>("reference").conv2d_shape(in.shape(), weight.shape(), options);
    Tensor gradient = Tensor::normal(shape, random);
    const auto all_ways = [&](const SpatialSlots& kernel) {
      Tensor out(shape), back_in(in.shape()), back_weight(weight.shape());
      kernel.conv2d(in, weight, Tensor(Shape{0}), options, out);
      kernel.conv2d_backward_in(gradient, weight, options, back_in);
      kernel.conv2d_backward_weight(gradient, in, options, back_weight);
      std::vector<bool> finite;
      for (const Tensor* result : {&out, &back_in, &back_weight})
        for (const float value : result->flat()) finite.push_back(std::isfinite(value));
      return finite;
    };
    const auto expect_as_the_reference = [&](const std::string& what) {
      const std::vector<bool> expected = all_ways(kernels<SpatialSlots>("reference"));
      EXPECT_TRUE(std::ranges::count(expected, false) > 0 && std::ranges::count(expected, true) > 0) << what;
      for (const std::string& backend : other_backends())
        EXPECT_EQ(all_ways(kernels<SpatialSlots>(backend)), expected) << backend << ", " << what << ", batch " << batch;
    };
    const float infinity = std::numeric_limits<float>::infinity();
    const float of_weight = std::exchange(weight.data()(7, 2, 0, 2), infinity);
    expect_as_the_reference("a weight");
    weight.data()(7, 2, 0, 2) = of_weight;
    const float of_gradient = std::exchange(gradient.data()(batch - 1, 8, 0, 5), infinity);
    expect_as_the_reference("a gradient");
    gradient.data()(batch - 1, 8, 0, 5) = of_gradient;
    in.data()(0, 4, 5, 0) = kNan;
    expect_as_the_reference("a pixel");
  }
}

/// A view of the middle of larger images, whose rows and planes are no neighbours.
View middle_of(Tensor& larger, const Shape& shape) {
  const View all = larger.data();
  return {&all(0, 0, 1, 2), shape, all.strides};
}
void put(const Tensor& dense, const View& into) {
  auto value = dense.flat().begin();
  for (std::int64_t n = 0; n < into.shape[0]; ++n)
    for (std::int64_t c = 0; c < into.shape[1]; ++c)
      for (std::int64_t h = 0; h < into.shape[2]; ++h)
        for (std::int64_t w = 0; w < into.shape[3]; ++w) into(n, c, h, w) = *value++;
}
Shape larger(const Shape& shape) { return {shape[0], shape[1], shape[2] + 2, shape[3] + 3}; }

TEST(Backends, ImagesInsideLargerOnes) {
  const Restored restored;
  Random random(8);
  for (const Case& each : kConvolutions) {
    const Tensor in = Tensor::normal(each.in, random), weight = Tensor::normal(each.weight, random), none(Shape{0});
    const Shape shape = kernels<SpatialSlots>("reference").conv2d_shape(each.in, each.weight, each.options);
    const Tensor gradient = Tensor::normal(shape, random);
    Tensor large_in(larger(each.in)), large_gradient(larger(shape));
    put(in, middle_of(large_in, each.in));
    put(gradient, middle_of(large_gradient, shape));
    for (const std::string& backend : other_backends()) {
      SCOPED_TRACE(backend + " " + to_string(each.in) + " by " + to_string(each.weight));
      set_backend(backend);
      const SpatialSlots& kernel = kernels<SpatialSlots>();
      // What it is without gaps (by another way, maybe), and nothing between the images touched.
      const auto is_near = [](float a, float b) { return std::fabs(a - b) <= 1e-4f * (1 + std::fabs(b)); };
      const auto same = [&](const Tensor& dense, Tensor& large) {
        const View inside = middle_of(large, dense.shape());
        EXPECT_TRUE(std::ranges::equal(Tensor::copy_of(inside).flat(), dense.flat(), is_near));
        put(Tensor::full(dense.shape(), 0.5f), inside);
        EXPECT_TRUE(std::ranges::all_of(large.flat(), [](float value) { return value == 0.5f; }));
      };
      Tensor out(shape), back_in = Tensor::full(each.in, 0.5f), back_weight(each.weight), same_weight(each.weight);
      Tensor large_out = Tensor::full(larger(shape), 0.5f), large_back = Tensor::full(larger(each.in), 0.5f);
      kernel.conv2d(in, weight, none, each.options, out);
      kernel.conv2d(middle_of(large_in, each.in), weight, none, each.options, middle_of(large_out, shape));
      same(out, large_out);
      kernel.conv2d_backward_in(gradient, weight, each.options, back_in);
      kernel.conv2d_backward_in(middle_of(large_gradient, shape), weight, each.options, middle_of(large_back, each.in));
      same(back_in, large_back);
      kernel.conv2d_backward_weight(gradient, in, each.options, back_weight);
      kernel.conv2d_backward_weight(middle_of(large_gradient, shape), middle_of(large_in, each.in), each.options,
                                    same_weight);
      EXPECT_TRUE(std::ranges::equal(same_weight.flat(), back_weight.flat(), is_near));
    }
  }
}

/// What is too large for a cache is written past it: to the last element, at any alignment, and in place.
TEST(Backends, ResultsTooLargeForCaches) {
  const Restored restored;
  Random random(9);
  constexpr std::int64_t kElements = (std::int64_t{11} << 19) + 77;
  const Tensor a = Tensor::normal({kElements}, random), b = Tensor::normal({kElements}, random);
  for (const std::string& backend : other_backends())
    for (const std::int64_t shift : {0, 1}) {
      SCOPED_TRACE(backend);
      set_backend(backend);
      const auto part = [&](auto view) {
        view.data += shift, view.shape[0] -= shift;
        return view;
      };
      Tensor sum(a.shape()), larger(a.shape()), in_place = a;
      kernels<TensorSlots>().add(part(a.data()), part(b.data()), part(sum.data()));
      kernels<TensorSlots>().add(part(in_place.data()), part(b.data()), part(in_place.data()));
      kernels<ActivationSlots>().relu(part(a.data()), part(larger.data()));
      std::int64_t wrong = 0;
      for (std::int64_t i = shift; i < kElements; ++i) {
        const float x = a.data()(i), right = x + b.data()(i);
        wrong += sum.data()(i) != right || in_place.data()(i) != right || larger.data()(i) != std::max(x, 0.0f);
      }
      EXPECT_EQ(wrong, 0);
      EXPECT_TRUE(shift == 0 || (sum.data()(0) == 0 && in_place.data()(0) == a.data()(0)));
    }
}

/// One call of each kernel that uses threads, and the bytes that it wrote.
std::vector<float> many_kernels(Random random) {
  std::vector<float> all;
  const auto keep = [&](const Tensor& t) { all.insert(all.end(), t.flat().begin(), t.flat().end()); };
  const TensorSlots& tensor = kernels<TensorSlots>();
  for (const auto& [m, k, n] :
       {std::array<std::int64_t, 3>{301, 700, 257}, {1, 900, 3000}, {3000, 900, 1}, {64, 784, 256}}) {
    Tensor c({m, n});
    tensor.matmul(Tensor::normal({m, k}, random), Tensor::normal({k, n}, random), c);
    keep(c);
  }
  const Tensor large = Tensor::normal({1200, 700}, random);
  Tensor rows(Shape{1200}), columns(Shape{700}), same(large.shape());
  tensor.sum(large, 1, false, rows);
  tensor.sum(large, 0, false, columns);
  kernels<ActivationSlots>().softmax(large, same);
  keep(rows), keep(columns), keep(same);
  tensor.add(large, large, same);
  keep(same);
  for (const Case& each : kConvolutions) {
    const Tensor in = Tensor::normal(each.in, random), weight = Tensor::normal(each.weight, random);
    Tensor out(kernels<SpatialSlots>().conv2d_shape(each.in, each.weight, each.options)), back_in(each.in),
        back_weight(each.weight);
    kernels<SpatialSlots>().conv2d(in, weight, Tensor(Shape{each.weight[0]}), each.options, out);
    kernels<SpatialSlots>().conv2d_backward_in(out, weight, each.options, back_in);
    kernels<SpatialSlots>().conv2d_backward_weight(out, in, each.options, back_weight);
    keep(out), keep(back_in), keep(back_weight);
  }
  return all;
}

TEST(Backends, BitsDoNotDependOnTheNumberOfThreads) {
  const Restored restored;
  for (const std::string& backend : other_backends()) {
    if (backend == "library") continue;  // OpenBLAS promises nothing of the kind
    SCOPED_TRACE(backend);
    set_backend(backend);
    set_thread_count(1);
    const std::vector<float> alone = many_kernels(Random(8));
    for (const int threads : {2, 3, 5}) {
      set_thread_count(threads);
      const std::vector<float> together = many_kernels(Random(8));
      ASSERT_EQ(alone.size(), together.size());
      EXPECT_EQ(std::memcmp(alone.data(), together.data(), alone.size() * sizeof(float)), 0) << threads << " threads";
    }
  }
}

TEST(Backends, RowsLongerThanTheMatrixIsWide) {
  const Restored restored;
  Random random(9);
  const Tensor a = Tensor::normal({50, 60}, random), b = Tensor::normal({60, 37}, random);
  Tensor expected({50, 37});
  kernels<TensorSlots>("reference").matmul(a, b, expected);
  for (const std::string& backend : other_backends()) {
    SCOPED_TRACE(backend);
    set_backend(backend);
    Tensor wide = Tensor::full({50, 64}, kNan);
    kernels<TensorSlots>().matmul(a, b, {wide.data().data, {50, 37}, {64, 1}});
    for (std::int64_t i = 0; i < 50; ++i)
      for (std::int64_t j = 0; j < 64; ++j) {
        if (j < 37)
          EXPECT_NEAR(wide.data()(i, j), expected.data()(i, j), 1e-4);
        else
          EXPECT_TRUE(std::isnan(wide.data()(i, j))) << i << ", " << j;
      }
  }
}

std::string words_for(const char* backend) {
  try {
    set_backend(backend);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
    return error.what();
  }
  return "";
}

TEST(Backends, UnknownOnesAreToldFromThoseThatAreNotThere) {
  const Restored restored;
  const std::string unknown = words_for("optimised");
  EXPECT_NE(unknown.find("known are"), std::string::npos) << unknown;
  for (const char* name : {"naive", "reference", "optimized", "optimized_baseline"})
    EXPECT_NE(unknown.find(name), std::string::npos) << unknown;
  mark_unavailable("abacus", "its beads are lost");
  const std::string missing = words_for("abacus");
  EXPECT_NE(missing.find("its beads are lost"), std::string::npos) << missing;
  EXPECT_NE(missing.find("known are"), std::string::npos) << missing;
}

TEST(Backends, TheWidestSetThatRunsHereIsTheOptimizedOne) {
  const std::string best = std::string("optimized_") + to_string(best_instruction_set());
  EXPECT_EQ(kernels<TensorSlots>("optimized").matmul, kernels<TensorSlots>(best).matmul);
  EXPECT_EQ(kernels<SpatialSlots>("optimized").conv2d, kernels<SpatialSlots>(best).conv2d);
  const Restored restored;
  for (const InstructionSet set : {InstructionSet::avx2, InstructionSet::avx512}) {
    const std::string name = std::string("optimized_") + to_string(set);
    const std::string words = words_for(name.c_str());
    if (set <= best_instruction_set())
      EXPECT_EQ(words, "");
    else
      EXPECT_NE(words.find("at most"), std::string::npos) << words;
  }
}

TEST(Backends, OptimizedAnswersForWhatNetworksSpendTheirTimeOn) {
  for (const char* kernel : {"matmul", "linear", "linear_backward_weight", "conv2d", "conv2d_backward_in",
                             "conv2d_backward_weight", "max_pool2d", "softmax", "gelu", "adam_step", "relu_backward"}) {
    const std::vector<SlotReport> slots = backend_report("optimized");
    const auto found = std::ranges::find(slots, kernel, &SlotReport::kernel);
    ASSERT_NE(found, slots.end()) << kernel;
    EXPECT_EQ(found->answer, Answer::student) << kernel;
  }
}

}  // namespace
}  // namespace kiln
