// Typed getters over a TOML table.
#include "grader/course/table_reader.hpp"

#include <algorithm>
#include <cmath>

namespace kiln::grader {

std::string in_quotes(std::string_view text) { return '"' + std::string(text) + '"'; }

std::string describe(const toml::node& node) {
  constexpr std::size_t kLongest = 60;
  if (const auto text = node.value_exact<std::string>())
    return in_quotes(text->size() <= kLongest ? *text : text->substr(0, kLongest) + "...");
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  if (const auto number = node.value_exact<double>()) {
    std::string text = std::to_string(*number);
    return text.substr(0, text.find_last_not_of('0') + 1);
  }
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  if (node.is_table()) return "a table";
  if (const toml::array* array = node.as_array()) return "an array of " + std::to_string(array->size());
  return "a date or time";
}

namespace {

std::string number_text(Bound bound) { return bound == Bound::above_zero ? "a number > 0" : "a number >= 0"; }

}  // namespace

void TableReader::problem(toml::source_position at, std::string_view key, std::string expected, std::string found) {
  problems_.push_back({file_, static_cast<int>(at.line), static_cast<int>(at.column),
                       where_ + prefix_ + std::string(key), std::move(expected), std::move(found)});
}

toml::source_position TableReader::position(std::string_view key) const {
  const toml::node* node = table_.get(key);
  return (node ? node->source() : table_.source()).begin;
}

const toml::node* TableReader::find(std::string_view key) {
  known_.emplace_back(key);
  return table_.get(key);
}

const toml::node* TableReader::require(std::string_view key, const std::string& expected) {
  const toml::node* node = find(key);
  if (!node) problem(table_.source().begin, key, "must be " + expected, "nothing");
  return node;
}

void TableReader::wrong_type(const toml::node& node, std::string_view key, std::string expected) {
  problem(node.source().begin, key, "must be " + std::move(expected), describe(node));
}

Located TableReader::text(std::string_view key) {
  const std::string expected = "a text that is not empty";
  const toml::node* node = require(key, expected);
  if (!node) return {"", table_.source().begin};
  const auto value = node->value_exact<std::string>();
  if (!value || value->find_first_not_of(" \t\n") == std::string::npos) wrong_type(*node, key, expected);
  return {value.value_or(""), node->source().begin};
}

double TableReader::number(std::string_view key, Bound bound) {
  const toml::node* node = require(key, number_text(bound));
  if (!node) return 0;
  const bool is_number = node->is_integer() || node->is_floating_point();
  const double value = is_number ? node->value<double>().value_or(NAN) : NAN;
  if (std::isfinite(value) && (bound == Bound::above_zero ? value > 0 : value >= 0)) return value;
  wrong_type(*node, key, number_text(bound));
  return 0;
}

int TableReader::whole(std::string_view key, int fallback, int least, int most) {
  const toml::node* node = find(key);
  if (!node) return fallback;
  const auto value = node->value_exact<std::int64_t>();
  if (value && *value >= least && *value <= most) return static_cast<int>(*value);
  wrong_type(*node, key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return fallback;
}

bool TableReader::flag(std::string_view key, bool fallback) {
  const toml::node* node = find(key);
  if (!node) return fallback;
  const auto value = node->value_exact<bool>();
  if (!value) wrong_type(*node, key, "true or false");
  return value.value_or(fallback);
}

std::vector<Located> TableReader::texts_of(const toml::node& node, std::string_view key) {
  const std::string expected = "an array of texts that are not empty";
  std::vector<Located> texts;
  const toml::array* array = node.as_array();
  if (!array) {
    wrong_type(node, key, expected);
    return texts;
  }
  for (const toml::node& element : *array) {
    const auto value = element.value_exact<std::string>();
    if (!value || value->empty()) wrong_type(element, key, expected);
    texts.push_back({value.value_or(""), element.source().begin});
  }
  return texts;
}

std::vector<Located> TableReader::texts(std::string_view key) {
  const toml::node* node = require(key, "an array of texts");
  return node ? texts_of(*node, key) : std::vector<Located>{};
}

std::optional<Located> TableReader::optional_text(std::string_view key) {
  if (find(key) == nullptr) return std::nullopt;
  return text(key);
}

double TableReader::share(std::string_view key, double fallback) {
  const toml::node* node = find(key);
  if (!node) return fallback;
  const bool is_number = node->is_integer() || node->is_floating_point();
  const double value = is_number ? node->value<double>().value_or(NAN) : NAN;
  if (value >= 0 && value <= 1) return value;
  wrong_type(*node, key, "a number from 0 to 1");
  return fallback;
}

std::optional<TableReader> TableReader::optional_table(std::string_view key) {
  if (find(key) == nullptr) return std::nullopt;
  return table(key);
}

std::vector<Located> TableReader::optional_texts(std::string_view key) {
  const toml::node* node = find(key);
  return node ? texts_of(*node, key) : std::vector<Located>{};
}

const toml::array* TableReader::tables_of(const toml::node& node, std::string_view key) {
  const toml::array* array = node.as_array();
  const bool good = array && !array->empty() && array->is_homogeneous(toml::node_type::table);
  if (!good) wrong_type(node, key, "an array of at least one table");
  return good ? array : nullptr;
}

const toml::array* TableReader::tables(std::string_view key) {
  const toml::node* node = require(key, "an array of at least one table");
  return node ? tables_of(*node, key) : nullptr;
}

const toml::array* TableReader::optional_tables(std::string_view key) {
  const toml::node* node = find(key);
  return node ? tables_of(*node, key) : nullptr;
}

std::optional<TableReader> TableReader::table(std::string_view key) {
  const toml::node* node = require(key, "a table");
  if (!node) return std::nullopt;
  if (const toml::table* table = node->as_table()) return inner(*table, where_, prefix_ + std::string(key) + '.');
  wrong_type(*node, key, "a table");
  return std::nullopt;
}

std::vector<std::pair<Located, Located>> TableReader::optional_text_table(std::string_view key) {
  std::vector<std::pair<Located, Located>> entries;
  const toml::node* node = find(key);
  if (!node) return entries;
  const toml::table* table = node->as_table();
  if (!table) {
    wrong_type(*node, key, "a table of texts");
    return entries;
  }
  TableReader reader = inner(*table, where_, prefix_ + std::string(key) + '.');
  for (const auto& [name, value] : *table)
    entries.push_back({{std::string(name.str()), value.source().begin}, reader.text(name.str())});
  return entries;
}

void TableReader::finish() {
  for (const auto& [name, value] : table_) {
    const std::string key(name.str());
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    const std::string guess = nearest(key, known_);
    problem(name.source().begin, key,
            guess.empty() ? "is not a known key" : "is not a known key: did you mean " + in_quotes(guess) + "?");
  }
}

}  // namespace kiln::grader
