// Case: an operation, its inputs, and what another implementation says of its results and gradients.
// index.json lists them; README.md tells how they were made. Tensors are read when a test asks for them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "testing/compare.hpp"
#include "testing/generate.hpp"

namespace kiln::golden {

/// A tensor that is expected: its file, and |error| <= terms * eps * magnitude. terms = 0 asks for the exact value;
/// without a file the magnitude is |value|.
struct ExpectedFiles {
  std::filesystem::path value, magnitude;
  double terms = 0;
};

class Case {
 public:
  std::string name, op, source;
  std::string reason;  ///< how the tolerance was derived
  std::map<std::string, std::filesystem::path> inputs;
  std::map<std::string, ExpectedFiles> expected;
  std::map<std::string, std::vector<double>> numbers;  ///< attributes; a switch is 0 or 1
  std::map<std::string, std::string> words;            ///< attributes that are words

  bool has_input(const std::string& tensor) const { return inputs.contains(tensor); }
  bool expects(const std::string& tensor) const { return expected.contains(tensor); }

  // Each: Error(invalid_argument) naming the case where there is no such tensor or attribute.

  testing::Array64 input(const std::string& tensor) const;
  std::vector<std::int32_t> labels() const;
  /// `start` is what a gradient held before it was added to.
  testing::Expected expectation(const std::string& tensor, double start = 0) const;
  Shape shape_of(const std::string& tensor) const { return expectation(tensor).value.shape; }

  double number(const std::string& attribute) const;
  int integer(const std::string& attribute) const { return static_cast<int>(number(attribute)); }
  bool flag(const std::string& attribute) const { return number(attribute) != 0; }
  const std::string& word(const std::string& attribute) const;
  Shape shape(const std::string& attribute) const;
};

/// Expects `actual` to be what the case says of the tensor.
void expect(const Case& golden, const std::string& tensor, ConstView actual, double start = 0);

/// The cases that folder/index.json lists. Error(invalid_argument), saying what to do, where it cannot be read.
std::vector<Case> read_index(const std::filesystem::path& folder);

}  // namespace kiln::golden
