// csv: numbers between commas, a row a line.
// Contract: kiln/kernels/data.hpp. Lesson: modules/09_dataloader/README.md, step 3.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include "kiln/kernels/data.hpp"

using namespace kiln;

// Example: "height,weight\n1.8,75\n1.6,\n" with a header is an error: line 3, column 2, the field is empty.

// BEGIN SOLUTION
namespace {

/// Where an error lies, both counted from 1.
struct Place {
  std::int64_t line = 0, column = 0;
};

[[noreturn]] void fail(const Place& place, const std::string& what) {
  throw Error(ErrorKind::invalid_argument, "parse_csv: line " + std::to_string(place.line) + ", column " +
                                               std::to_string(place.column) + ": " + what);
}

std::string_view trimmed(std::string_view field) {
  const std::size_t first = field.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return field.substr(first, field.find_last_not_of(" \t") - first + 1);
}

/// Takes what stands before the next `separator` off the front of `text`, and the separator too.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t at = std::min(text.find(separator), text.size());
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

/// The next line, without its end. A CR belongs to the end only where an LF follows.
std::string_view take_line(std::string_view& text) {
  const std::size_t before = text.size();
  std::string_view line = take_until(text, '\n');
  if (before > line.size() && line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Whether a number outside the floats' range is so near 0, and not so far from it. The first digit that is not 0
/// counts, and how far from the point it stands.
bool is_tiny(std::string_view number) {
  const std::size_t end = std::min(number.find_first_of("eE"), number.size());
  const std::string_view digits = number.substr(0, end);
  std::string_view power = number.substr(std::min(end + 1, number.size()));
  if (power.starts_with('+')) power.remove_prefix(1);
  const auto point = static_cast<std::int64_t>(std::min(digits.find('.'), digits.size()));
  const std::size_t first = digits.find_first_of("123456789");
  if (first == std::string_view::npos) return true;
  std::int64_t exponent = 0;
  if (std::from_chars(power.data(), power.data() + power.size(), exponent).ec == std::errc::result_out_of_range)
    return power.starts_with('-');
  return static_cast<double>(point - static_cast<std::int64_t>(first)) + static_cast<double>(exponent) <= 0;
}

/// A field as errors show it: not more than a line of it.
std::string quoted(std::string_view field) {
  return '"' + std::string(field.substr(0, 40)) + (field.size() > 40 ? "...\"" : "\"");
}

float parse_number(std::string_view field, const Place& place) {
  if (field.empty()) fail(place, "the field is empty, expected a number");
  // from_chars takes a minus, but no plus.
  std::string_view number = field;
  if (number.starts_with('+')) number.remove_prefix(1);
  const bool two_signs = number.size() < field.size() && number.starts_with('-');
  float value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (two_signs || error == std::errc::invalid_argument || end != number.data() + number.size())
    fail(place, "expected a number, found " + quoted(field));

  // Tell too large from too small, for which from_chars has one word. Some versions say nothing and give infinity.
  const bool written_as_infinity = number.find_first_of("iI") != std::string_view::npos;
  if (error == std::errc::result_out_of_range && is_tiny(number)) return number.starts_with('-') ? -0.0f : 0.0f;
  if (error == std::errc::result_out_of_range || (std::isinf(value) && !written_as_infinity))
    fail(place, "the number is too large for a float: " + quoted(field));
  return value;
}

/// A row behind those that the table holds already.
void add_row(std::string_view line, std::int64_t number, CsvTable& table) {
  const auto columns = 1 + static_cast<std::int64_t>(std::count(line.begin(), line.end(), ','));
  const bool first = table.rows == 0 && table.names.empty();
  if (!first)
    KILN_REQUIRE("parse_csv: line " + std::to_string(number) + " has another number of fields than the line before it",
                 columns == table.columns);
  table.columns = columns;
  ++table.rows;
  for (std::int64_t column = 1; column <= columns; ++column)
    table.values.push_back(parse_number(trimmed(take_until(line, ',')), {number, column}));
}

void add_names(std::string_view line, std::int64_t number, CsvTable& table) {
  table.columns = 1 + static_cast<std::int64_t>(std::count(line.begin(), line.end(), ','));
  for (std::int64_t column = 1; column <= table.columns; ++column) {
    table.names.emplace_back(trimmed(take_until(line, ',')));
    if (table.names.back().empty()) fail({number, column}, "the field is empty, expected the column's name");
  }
}

}  // namespace
// END SOLUTION

CsvTable impl::parse_csv(std::string_view text, bool header) {
  // BEGIN SOLUTION
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  CsvTable table;
  std::int64_t empty_line = 0;  // the first of those since the last row; 0: none
  for (std::int64_t number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    if (trimmed(line).empty()) {
      if (empty_line == 0) empty_line = number;
      continue;
    }
    // An empty line is an error as soon as another line follows it.
    if (empty_line != 0) fail({empty_line, 1}, "the line is empty, and is not the last");
    if (header && table.names.empty())
      add_names(line, number, table);
    else
      add_row(line, number, table);
  }
  if (header && table.names.empty()) fail({1, 1}, "a header is wanted, and the text has no line");
  return table;
  // END SOLUTION
}
