// Whole data sets: checks, parts, the stratified split, normalisation.
#include "data/dataset.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "data/text.hpp"
#include "kiln/backend.hpp"
#include "kiln/kernels/data.hpp"
#include "kiln/random.hpp"

namespace kiln::data {
namespace {

using detail::refuse;

std::vector<std::vector<std::int64_t>> members_by_class(const Dataset& set) {
  std::vector<std::vector<std::int64_t>> members(static_cast<std::size_t>(set.classes));
  for (std::int64_t i = 0; i < set.size(); ++i)
    members[static_cast<std::size_t>(set.labels[static_cast<std::size_t>(i)])].push_back(i);
  return members;
}

/// How many of each class, `wanted` in all: proportional, rounded by the largest remainder.
std::vector<std::int64_t> quotas(const std::vector<std::vector<std::int64_t>>& members, std::int64_t wanted,
                                 std::int64_t size) {
  std::vector<std::int64_t> quota, rest;
  for (const auto& own : members) {
    const std::int64_t product = static_cast<std::int64_t>(own.size()) * wanted;
    quota.push_back(size == 0 ? 0 : product / size);
    rest.push_back(size == 0 ? 0 : product % size);
  }
  std::vector<std::size_t> by_rest(members.size());
  std::iota(by_rest.begin(), by_rest.end(), std::size_t{0});
  std::stable_sort(by_rest.begin(), by_rest.end(), [&](std::size_t a, std::size_t b) { return rest[a] > rest[b]; });
  const std::int64_t left = wanted - std::accumulate(quota.begin(), quota.end(), std::int64_t{0});
  for (std::int64_t i = 0; i < left; ++i) ++quota[by_rest[static_cast<std::size_t>(i)]];
  return quota;
}

}  // namespace

Shape Dataset::image_shape() const {
  Shape shape;
  for (int i = 1; i < images.rank(); ++i) shape.push_back(images.shape()[i]);
  return shape;
}

void check(const Dataset& set, const std::string& what) {
  if (set.images.rank() != 4)
    refuse(what + ": images are (count, channels, height, width), but these are " + to_string(set.images.shape()));
  if (set.images.shape()[0] != set.size())
    refuse(what + ": " + std::to_string(set.images.shape()[0]) + " images, but " + std::to_string(set.size()) +
           " labels");
  for (std::size_t i = 0; i < set.labels.size(); ++i)
    if (set.labels[i] < 0 || set.labels[i] >= set.classes)
      refuse(what + ": example " + std::to_string(i) + " has the label " + std::to_string(set.labels[i]) +
             ", but there are " + std::to_string(set.classes) + " classes, counted from 0");
  if (!set.class_names.empty() && static_cast<std::int64_t>(set.class_names.size()) != set.classes)
    refuse(what + ": " + std::to_string(set.classes) + " classes, but " + std::to_string(set.class_names.size()) +
           " names");
}

Dataset subset(const Dataset& set, std::span<const std::int64_t> numbers) {
  check(set, "subset");
  // Copied here and not by a kernel: a split is the same on every backend.
  Shape shape = set.images.shape();
  const auto image = static_cast<std::size_t>(set.image_shape().elements());
  shape[0] = static_cast<std::int64_t>(numbers.size());
  Dataset part{Tensor(shape), {}, set.classes, set.class_names};
  part.labels.reserve(numbers.size());
  float* to = part.images.flat().data();
  for (std::int64_t number : numbers) {
    if (number < 0 || number >= set.size())
      refuse("subset: there is no example " + std::to_string(number) + " among " + std::to_string(set.size()));
    const auto at = static_cast<std::size_t>(number);
    to = std::copy_n(set.images.flat().data() + at * image, image, to);
    part.labels.push_back(set.labels[at]);
  }
  return part;
}

Dataset take(const Dataset& set, std::int64_t count) {
  if (count < 0 || count > set.size())
    refuse("take: " + std::to_string(count) + " examples of " + std::to_string(set.size()));
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
  return subset(set, numbers);
}

std::vector<std::int64_t> stratified_choice(const Dataset& set, std::int64_t held_out, std::uint64_t seed) {
  check(set, "stratified_choice");
  if (held_out < 0 || held_out > set.size())
    refuse("stratified_choice: " + std::to_string(held_out) + " examples held out of " + std::to_string(set.size()));
  auto members = members_by_class(set);
  const std::vector<std::int64_t> quota = quotas(members, held_out, set.size());
  std::vector<std::int64_t> chosen;
  for (std::size_t label = 0; label < members.size(); ++label) {
    Random(seed).fork(label).shuffle(std::span(members[label]));
    chosen.insert(chosen.end(), members[label].begin(), members[label].begin() + quota[label]);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

Split stratified_split(const Dataset& set, std::int64_t held_out, std::uint64_t seed) {
  const std::vector<std::int64_t> out = stratified_choice(set, held_out, seed);
  std::vector<std::int64_t> all(static_cast<std::size_t>(set.size())), in;
  std::iota(all.begin(), all.end(), std::int64_t{0});
  std::set_difference(all.begin(), all.end(), out.begin(), out.end(), std::back_inserter(in));
  return {subset(set, in), subset(set, out)};
}

Normalisation statistics(const Dataset& set) {
  check(set, "statistics");
  const auto channels = static_cast<std::size_t>(set.images.shape()[1]);
  Normalisation of{std::vector<double>(channels), std::vector<double>(channels)};
  kernels<DataSlots>().channel_statistics(set.images, of.mean, of.deviation);
  return of;
}

Dataset normalised(Dataset set, const Normalisation& normalisation) {
  check(set, "normalised");
  const View images = set.images;
  kernels<DataSlots>().normalise(images, normalisation.mean, normalisation.deviation, images);
  return set;
}

Split normalised(Split split) {
  const Normalisation by = statistics(split.training);
  return {normalised(std::move(split.training), by), normalised(std::move(split.held_out), by)};
}

}  // namespace kiln::data
