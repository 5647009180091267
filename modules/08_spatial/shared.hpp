// Shared: a tensor that shows what a call wrote before it threw. A worker's outputs are not taken over from a call that
// threw, so it lies in memory that judge and worker share.
#pragma once

#include <algorithm>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "testing/run.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

namespace kiln::testing {

class Shared {
 public:
  Shared(const Shape& shape, float value) : value_(value) {
    const auto count = static_cast<std::size_t>(shape.elements());
    local_.resize(count);
    view_ = dense(local_, shape);
    if (run().session != nullptr)
      view_.data = reinterpret_cast<float*>(run().session->keep(worker::Arena::read_write, count * sizeof(float)));
    std::fill_n(view_.data, count, value);
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  operator View() const { return view_; }
  bool untouched() const {
    return std::all_of(view_.data, view_.data + view_.size(), [this](float found) { return found == value_; });
  }

 private:
  float value_;
  std::vector<float> local_;
  View view_;
};

/// Expects `call` to refuse its arguments, and none of `tensors` to have changed.
inline void expect_refused(const std::string& situation, const std::list<Shared>& tensors,
                           const std::function<void()>& call) {
  expect_error(ErrorKind::invalid_argument, situation, call);
  for (const Shared& tensor : tensors)
    EXPECT_TRUE(tensor.untouched()) << "where " << situation
                                    << ": a tensor was written before the error was thrown; check first, then write";
}

}  // namespace kiln::testing
