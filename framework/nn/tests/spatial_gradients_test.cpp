// Convolution, pooling and batch normalisation through Variable, against central differences of their formulas.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "gradient_check.hpp"
#include "nn/spatial.hpp"

namespace kiln::nn {
namespace {

using testing::for_each_index;

// ---- the formulas in double, an index an element

/// Where tap `r` of window `y` stands, along one dimension.
struct Axis {
  std::int64_t size, extent, stride, padding;
  std::int64_t windows() const { return (size + 2 * padding - extent) / stride + 1; }
  std::int64_t at(std::int64_t y, std::int64_t r) const { return y * stride - padding + r; }
  bool inside(std::int64_t y, std::int64_t r) const { return at(y, r) >= 0 && at(y, r) < size; }
};

Array64 conv2d64(const Array64& in, const Array64& weight, const Array64* bias, Conv2dOptions o) {
  const Axis h{in.shape[2], weight.shape[2], o.stride_height, o.padding_height};
  const Axis w{in.shape[3], weight.shape[3], o.stride_width, o.padding_width};
  Array64 out({in.shape[0], weight.shape[0], h.windows(), w.windows()});
  for_each_index(out.shape, [&](const Shape& i) {
    double sum = bias != nullptr ? bias->at({i[1]}) : 0;
    for_each_index({weight.shape[1], h.extent, w.extent}, [&](const Shape& tap) {
      if (h.inside(i[2], tap[1]) && w.inside(i[3], tap[2]))
        sum +=
            in.at({i[0], tap[0], h.at(i[2], tap[1]), w.at(i[3], tap[2])}) * weight.at({i[1], tap[0], tap[1], tap[2]});
    });
    out.at(i) = sum;
  });
  return out;
}

/// f of each window's elements inside the image.
Array64 pool64(const Array64& in, Pool2dOptions o, const std::function<double(const std::vector<double>&)>& f) {
  const Axis h{in.shape[2], o.height, o.stride_height, o.padding_height};
  const Axis w{in.shape[3], o.width, o.stride_width, o.padding_width};
  Array64 out({in.shape[0], in.shape[1], h.windows(), w.windows()});
  for_each_index(out.shape, [&](const Shape& i) {
    std::vector<double> window;
    for_each_index({h.extent, w.extent}, [&](const Shape& tap) {
      if (h.inside(i[2], tap[0]) && w.inside(i[3], tap[1]))
        window.push_back(in.at({i[0], i[1], h.at(i[2], tap[0]), w.at(i[3], tap[1])}));
    });
    out.at(i) = f(window);
  });
  return out;
}

/// Each channel shifted and scaled by its own (mean, variance), which `statistics` gives for channel c.
Array64 normalised64(const Array64& in, const Array64& weight, const Array64& bias, double epsilon,
                     const std::function<std::pair<double, double>(std::int64_t c)>& statistics) {
  Array64 out(in.shape);
  for (std::int64_t c = 0; c < in.shape[1]; ++c) {
    const auto [mean, variance] = statistics(c);
    const double scale = weight.at({c}) / std::sqrt(variance + epsilon), shift = bias.at({c}) - mean * scale;
    for_each_index(in.shape, [&](const Shape& i) {
      if (i[1] == c) out.at(i) = in.at(i) * scale + shift;
    });
  }
  return out;
}

Array64 batch_norm64(const Array64& in, const Array64& weight, const Array64& bias, double epsilon) {
  return normalised64(in, weight, bias, epsilon, [&](std::int64_t c) {
    std::vector<double> channel;
    for_each_index(in.shape, [&](const Shape& i) {
      if (i[1] == c) channel.push_back(in.at(i));
    });
    const auto count = static_cast<double>(channel.size());
    const double mean = sum64(channel) / count;
    double squares = 0;
    for (const double value : channel) squares += (value - mean) * (value - mean);
    return std::pair(mean, squares / count);
  });
}

// ---- checks

struct ConvCase {
  Shape in, weight;
  Conv2dOptions options;
};

// Odd sizes, windows that do not divide the image, kernels that are not square, 1x1, a window as large as the padded
// image, batches of 1 and 0.
const std::vector<ConvCase> kConvolutions = {
    {{2, 2, 4, 5}, {3, 2, 3, 3}, {}},
    {{1, 1, 5, 4}, {2, 1, 3, 2}, {.stride_height = 2, .stride_width = 1}},
    {{2, 1, 4, 4}, {1, 1, 3, 3}, {.padding_height = 1, .padding_width = 1}},
    {{1, 2, 6, 5}, {2, 2, 2, 3}, {.stride_height = 3, .stride_width = 2, .padding_height = 1, .padding_width = 2}},
    {{2, 3, 3, 2}, {2, 3, 1, 1}, {}},
    {{1, 1, 1, 1}, {1, 1, 1, 1}, {}},
    {{1, 2, 2, 2}, {2, 2, 4, 4}, {.padding_height = 1, .padding_width = 1}},
    {{0, 2, 3, 3}, {1, 2, 2, 2}, {}},
};

TEST(SpatialGradients, Conv2d) {
  for (const ConvCase& each : kConvolutions) {
    const Conv2dOptions o = each.options;
    const std::vector<Shape> shapes{each.in, each.weight, {each.weight[0]}};
    // A value sums up to 32 taps and a bias, a weight's gradient up to the 12 windows of each of 2 images.
    check(
        name("conv2d", shapes), [&](auto& p) { return conv2d(p[0], p[1], p[2], o); },
        [&](auto& x) { return conv2d64(x[0], x[1], &x[2], o); }, random_inputs(shapes), {.terms = 33});
    check(
        name("conv2d without bias", {each.in, each.weight}), [&](auto& p) { return conv2d(p[0], p[1], o); },
        [&](auto& x) { return conv2d64(x[0], x[1], nullptr, o); }, random_inputs({each.in, each.weight}),
        {.terms = 33});
  }
}

struct PoolCase {
  Shape in;
  Pool2dOptions options;
};

// Side by side, overlapping, sizes that do not divide, padding, windows of one element, gaps between windows.
const std::vector<PoolCase> kPools = {
    {{2, 2, 4, 6}, {}},
    {{1, 2, 5, 4}, {.height = 3, .width = 2, .stride_height = 1, .stride_width = 1}},
    {{1, 1, 5, 7}, {}},
    {{2, 1, 5, 4},
     {.height = 3, .width = 3, .stride_height = 2, .stride_width = 1, .padding_height = 1, .padding_width = 1}},
    {{1, 2, 2, 3}, {.height = 1, .width = 1, .stride_height = 1, .stride_width = 1}},
    {{1, 1, 5, 5}, {.height = 2, .width = 1, .stride_height = 3, .stride_width = 4}},
    {{0, 2, 4, 4}, {}},
};

/// Images without ties: elements lie 1/8 apart, more than any step of a difference.
std::vector<Array64> without_ties(const Shape& shape) {
  Array64 image(shape);
  std::vector<double>& values = image.values;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i) / 8;
  Random random(5);
  random.shuffle(std::span(values));
  return {image};
}

TEST(SpatialGradients, MaxPool2d) {
  for (const PoolCase& each : kPools) {
    // At most 6 windows hold an element, and values reach 8.
    check(
        name("max_pool2d", {each.in}), [&](auto& p) { return max_pool2d(p[0], each.options); },
        [&](auto& x) {
          return pool64(x[0], each.options, [](const auto& window) { return *std::ranges::max_element(window); });
        },
        without_ties(each.in), {.terms = 6});
  }
}

TEST(SpatialGradients, AveragePool2d) {
  for (const PoolCase& each : kPools) {
    const double size = static_cast<double>(each.options.height * each.options.width);
    check(
        name("average_pool2d", {each.in}), [&](auto& p) { return average_pool2d(p[0], each.options); },
        [&](auto& x) { return pool64(x[0], each.options, [&](const auto& window) { return sum64(window) / size; }); },
        random_inputs({each.in}), {.terms = 9, .roundings = 2});
  }
}

const std::vector<Shape> kNormalised = {{6, 3}, {4, 1}, {2, 2, 3, 2}, {1, 2, 2, 3}, {3, 2, 4}, {2, 2, 1, 2, 3}};
/// By a channel's at most 12 elements: |normalised| <= sqrt(12) < 4, so a weight's gradient sums 12 terms of up to 4.
/// An input's is at most scale * (1 + 1 + 4), which is less than 12 * 4 for scales below 8: a deviation of 1/8 and
/// more.
constexpr Cost kNormalisation{.terms = 12, .roundings = 8, .largest = 4};

TEST(SpatialGradients, BatchNormInTraining) {
  for (const Shape& shape : kNormalised) {
    const std::vector<Shape> shapes{shape, {shape[1]}, {shape[1]}};
    for (const float epsilon : {1e-5f, 0.5f}) {
      check(
          name("batch_norm_train", shapes) + " epsilon " + std::to_string(epsilon),
          [&](auto& p) {
            Tensor mean(Shape{shape[1]}), variance(Shape{shape[1]});
            return batch_norm_train(p[0], p[1], p[2], {.epsilon = epsilon}, mean, variance);
          },
          [&](auto& x) { return batch_norm64(x[0], x[1], x[2], epsilon); }, random_inputs(shapes), kNormalisation);
    }
  }
}

TEST(SpatialGradients, BatchNormInEvaluation) {
  std::vector<Shape> all = kNormalised;
  // No count is too small here.
  all.push_back({1, 3});
  all.push_back({0, 2, 3, 3});
  for (const Shape& shape : all) {
    const std::vector<Shape> shapes{shape, {shape[1]}, {shape[1]}};
    const Array64 mean = random_inputs({{shape[1]}}, -1, 1, 21)[0];
    const Array64 variance = random_inputs({{shape[1]}}, 0.25f, 2, 22)[0];
    constexpr float kEpsilon = 0.125f;
    check(
        name("batch_norm_eval", shapes),
        [&](auto& p) {
          return batch_norm_eval(p[0], p[1], p[2], kEpsilon, to_tensor(mean).data(), to_tensor(variance).data());
        },
        [&](auto& x) {
          return normalised64(x[0], x[1], x[2], kEpsilon,
                              [&](std::int64_t c) { return std::pair(mean.at({c}), variance.at({c})); });
        },
        random_inputs(shapes), kNormalisation);
  }
}

TEST(SpatialGradients, ATiedWeightGathers) {
  // One filter before and behind a pool; its gradient is the sum of both uses.
  const Conv2dOptions same{.padding_height = 1, .padding_width = 1};
  check(
      "conv2d twice", [&](auto& p) { return conv2d(average_pool2d(conv2d(p[0], p[1], same)), p[1], same); },
      [&](auto& x) {
        const Array64 pooled =
            pool64(conv2d64(x[0], x[1], nullptr, same), {}, [](const auto& window) { return sum64(window) / 4; });
        return conv2d64(pooled, x[1], nullptr, same);
      },
      // Hidden values reach 18, and an element of the input reaches each result by up to 9 * 18 products.
      random_inputs({{1, 2, 4, 4}, {2, 2, 3, 3}}), {.terms = 18, .roundings = 36, .largest = 18});
}

TEST(SpatialGradients, ANetworkFromEndToEnd) {
  const std::vector<std::int32_t> labels{1, 0};
  const Conv2dOptions same{.padding_height = 1, .padding_width = 1};
  check(
      "a network of images",
      [&](auto& p) {
        Tensor mean(Shape{2}), variance(Shape{2});
        const Variable hidden = tanh(batch_norm_train(conv2d(p[0], p[1], same), p[2], p[3], {}, mean, variance));
        return cross_entropy(linear(flatten(max_pool2d(hidden)), p[4]), labels);
      },
      [&](auto& x) {
        const Array64 normal = batch_norm64(conv2d64(x[0], x[1], nullptr, same), x[2], x[3], double{1e-5f});
        const Array64 hidden = map64(normal, [](double v) { return std::tanh(v); });
        const Array64 pooled = pool64(hidden, {}, [](const auto& window) { return *std::ranges::max_element(window); });
        return cross_entropy64(matmul64(reshape64(pooled, {2, 8}), transpose64(x[4], 0, 1)), labels, -100);
      },
      random_inputs({{2, 1, 4, 4}, {2, 1, 3, 3}, {2}, {2}, {3, 8}}), {.terms = 32, .roundings = 40, .largest = 2});
}

}  // namespace
}  // namespace kiln::nn
