// Exercise 1: fill.
// A cursor that knows how to go to the next element; the kernel itself is then two lines.
#include <cstdio>

#include "kiln/kernels/tensor.hpp"

namespace {

class Cursor {
 public:
  explicit Cursor(const kiln::View& view) : view_(view), index_(kiln::Shape::filled(view.rank(), 0)) {}

  float& element() const { return view_.data[offset_]; }

  void next() {
    for (int d = view_.rank() - 1; d >= 0; --d) {
      offset_ += view_.strides[d];
      if (++index_[d] < view_.shape[d]) return;
      offset_ -= view_.shape[d] * view_.strides[d];
      index_[d] = 0;
    }
  }

 private:
  kiln::View view_;
  kiln::Shape index_;
  std::int64_t offset_ = 0;
};

}  // namespace

void kiln::impl::fill(View out, float value) {
  static bool first_call = true;
  if (first_call) std::printf("fill: first call, %d dimensions\n", out.rank());
  first_call = false;
  Cursor cursor(out);
  for (std::int64_t left = out.size(); left > 0; --left, cursor.next()) cursor.element() = value;
}
