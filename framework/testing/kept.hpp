// Kept: memory that shows what a call wrote before it threw. A worker's outputs are not taken over from a call that
// threw, so these numbers lie where judge and worker both see them.
#pragma once

#include <algorithm>
#include <functional>
#include <list>
#include <span>
#include <string>
#include <vector>

#include "testing/run.hpp"
#include "testing/testing.hpp"

namespace kiln::testing {

/// Numbers that are all one value; of floats, a dense tensor.
template <class T = float>
class Kept {
 public:
  Kept(const Shape& shape, T value) : shape_(shape), value_(value), local_(static_cast<std::size_t>(shape.elements())) {
    numbers_ = local_;
    if (run().session != nullptr) {
      std::byte* shared = run().session->keep(worker::Arena::read_write, local_.size() * sizeof(T));
      numbers_ = {reinterpret_cast<T*>(shared), local_.size()};
    }
    std::fill(numbers_.begin(), numbers_.end(), value);
  }
  Kept(std::size_t count, T value) : Kept(Shape{static_cast<std::int64_t>(count)}, value) {}
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

  bool untouched() const {
    return std::all_of(numbers_.begin(), numbers_.end(), [this](T found) { return found == value_; });
  }
  /// Sets all numbers to the value again; returns whether they all were.
  bool restore() const {
    const bool were = untouched();
    std::fill(numbers_.begin(), numbers_.end(), value_);
    return were;
  }

  std::span<T> numbers() const { return numbers_; }
  View view() const { return view(shape_); }
  View view(const Shape& shape) const { return {numbers_.data(), shape, dense_strides(shape)}; }
  operator View() const { return view(); }

 private:
  Shape shape_;
  T value_;
  std::vector<T> local_;
  std::span<T> numbers_;
};

/// Expects `kept` to be as it was, and makes it so.
template <class T>
void expect_untouched(const std::string& situation, const Kept<T>& kept) {
  if (!kept.restore())
    ADD_FAILURE() << "where " << situation
                  << ": something was written before the error was thrown; check first, then write";
}

/// Expects `call` to refuse its arguments, and to leave `kept` as it was.
template <class T>
void expect_refused(const std::string& situation, const Kept<T>& kept, const std::function<void()>& call) {
  expect_error(ErrorKind::invalid_argument, situation, call);
  expect_untouched(situation, kept);
}
inline void expect_refused(const std::string& situation, const std::list<Kept<>>& tensors,
                           const std::function<void()>& call) {
  expect_error(ErrorKind::invalid_argument, situation, call);
  for (const Kept<>& tensor : tensors) expect_untouched(situation, tensor);
}

}  // namespace kiln::testing
