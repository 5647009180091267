// Filling operands fast: a hash of a counter, which compilers turn into vectors.
#include "peers/pool.hpp"

#include <algorithm>
#include <limits>
#include <span>

#include "peers/problems.hpp"

namespace kiln::peers {
namespace {

/// Chris Wellons' lowbias32, "Prospecting for hash functions", 2018.
inline std::uint32_t hash(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  return x ^ (x >> 16);
}

void fill(std::span<float> values, std::uint32_t key, float low, float high) {
  const float scale = (high - low) * 0x1p-24f;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] =
        low + scale * static_cast<float>(static_cast<std::int32_t>(hash(static_cast<std::uint32_t>(i) ^ key) >> 8));
}

Shape shape_of(const Extents& extents) {
  Shape shape;
  for (const std::int64_t each : extents) shape.push_back(each);
  return shape;
}

volatile float sink;

}  // namespace

Pool::Pool(const Problem& problem) : low_(problem.low), high_(problem.high) {
  double bytes = 4.0 * static_cast<double>(elements(problem.out));
  for (const Extents& each : problem.in) bytes += 4.0 * static_cast<double>(elements(each));
  sets_.resize(static_cast<std::size_t>(std::clamp(kBytes / bytes, 2.0, 8.0)));
  for (std::size_t s = 0; s < sets_.size(); ++s) {
    Set& set = sets_[s];
    set.operands.set = static_cast<int>(s);
    for (const Extents& each : problem.in) {
      set.in.emplace_back(shape_of(each));
      set.operands.in.push_back(set.in.back().data().data);
    }
    set.out = Tensor(shape_of(problem.out));
    set.operands.out = set.out.data().data;
    if (is_network(problem.kind)) {
      set.labels.resize(static_cast<std::size_t>(problem.in[0][0]));
      set.operands.labels = set.labels.data();
    }
    if (problem.kind == Kind::max_pool) {
      set.winners.resize(static_cast<std::size_t>(elements(problem.out)));
      set.operands.winners = set.winners.data();
    }
  }
}

void Pool::refill(std::uint64_t seed) {
  std::uint32_t key = hash(static_cast<std::uint32_t>(seed));
  for (Set& set : sets_) {
    for (Tensor& each : set.in) fill(each.flat(), key = hash(key + 1), low_, high_);
    for (std::int32_t& label : set.labels) label = static_cast<std::int32_t>((key = hash(key + 1)) % kClasses);
    std::ranges::fill(set.out.flat(), std::numeric_limits<float>::quiet_NaN());
    std::ranges::fill(set.winners, -1);
  }
}

void Pool::touch() const {
  float sum = 0;
  constexpr std::size_t kLine = 16;
  for (const Set& set : sets_) {
    for (const Tensor& each : set.in)
      for (std::size_t i = 0; i < each.flat().size(); i += kLine) sum += each.flat()[i];
    for (std::size_t i = 0; i < set.out.flat().size(); i += kLine) sum += set.out.flat()[i];
  }
  sink = sum;
}

}  // namespace kiln::peers
