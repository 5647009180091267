// Wrong: an empty line within the file may be all that is left of a row.
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "kiln/kernels/data.hpp"

using namespace kiln;

namespace {

std::string trim(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char letter : text) {
    if (letter == separator)
      parts.emplace_back();
    else
      parts.back() += letter;
  }
  return parts;
}

[[noreturn]] void fail(std::size_t line, std::size_t column, const std::string& what) {
  throw Error(ErrorKind::invalid_argument,
              "parse_csv: line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + what);
}

/// Whether a number that is no float is too small for one.
bool small(const std::string& text) {
  const std::size_t e = text.find_first_of("eE"), end = e == std::string::npos ? text.size() : e;
  const std::size_t first = text.find_first_of("123456789"), dot = text.find('.');
  if (first >= end) return true;
  double power = static_cast<double>(dot < end ? dot : end) - static_cast<double>(first);
  // A double holds any exponent that counts, and infinity otherwise.
  if (e != std::string::npos) power += std::strtod(text.c_str() + e + 1, nullptr);
  return power < 0;
}

float number(const std::string& field, std::size_t line, std::size_t column) {
  std::string text = field;
  if (text.empty()) fail(line, column, "nothing");
  if (text[0] == '+') {
    text.erase(0, 1);
    if (text[0] == '-' || text[0] == '+') fail(line, column, "two signs");
  }
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) fail(line, column, "no number");
  if (error == std::errc::result_out_of_range) {
    if (!small(text)) fail(line, column, "too large");
    value = 0;
  }
  return value;
}

}  // namespace

CsvTable impl::parse_csv(std::string_view text, bool header) {
  std::string all(text);
  if (all.substr(0, 3) == "\xef\xbb\xbf") all.erase(0, 3);
  std::vector<std::string> lines = split(all, '\n');
  for (std::size_t i = 0; i + 1 < lines.size(); ++i)
    if (!lines[i].empty() && lines[i].back() == '\r') lines[i].pop_back();
  while (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();
  CsvTable table;
  if (header && lines.empty()) fail(1, 1, "no header");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (trim(lines[i]).empty()) continue;
    const std::vector<std::string> fields = split(lines[i], ',');
    const auto columns = static_cast<std::int64_t>(fields.size());
    if (i > 0 && columns != table.columns) fail(i + 1, 1, "another number of fields");
    table.columns = columns;
    for (std::size_t j = 0; j < fields.size(); ++j) {
      const std::string field = trim(fields[j]);
      if (header && i == 0) {
        if (field.empty()) fail(1, j + 1, "no name");
        table.names.push_back(field);
      } else {
        table.values.push_back(number(field, i + 1, j + 1));
      }
    }
    if (!header || i > 0) ++table.rows;
  }
  return table;
}
