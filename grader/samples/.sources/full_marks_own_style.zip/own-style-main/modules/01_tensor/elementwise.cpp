// Exercise 4: elementwise.
// One recursive template. `Walk` carries the three strides, already broadcast, so that the recursion does not care.
#include <cstdio>
#include <string>
#include <utility>

#include "kiln/kernels/tensor.hpp"

namespace {

using kiln::ConstView;
using kiln::Shape;
using kiln::View;

struct Walk {
  Shape shape, of_a, of_b, of_out;
};

template <class F>
void rows(const float* a, const float* b, float* out, const Walk& walk, F f) {
  const int last = walk.shape.rank() - 1;
  const std::int64_t n = walk.shape[last];
  const std::int64_t step_a = walk.of_a[last], step_b = walk.of_b[last], step_out = walk.of_out[last];
  if (step_out == 1 && step_a == 1 && step_b == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i], b[i]);
    return;
  }
  for (std::int64_t i = 0; i < n; ++i) out[i * step_out] = f(a[i * step_a], b[i * step_b]);
}

template <class F>
void descend(int dimension, const float* a, const float* b, float* out, const Walk& walk, F f) {
  if (dimension == walk.shape.rank()) {
    *out = f(*a, *b);
  } else if (dimension + 1 == walk.shape.rank()) {
    rows(a, b, out, walk, f);
  } else {
    for (std::int64_t i = 0; i < walk.shape[dimension]; ++i)
      descend(dimension + 1, a + i * walk.of_a[dimension], b + i * walk.of_b[dimension],
              out + i * walk.of_out[dimension], walk, f);
  }
}

/// Extent and stride of a view in dimension `d` of a result with `rank` dimensions.
std::pair<std::int64_t, std::int64_t> look(const ConstView& view, int d, int rank) {
  const int own = d - (rank - view.rank());
  if (own < 0) return {1, 0};
  return {view.shape[own], view.shape[own] == 1 ? 0 : view.strides[own]};
}

template <class F>
void run(const char* name, ConstView a, ConstView b, View out, F f) {
  const int rank = a.rank() > b.rank() ? a.rank() : b.rank();
  KILN_REQUIRE(std::string(name) + ": wrong number of dimensions", out.rank() == rank);
  Walk walk{out.shape, {}, {}, out.strides};
  for (int d = 0; d < rank; ++d) {
    const auto [extent_a, step_a] = look(a, d, rank);
    const auto [extent_b, step_b] = look(b, d, rank);
    const bool fits = extent_a == extent_b || extent_a == 1 || extent_b == 1;
    if (!fits) std::printf("%s: dimension %d does not broadcast\n", name, d);
    KILN_REQUIRE(std::string(name) + ": shapes do not broadcast", fits);
    KILN_REQUIRE(std::string(name) + ": out does not fit", out.shape[d] == (extent_a == 1 ? extent_b : extent_a));
    walk.of_a.push_back(step_a);
    walk.of_b.push_back(step_b);
  }
  descend(0, a.data, b.data, out.data, walk, f);
}

}  // namespace

void kiln::impl::add(ConstView a, ConstView b, View out) {
  run("add", a, b, out, [](float x, float y) { return x + y; });
}
void kiln::impl::sub(ConstView a, ConstView b, View out) {
  run("sub", a, b, out, [](float x, float y) { return x - y; });
}
void kiln::impl::mul(ConstView a, ConstView b, View out) {
  run("mul", a, b, out, [](float x, float y) { return x * y; });
}
void kiln::impl::div(ConstView a, ConstView b, View out) {
  run("div", a, b, out, [](float x, float y) { return x / y; });
}
