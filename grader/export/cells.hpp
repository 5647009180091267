// Cells of CSV files (RFC 4180) that a spreadsheet shows as what they are: text stays text, numbers stay numbers.
// A student chooses names, files and messages; none of them may become a formula on the instructor's machine.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kiln::grader {

/// `raw` as valid UTF-8 without control characters but tab and line breaks; each byte that does not fit is U+FFFD.
std::string clean_text(std::string_view raw);

/// clean_text, with an apostrophe before each piece that a spreadsheet would take for a formula: one that begins, after
/// spaces of any kind, with = + - @ or their wide forms; and before a leading tab or line break. A piece begins the
/// text and follows each semicolon, tab and line break, because a spreadsheet set to another separator splits there.
std::string safe_text(std::string_view raw);

/// At most six decimals and none that are 0: 7.5, 0.333333; "" where not finite.
std::string plain_number(double value);

/// One line of a CSV file: text in quotes, numbers bare, what is not known empty.
class Row {
 public:
  Row& text(std::string_view raw);  ///< through safe_text
  Row& number(double value);
  Row& number(std::optional<double> value);
  Row& blank();

  /// The line with its CR LF.
  std::string line() const { return cells_ + "\r\n"; }

 private:
  Row& add(std::string_view cell);

  std::string cells_;
  bool first_ = true;
};

}  // namespace kiln::grader
