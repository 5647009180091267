// fill: an odometer class with a virtual base, in an unnamed namespace.
#include <memory>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

class Walk {
 public:
  virtual ~Walk() = default;
  virtual std::int64_t offset() const = 0;
  virtual void advance() = 0;
};

class Odometer final : public Walk {
 public:
  explicit Odometer(View view) : view_(view), index_(Shape::filled(view.rank(), 0)) {}
  std::int64_t offset() const override {
    std::int64_t sum = 0;
    for (int d = 0; d < view_.rank(); ++d) sum += index_[d] * view_.strides[d];
    return sum;
  }
  void advance() override {
    for (int d = view_.rank() - 1; d >= 0 && ++index_[d] == view_.shape[d]; --d) index_[d] = 0;
  }

 private:
  View view_;
  Shape index_;
};

}  // namespace

void impl::fill(View out, float value) {
  const std::unique_ptr<Walk> walk = std::make_unique<Odometer>(out);
  for (std::int64_t left = out.size(); left > 0; --left) {
    out.data[walk->offset()] = value;
    walk->advance();
  }
}
