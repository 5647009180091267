// Wrong: batch[indices[i]] = examples[i] is the other direction.
#include <string>

#include "kiln/kernels/data.hpp"

using namespace kiln;

namespace {

/// Checks a batch of which each element is to be copied.
void check(std::span<const std::int64_t> indices, std::int64_t count) {
  for (const std::int64_t index : indices) {
    KILN_REQUIRE("collate: an index is negative", index >= 0);
    KILN_REQUIRE("collate: an index is too large", index < count);
  }
}

}  // namespace

std::int64_t impl::batch_count(std::int64_t examples, std::int64_t batch_size, bool drop_last) {
  KILN_REQUIRE("batch_count: examples", examples >= 0);
  KILN_REQUIRE("batch_count: batch_size", batch_size >= 1);
  std::int64_t count = examples / batch_size;
  if (examples % batch_size != 0 && !drop_last) ++count;
  return count;
}

BatchRange impl::batch_range(std::int64_t examples, std::int64_t batch_size, std::int64_t number) {
  const std::int64_t count = batch_count(examples, batch_size, false);
  KILN_REQUIRE("batch_range: number", number >= 0);
  KILN_REQUIRE("batch_range: number", number < count);
  const std::int64_t begin = number * batch_size;
  const bool last = number == count - 1;
  return {begin, last ? examples : begin + batch_size};
}

void impl::collate(ConstView examples, std::span<const std::int64_t> indices, View batch) {
  KILN_REQUIRE("collate: rank", examples.rank() >= 1);
  Shape shape = examples.shape;
  shape[0] = static_cast<std::int64_t>(indices.size());
  KILN_REQUIRE("collate: shapes", batch.shape == shape);
  check(indices, examples.shape[0]);
  for (std::int64_t number = 0; number < batch.size(); ++number) {
    std::int64_t rest = number, from = 0, to = 0;
    for (int d = batch.rank() - 1; d >= 0; --d) {
      const std::int64_t index = rest % batch.shape[d];
      rest /= batch.shape[d];
      to += (d == 0 ? indices[static_cast<std::size_t>(index)] % batch.shape[0] : index) * batch.strides[d];
      from += index * examples.strides[d];
    }
    batch.data[to] = examples.data[from];
  }
}

void impl::collate_labels(std::span<const std::int32_t> labels, std::span<const std::int64_t> indices,
                          std::span<std::int32_t> batch) {
  KILN_REQUIRE("collate_labels: sizes", batch.size() == indices.size());
  check(indices, static_cast<std::int64_t>(labels.size()));
  for (std::size_t i = 0; i < indices.size(); ++i) batch[i] = labels[static_cast<std::size_t>(indices[i])];
}
