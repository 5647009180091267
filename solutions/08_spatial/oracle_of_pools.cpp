// The oracles of pooling: every place of every window asks whether it lies inside the image.
// Speed is of no interest here; a check an element keeps them independent of the kernels' walks.
#include "oracle_of_pools.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace kiln::oracle {
namespace {

using testing::for_each_index;

/// Calls body(h, w) for the places of window (y, x) inside an image, in row-major order.
void for_each_place(const Shape& images, const Pool2dOptions& options, std::int64_t y, std::int64_t x,
                    const std::function<void(std::int64_t, std::int64_t)>& body) {
  for (std::int64_t r = 0; r < options.height; ++r) {
    for (std::int64_t s = 0; s < options.width; ++s) {
      const std::int64_t h = y * options.stride_height - options.padding_height + r;
      const std::int64_t w = x * options.stride_width - options.padding_width + s;
      if (h >= 0 && h < images[2] && w >= 0 && w < images[3]) body(h, w);
    }
  }
}

double area(const Pool2dOptions& options) { return static_cast<double>(options.height * options.width); }

/// before[place] + the sum of what `places` sends there; an element sees `roundings` and one for each addition.
class Gathered {
 public:
  explicit Gathered(const Array64& before) : expected_{before, before, 0}, additions_(before.shape) {
    for (double& magnitude : expected_.magnitude.values) magnitude = std::abs(magnitude);
  }
  void add(const Shape& place, double term) {
    expected_.value.at(place) += term;
    expected_.magnitude.at(place) += std::abs(term);
    expected_.terms = std::max(expected_.terms, additions_.at(place) += 1);
  }
  Expected expected(double roundings) const {
    Expected result = expected_;
    result.terms += roundings;
    return result;
  }

 private:
  Expected expected_;
  Array64 additions_;
};

}  // namespace

Shape pooled_shape(const Shape& images, const Pool2dOptions& options) {
  return {images[0], images[1], (images[2] + 2 * options.padding_height - options.height) / options.stride_height + 1,
          (images[3] + 2 * options.padding_width - options.width) / options.stride_width + 1};
}

Pooled max_pool2d(const Array64& in, const Pool2dOptions& options) {
  Pooled pooled{Array64(pooled_shape(in.shape, options)), {}};
  for_each_index(pooled.value.shape, [&](const Shape& at) {
    std::int64_t winner = -1;
    double most = 0;
    for_each_place(in.shape, options, at[2], at[3], [&](std::int64_t h, std::int64_t w) {
      const double candidate = in(at[0], at[1], h, w);
      if (winner >= 0 && (std::isnan(most) || candidate <= most)) return;
      winner = h * in.shape[3] + w;
      most = candidate;
    });
    pooled.value.at(at) = most;
    pooled.winners.push_back(winner);
  });
  return pooled;
}

Expected max_pool2d_backward(const Array64& grad_out, std::span<const std::int64_t> winners, const Array64& before) {
  Gathered gathered(before);
  std::size_t next = 0;
  for_each_index(grad_out.shape, [&](const Shape& at) {
    const std::int64_t winner = winners[next++];
    gathered.add({at[0], at[1], winner / before.shape[3], winner % before.shape[3]}, grad_out.at(at));
  });
  return gathered.expected(0);
}

Expected average_pool2d(const Array64& in, const Pool2dOptions& options) {
  // area - 1 additions, and either a division, or a share that is rounded and a product with it.
  const Shape shape = pooled_shape(in.shape, options);
  Expected expected{Array64(shape), Array64(shape), area(options) + 1};
  for_each_index(shape, [&](const Shape& at) {
    for_each_place(in.shape, options, at[2], at[3], [&](std::int64_t h, std::int64_t w) {
      expected.value.at(at) += in(at[0], at[1], h, w) / area(options);
      expected.magnitude.at(at) += std::abs(in(at[0], at[1], h, w)) / area(options);
    });
  });
  return expected;
}

Expected average_pool2d_backward(const Array64& grad_out, const Pool2dOptions& options, const Array64& before) {
  Gathered gathered(before);
  for_each_index(grad_out.shape, [&](const Shape& at) {
    for_each_place(before.shape, options, at[2], at[3], [&](std::int64_t h, std::int64_t w) {
      gathered.add({at[0], at[1], h, w}, grad_out.at(at) / area(options));
    });
  });
  // Besides the additions: a share that is rounded, and a product with it.
  return gathered.expected(2);
}

}  // namespace kiln::oracle
