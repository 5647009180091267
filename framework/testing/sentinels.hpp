// Sentinels: a view in the middle of memory that is full of sevens, so that a write beside its elements shows.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "testing/array64.hpp"

namespace kiln::testing {

class Sentinels {
 public:
  /// Offsets of the view's elements lie in (-kMargin, kMargin), from its first element.
  Sentinels(const Shape& shape, const Strides& strides)
      : memory_(2 * kMargin, kSentinel), view_{memory_.data() + kMargin, shape, strides} {}
  Sentinels(const Sentinels&) = delete;
  Sentinels& operator=(const Sentinels&) = delete;

  View view() const { return view_; }

  /// Expects everything but the view's elements to be a seven still.
  void expect_rest_untouched() const {
    std::set<std::int64_t> elements;
    for_each_index(view_.shape, [&](const Shape& index) {
      std::int64_t offset = 0;
      for (int d = 0; d < index.rank(); ++d) offset += index[d] * view_.strides[d];
      elements.insert(offset);
    });
    for (std::int64_t offset = -kMargin; offset < kMargin; ++offset) {
      const float found = memory_[static_cast<std::size_t>(offset + kMargin)];
      if (elements.contains(offset) || found == kSentinel) continue;
      ADD_FAILURE() << "memory beside the view's elements was changed: " << to_string(view_) << ", offset " << offset
                    << " from its first element: expected " << kSentinel << ", got " << found;
      return;
    }
  }

 private:
  static constexpr std::int64_t kMargin = 128;
  static constexpr float kSentinel = 7;

  std::vector<float> memory_;
  View view_;
};

}  // namespace kiln::testing
