// Generator: seeded operands of awkward shapes and strides for the properties of a kernel.
// Every operand is remembered by name, so that a failure can print what the kernel was given.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kiln/random.hpp"
#include "kiln/view.hpp"
#include "testing/array64.hpp"

namespace kiln::testing {

/// How an operand's elements lie in memory.
enum class Layout {
  dense,       ///< row-major, contiguous
  transposed,  ///< dimensions stored in reverse order
  spaced,      ///< gaps between neighbours in every dimension
  reversed,    ///< all strides negative
  repeated,    ///< the first dimension has stride 0 (read-only operands)
};

/// A named tensor of a test: owns its memory, shows a view of it. Copies share the memory.
class Operand {
 public:
  Operand(std::string name, const Shape& shape, Layout layout);

  const std::string& name() const { return name_; }
  const Shape& shape() const { return view_.shape; }
  View view() const { return view_; }
  operator View() const { return view_; }
  operator ConstView() const { return view_; }

  /// Values in row-major order of the index, in double.
  Array64 values() const { return to_array64(view_); }
  /// Sets every element; `values` has shape().
  void assign(const Array64& values) const;
  void fill(float value) const;

  /// "a: shape (3, 4), strides (1, 3), transposed"
  std::string describe() const;

 private:
  std::string name_;
  Layout layout_;
  std::shared_ptr<std::vector<float>> memory_;
  View view_;
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Random& random() { return random_; }

  /// An extent that breaks careless loops: 0, 1, 2, 3, around 8 and 16, primes, up to about 40.
  std::int64_t extent();
  /// The same without 0.
  std::int64_t positive_extent();
  /// `rank` extents whose product stays small (at most a few thousand).
  Shape shape(int rank);
  /// A shape that broadcasts to `target`: some extents become 1, some leading ones may be missing.
  Shape broadcastable_to(const Shape& target);
  Layout layout();           ///< any of the five
  Layout writable_layout();  ///< without `repeated`

  /// An input with values uniform in [low, high), of a random layout or the one given.
  Operand input(std::string name, const Shape& shape, float low = -1.0f, float high = 1.0f);
  Operand input(std::string name, const Shape& shape, Layout layout, float low = -1.0f, float high = 1.0f);
  /// An output filled with NaN, so that an element that was never written shows; dense unless another layout is given.
  Operand output(std::string name, const Shape& shape, Layout layout = Layout::dense);

  /// Adds a line to what a failure prints of this case ("axis = -1").
  void note(std::string line) { notes_.push_back(std::move(line)); }
  /// The operands and notes so far, a line each.
  std::string describe() const;

 private:
  Random random_;
  std::vector<std::string> notes_;
};

}  // namespace kiln::testing
