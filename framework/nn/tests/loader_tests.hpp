// What tests of the loader share: a source that knows what it was asked, all batches of an epoch, threads counted.
#pragma once

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include "nn/data_loader.hpp"

namespace kiln::nn {

/// Example i is an image (1, 4, 4) of i, i + 1/16, ..., labelled i.
class Numbered : public Source {
 public:
  explicit Numbered(std::int64_t size) : size_(size) {}

  std::int64_t size() const override { return size_; }
  Shape example_shape() const override { return {1, 4, 4}; }
  void load(std::span<const std::int64_t> numbers, View images, std::span<std::int32_t> labels) const override {
    if (before) before(numbers);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      for (std::size_t j = 0; j < 16; ++j)
        images.data[16 * i + j] = static_cast<float>(numbers[i]) + static_cast<float>(j) / 16;
      labels[i] = static_cast<std::int32_t>(numbers[i]);
    }
    ++loaded;
  }

  std::function<void(std::span<const std::int64_t>)> before;
  mutable std::atomic<int> loaded{0};  ///< batches

 private:
  std::int64_t size_;
};

/// Copies of what is left of an epoch.
inline std::vector<Batch> all(DataLoader::Epoch epoch) {
  std::vector<Batch> batches;
  while (const Batch* batch = epoch.next()) batches.push_back(*batch);
  return batches;
}

inline std::vector<std::int32_t> labels(const std::vector<Batch>& batches) {
  std::vector<std::int32_t> joined;
  for (const Batch& batch : batches) joined.insert(joined.end(), batch.labels.begin(), batch.labels.end());
  return joined;
}

inline bool same(const std::vector<Batch>& a, const std::vector<Batch>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Batch& x, const Batch& y) {
    return x.number == y.number && x.labels == y.labels && x.images.shape() == y.images.shape() &&
           std::equal(x.images.flat().begin(), x.images.flat().end(), y.images.flat().begin());
  });
}

inline std::vector<std::int32_t> counted(std::int32_t count) {
  std::vector<std::int32_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

inline std::int64_t threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
}

/// Whether no more threads are left than `before`. One that was joined may stand in /proc for a moment longer.
inline bool threads_are(std::int64_t before) {
  for (int i = 0; i < 100'000 && threads() != before; ++i) std::this_thread::yield();
  return threads() == before;
}

}  // namespace kiln::nn
