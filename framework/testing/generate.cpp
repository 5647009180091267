// Operands of awkward shapes and strides.
#include "testing/generate.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace kiln::testing {

namespace {

constexpr const char* kLayoutNames[] = {"dense", "transposed", "spaced", "reversed", "repeated"};

// Around the widths of vector registers (8 and 16 floats), primes, and the small numbers where loops go wrong.
constexpr std::array<std::int64_t, 16> kExtents{0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 23, 31, 37};

/// Strides of `shape` in the given layout.
Strides strides_of(const Shape& shape, Layout layout) {
  const int rank = shape.rank();
  Shape stored = shape;
  Strides strides;
  switch (layout) {
    case Layout::dense: return dense_strides(shape);
    case Layout::transposed:
      std::reverse(stored.begin(), stored.end());
      strides = dense_strides(stored);
      std::reverse(strides.begin(), strides.end());
      return strides;
    case Layout::spaced:
      // Each dimension has room for twice as many, and elements stand two apart.
      for (std::int64_t& extent : stored) extent = 2 * extent + 1;
      strides = dense_strides(stored);
      for (std::int64_t& stride : strides) stride *= 2;
      return strides;
    case Layout::reversed:
      strides = dense_strides(shape);
      for (std::int64_t& stride : strides) stride = -stride;
      return strides;
    case Layout::repeated:
      if (rank > 0) stored[0] = 1;
      strides = dense_strides(stored);
      if (rank > 0) strides[0] = 0;
      return strides;
  }
  return dense_strides(shape);
}

}  // namespace

// The memory is exactly as long as the view's extent, so that AddressSanitizer sees every step outside it.
Operand::Operand(std::string name, const Shape& shape, Layout layout) : name_(std::move(name)), layout_(layout) {
  view_.shape = shape;
  view_.strides = strides_of(shape, layout);
  std::int64_t low = 0, high = 0;
  if (shape.elements() > 0) {
    for (int d = 0; d < shape.rank(); ++d) {
      const std::int64_t reach = (shape[d] - 1) * view_.strides[d];
      (reach < 0 ? low : high) += reach;
    }
    ++high;
  }
  memory_ = std::make_shared<std::vector<float>>(static_cast<std::size_t>(high - low),
                                                 std::numeric_limits<float>::quiet_NaN());
  view_.data = memory_->data() - low;
}

void Operand::assign(const Array64& values) const {
  std::size_t next = 0;
  for_each_index(shape(), [&](const Shape& index) {
    std::int64_t offset = 0;
    for (int d = 0; d < view_.rank(); ++d) offset += index[d] * view_.strides[d];
    view_.data[offset] = static_cast<float>(values.values[next++]);
  });
}

void Operand::fill(float value) const { assign(Array64(shape(), value)); }

std::string Operand::describe() const {
  return name_ + ": " + to_string(view_) + ", " + kLayoutNames[static_cast<int>(layout_)];
}

std::int64_t Generator::extent() { return kExtents[random_.below(kExtents.size())]; }
std::int64_t Generator::positive_extent() { return kExtents[1 + random_.below(kExtents.size() - 1)]; }

Shape Generator::shape(int rank) {
  constexpr std::int64_t kMostElements = 4000;
  Shape shape;
  std::int64_t elements = 1;  // as if no extent were 0, because that may be mended below
  for (int d = 0; d < rank; ++d) {
    std::int64_t extent = this->extent();
    while (extent > 1 && elements * extent > kMostElements) extent /= 2;
    elements *= std::max<std::int64_t>(extent, 1);
    shape.push_back(extent);
  }
  // An empty tensor is worth a case now and then, not in every third.
  if (shape.elements() == 0 && random_.below(4) != 0)
    for (std::int64_t& extent : shape) extent = std::max<std::int64_t>(extent, 1);
  return shape;
}

Shape Generator::broadcastable_to(const Shape& target) {
  Shape shape;
  const int drop = static_cast<int>(random_.below(static_cast<std::uint64_t>(target.rank()) + 1)) / 2;
  for (int d = drop; d < target.rank(); ++d) shape.push_back(random_.below(3) == 0 ? 1 : target[d]);
  return shape;
}

Layout Generator::layout() { return static_cast<Layout>(random_.below(5)); }
Layout Generator::writable_layout() { return static_cast<Layout>(random_.below(4)); }

Operand Generator::input(std::string name, const Shape& shape, float low, float high) {
  return input(std::move(name), shape, layout(), low, high);
}

Operand Generator::input(std::string name, const Shape& shape, Layout layout, float low, float high) {
  Operand operand(std::move(name), shape, layout);
  Array64 values(shape);
  for (double& value : values.values) value = random_.uniform(low, high);
  operand.assign(values);
  notes_.push_back(operand.describe());
  return operand;
}

Operand Generator::output(std::string name, const Shape& shape, Layout layout) {
  Operand operand(std::move(name), shape, layout);
  notes_.push_back(operand.describe());
  return operand;
}

std::string Generator::describe() const {
  std::string text;
  for (const std::string& note : notes_) text += "  " + note + "\n";
  return text;
}

}  // namespace kiln::testing
