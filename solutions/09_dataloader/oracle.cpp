// The oracles of module 09's kernels of files, batches and images: an index an element, in double.
#include "oracle.hpp"

#include <cmath>

#include "kiln/random.hpp"

namespace kiln::oracle {

using testing::exact;
using testing::for_each_index;
using testing::to_array64;

std::vector<std::int64_t> shuffle(std::uint64_t seed, std::vector<std::int64_t> order) {
  // Draw from an urn without putting back: what was drawn last comes first, and the last of the urn fills the gap.
  Random random(seed);
  std::vector<std::int64_t> urn = order;
  while (urn.size() > 1) {
    const std::size_t drawn = random.below(urn.size());
    order[urn.size() - 1] = urn[drawn];
    urn[drawn] = urn.back();
    urn.pop_back();
  }
  if (!urn.empty()) order[0] = urn[0];
  return order;
}

Expected collate(ConstView examples, std::span<const std::int64_t> indices) {
  const Array64 from = to_array64(examples);
  Shape shape = examples.shape;
  shape[0] = static_cast<std::int64_t>(indices.size());
  Array64 batch(shape);
  for_each_index(shape, [&](Shape index) {
    double& to = batch.at(index);
    index[0] = indices[static_cast<std::size_t>(index[0])];
    to = from.at(index);
  });
  return exact(batch);
}

Statistics channel_statistics(ConstView images) {
  constexpr double kEps = 0x1p-53;
  const Array64 values = to_array64(images);
  const auto channels = static_cast<std::size_t>(images.shape[1]);
  std::vector<long double> sum(channels), magnitude(channels), squares(channels);
  const long double n = static_cast<long double>(values.values.size()) / static_cast<long double>(channels);
  for_each_index(values.shape, [&](const Shape& index) {
    const auto c = static_cast<std::size_t>(index[1]);
    sum[c] += values.at(index);
    magnitude[c] += std::fabs(values.at(index));
  });
  for_each_index(values.shape, [&](const Shape& index) {
    const auto c = static_cast<std::size_t>(index[1]);
    const long double off = values.at(index) - sum[c] / n;
    squares[c] += off * off;
  });
  Statistics result;
  for (std::size_t c = 0; c < channels; ++c) {
    const auto mean = static_cast<double>(sum[c] / n), deviation = static_cast<double>(std::sqrt(squares[c] / n));
    const double bound = 2 * (static_cast<double>(n) + 4) * kEps;
    result.mean.push_back(mean);
    result.mean_error.push_back(bound * static_cast<double>(magnitude[c] / n));
    result.deviation.push_back(deviation);
    // deviation * kappa
    result.deviation_error.push_back(bound * std::sqrt(deviation * deviation + mean * mean));
  }
  return result;
}

Expected normalise(ConstView in, const std::vector<double>& mean, const std::vector<double>& deviation) {
  Array64 out = to_array64(in);
  for_each_index(out.shape, [&](const Shape& index) {
    const auto c = static_cast<std::size_t>(index[1]);
    const double scale = deviation[c] == 0 ? 1 : 1 / deviation[c];
    out.at(index) = static_cast<float>((out.at(index) - mean[c]) * scale);
  });
  return exact(out);
}

Expected flip_image(ConstView in) {
  const Array64 from = to_array64(in);
  Array64 out(in.shape);
  for_each_index(out.shape, [&](const Shape& i) { out.at(i) = from(i[0], i[1], in.shape[2] - 1 - i[2]); });
  return exact(out);
}

Expected crop_image(ConstView in, std::int64_t padding, std::int64_t top, std::int64_t left) {
  const Array64 from = to_array64(in);
  Array64 out(in.shape);
  for_each_index(out.shape, [&](const Shape& i) {
    const std::int64_t y = i[1] + top - padding, x = i[2] + left - padding;
    const bool inside = y >= 0 && y < in.shape[1] && x >= 0 && x < in.shape[2];
    out.at(i) = inside ? from(i[0], y, x) : 0;
  });
  return exact(out);
}

Expected augment(ConstView in, const AugmentOptions& options, std::span<const std::uint64_t> seeds) {
  const Array64 from = to_array64(in);
  const std::int64_t height = in.shape[2], width = in.shape[3];
  struct Drawn {
    std::int64_t down, right;
    bool flip;
  };
  std::vector<Drawn> drawn;
  for (const std::uint64_t seed : seeds) {
    Random random(seed);
    const auto places = static_cast<std::uint64_t>(2 * options.padding + 1);
    const auto top = static_cast<std::int64_t>(random.below(places));
    const auto left = static_cast<std::int64_t>(random.below(places));
    const bool flip = random.uniform() < options.flip_probability;
    drawn.push_back({top - options.padding, left - options.padding, flip});
  }
  Array64 out(in.shape);
  for_each_index(out.shape, [&](const Shape& i) {
    const Drawn& of = drawn[static_cast<std::size_t>(i[0])];
    const std::int64_t y = i[2] + of.down, x = (of.flip ? width - 1 - i[3] : i[3]) + of.right;
    const bool inside = y >= 0 && y < height && x >= 0 && x < width;
    out.at(i) = inside ? from(i[0], i[1], y, x) : 0;
  });
  return exact(out);
}

}  // namespace kiln::oracle
