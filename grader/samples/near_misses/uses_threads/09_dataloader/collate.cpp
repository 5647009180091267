// collate: a second thread takes half of a batch where each example has to be gathered element by element.
#include <algorithm>
#include <string>
#include <thread>

#include "kiln/kernels/data.hpp"

using namespace kiln;

namespace {

void check_epoch(const char* kernel, std::int64_t examples, std::int64_t batch_size) {
  KILN_REQUIRE(std::string(kernel) + ": the number of examples is not negative", examples >= 0);
  KILN_REQUIRE(std::string(kernel) + ": a batch has room for an example", batch_size >= 1);
}

void check_indices(const char* kernel, std::span<const std::int64_t> indices, std::int64_t count) {
  for (std::size_t i = 0; i < indices.size(); ++i) {
    KILN_REQUIRE(std::string(kernel) + ": index number " + std::to_string(i) + " is negative", indices[i] >= 0);
    KILN_REQUIRE(std::string(kernel) + ": index number " + std::to_string(i) + " is past the last example",
                 indices[i] < count);
  }
}

/// One example: what is left of a view when its first index stands still at 0.
template <class T>
BasicView<T> first_example(const BasicView<T>& examples) {
  BasicView<T> example{examples.data, {}, {}};
  for (int d = 1; d < examples.rank(); ++d) {
    example.shape.push_back(examples.shape[d]);
    example.strides.push_back(examples.strides[d]);
  }
  return example;
}

/// Copies one example of any strides, its last dimension as rows.
void copy_strided(const ConstView& in, const View& out) {
  const int last = in.rank() - 1;
  const std::int64_t columns = last >= 0 ? in.shape[last] : 1;
  const std::int64_t step_in = last >= 0 ? in.strides[last] : 0, step_out = last >= 0 ? out.strides[last] : 0;
  Shape index = Shape::filled(in.rank(), 0);
  std::int64_t at_in = 0, at_out = 0;
  for (std::int64_t row = in.size() / columns; row > 0; --row) {
    for (std::int64_t j = 0; j < columns; ++j) out.data[at_out + j * step_out] = in.data[at_in + j * step_in];
    for (int d = last - 1; d >= 0; --d) {
      at_in += in.strides[d];
      at_out += out.strides[d];
      if (++index[d] < in.shape[d]) break;
      at_in -= index[d] * in.strides[d];
      at_out -= index[d] * out.strides[d];
      index[d] = 0;
    }
  }
}

}  // namespace

// Example: 10 examples in batches of 4 are 3 batches, of 4, 4 and 2; without the short one 2.
std::int64_t impl::batch_count(std::int64_t examples, std::int64_t batch_size, bool drop_last) {
  check_epoch("batch_count", examples, batch_size);
  const bool short_one = examples % batch_size != 0 && !drop_last;
  return examples / batch_size + (short_one ? 1 : 0);
}

// Example: batch 2 of those covers [8, 10).
BatchRange impl::batch_range(std::int64_t examples, std::int64_t batch_size, std::int64_t number) {
  check_epoch("batch_range", examples, batch_size);
  KILN_REQUIRE("batch_range: batches count from 0", number >= 0);
  KILN_REQUIRE("batch_range: there are not as many batches", number < batch_count(examples, batch_size, false));
  // begin + batch_size might be more than an int64 holds; what is left is not.
  const std::int64_t begin = number * batch_size;
  return {begin, begin + std::min(batch_size, examples - begin)};
}

// Example: examples (4, 2) with rows a, b, c, d and indices (3, 0, 3) -> batch (3, 2) with rows d, a, d.
void impl::collate(ConstView examples, std::span<const std::int64_t> indices, View batch) {
  KILN_REQUIRE("collate: the examples' first dimension counts them, so there is one", examples.rank() >= 1);
  Shape expected = examples.shape;
  expected[0] = static_cast<std::int64_t>(indices.size());
  KILN_REQUIRE("collate: the batch's shape is not that of the examples " + to_string(examples.shape) +
                   " with the number of indices in front",
               batch.shape == expected);
  check_indices("collate", indices, examples.shape[0]);
  if (batch.size() == 0) return;

  const auto some = [&](std::size_t begin, std::size_t end) {
    const ConstView from = first_example(examples);
    const View to = first_example(batch);
    const bool dense = from.is_contiguous() && to.is_contiguous();
    const std::int64_t elements = to.size();
    for (std::size_t i = begin; i < end; ++i) {
      const float* in = from.data + indices[i] * examples.strides[0];
      float* out = to.data + static_cast<std::int64_t>(i) * batch.strides[0];
      if (dense)
        std::copy_n(in, elements, out);
      else
        copy_strided({in, from.shape, from.strides}, {out, to.shape, to.strides});
    }
  };
  // Runs of memory move faster than a thread starts, whatever their size.
  const std::size_t half = indices.size() / 2;
  if (first_example(examples).is_contiguous() && first_example(batch).is_contiguous()) return some(0, indices.size());
  const std::jthread other([&] { some(half, indices.size()); });
  some(0, half);
}

void impl::collate_labels(std::span<const std::int32_t> labels, std::span<const std::int64_t> indices,
                          std::span<std::int32_t> batch) {
  KILN_REQUIRE("collate_labels: the batch has not a place for each index", batch.size() == indices.size());
  check_indices("collate_labels", indices, static_cast<std::int64_t>(labels.size()));
  for (std::size_t i = 0; i < indices.size(); ++i) batch[i] = labels[static_cast<std::size_t>(indices[i])];
}
