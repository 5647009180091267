// What training does to whole gradients: clip_gradients and accumulate_gradients.
#include <cmath>
#include <string>

#include "elementwise.hpp"
#include "kiln/kernels/training.hpp"
#include "loss_sums.hpp"

using namespace kiln;

namespace {

using impl::simd::Vector;

/// The sum of squares in double: one holds the square of any float, exactly. Sums side by side, so that none waits.
double squares(const float* row, std::int64_t n) {
  constexpr std::int64_t kSums = 64;
  double sums[kSums] = {}, sum = 0;
  std::int64_t i = 0;
  for (; i + kSums <= n; i += kSums)
    for (std::int64_t k = 0; k < kSums; ++k) {
      const double value = row[i + k];
      sums[k] += value * value;
    }
  for (; i < n; ++i) sum += static_cast<double>(row[i]) * row[i];
  for (const double of_some : sums) sum += of_some;
  return sum;
}

double squares_of(const View& tensor) {
  if (tensor.size() == 0) return 0;
  if (tensor.is_contiguous())
    return impl::sum_of_pieces(tensor.size(), 1, [&](std::int64_t first, std::int64_t last) {
      return squares(tensor.data + first, last - first);
    });
  impl::Walk<1> walk = impl::walk_of<1>(tensor.shape, {tensor.strides});
  walk.merge(0);
  const int last = --walk.rank;
  double sum = 0;
  walk.run(0, walk.indices(), [&](const impl::Offsets<1>& at) {
    impl::for_each_block(tensor.data + at[0], walk.at(last)[0], walk.shape[last],
                         [&](const float* block, std::int64_t, std::int64_t count) { sum += squares(block, count); });
  });
  return sum;
}

}  // namespace

double impl::clip_gradients(const std::vector<View>& gradients, double max_norm) {
  // No comparison with NaN is true, so NaN is refused as well.
  KILN_REQUIRE("clip_gradients: max_norm must be above 0", max_norm > 0);
  double sum = 0;
  for (const View& gradient : gradients) sum += squares_of(gradient);
  const double norm = std::sqrt(sum);

  // Scale what is too long, all tensors by one factor; inf and NaN are the caller's to deal with.
  if (!(norm > max_norm && norm < std::numeric_limits<double>::infinity())) return norm;
  const Vector factor(static_cast<float>(max_norm / norm));
  for (const View& gradient : gradients)
    map<1, 1>({gradient}, {gradient}, [=](const Vector* x, Vector* y) { y[0] = x[0] * factor; });
  return norm;
}

void impl::accumulate_gradients(const std::vector<ConstView>& gradients, std::int64_t examples, std::int64_t total,
                                const std::vector<View>& sums) {
  KILN_REQUIRE("accumulate_gradients: every gradient has a sum", gradients.size() == sums.size());
  KILN_REQUIRE("accumulate_gradients: the number of examples must not be negative", examples >= 0);
  KILN_REQUIRE("accumulate_gradients: the batch has an example at least", total >= 1);
  KILN_REQUIRE("accumulate_gradients: a part is no larger than the batch", examples <= total);
  for (std::size_t i = 0; i < sums.size(); ++i)
    KILN_REQUIRE("accumulate_gradients: gradient " + kiln::detail::show(i) + " must have the shape of its sum",
                 gradients[i].shape == sums[i].shape);
  const Vector factor(static_cast<float>(static_cast<double>(examples) / static_cast<double>(total)));
  for (std::size_t i = 0; i < sums.size(); ++i)
    map<2, 1>({gradients[i], sums[i]}, {sums[i]}, [=](const Vector* x, Vector* y) { y[0] = x[1] + x[0] * factor; });
}
