// TableReader: reads one TOML table key by key and collects every problem with its line and column.
// A key that was never asked for is unknown; finish() reports it with the nearest key that is known.
// A getter that reports a problem returns a harmless value, so that reading goes on.
#pragma once

#include <toml++/toml.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grader/course/nearest.hpp"
#include "grader/course/problem.hpp"

namespace kiln::grader {

/// A string and where it stands, for checks across tables.
struct Located {
  std::string text;
  toml::source_position at;
};

enum class Bound { at_least_zero, above_zero };

class TableReader {
 public:
  /// `where` opens each message ("exercise \"matmul\": "), `prefix` each key's name ("points."). `problems` outlives
  /// this.
  TableReader(const toml::table& table, std::string file, std::string where, std::string prefix, Problems& problems)
      : table_(table),
        file_(std::move(file)),
        where_(std::move(where)),
        prefix_(std::move(prefix)),
        problems_(problems) {}

  bool has(std::string_view key) const { return table_.contains(key); }
  bool has_array(std::string_view key) const { return table_.get_as<toml::array>(key) != nullptr; }

  // Required, with a problem where missing.
  Located text(std::string_view key);  ///< not empty
  double number(std::string_view key, Bound bound);
  std::vector<Located> texts(std::string_view key);
  const toml::array* tables(std::string_view key);  ///< nullptr or an array of tables alone
  std::optional<TableReader> table(std::string_view key);

  // Optional: `fallback` where missing.
  int whole(std::string_view key, int fallback, int least, int most);
  double share(std::string_view key, double fallback);  ///< from 0 to 1
  bool flag(std::string_view key, bool fallback);
  std::optional<Located> optional_text(std::string_view key);
  std::optional<TableReader> optional_table(std::string_view key);
  std::vector<Located> optional_texts(std::string_view key);
  const toml::array* optional_tables(std::string_view key);
  /// All entries of a table of strings, in the order of their keys.
  std::vector<std::pair<Located, Located>> optional_text_table(std::string_view key);

  // Of any type, for what TOML has and no getter knows: nullptr where missing, which `require` reports.
  const toml::node* find(std::string_view key);
  const toml::node* require(std::string_view key, const std::string& expected);
  void wrong_type(const toml::node& node, std::string_view key, std::string expected);
  const toml::table& contents() const { return table_; }

  /// Reports every key that no getter asked for.
  void finish();

  /// A reader of an element of tables().
  TableReader inner(const toml::table& table, std::string where, std::string prefix) const {
    return {table, file_, std::move(where), std::move(prefix), problems_};
  }
  void set_where(std::string where) { where_ = std::move(where); }
  const std::string& where() const { return where_; }

  /// `key` is shown behind the prefix. `found` goes into the message as it is.
  void problem(toml::source_position at, std::string_view key, std::string expected, std::string found = "");
  toml::source_position position(std::string_view key) const;

 private:
  std::vector<Located> texts_of(const toml::node& node, std::string_view key);
  const toml::array* tables_of(const toml::node& node, std::string_view key);

  const toml::table& table_;
  std::string file_, where_, prefix_;
  Problems& problems_;
  std::vector<std::string> known_;
};

/// A value as its author wrote it, shortened: "three" with quotes, 3, true, "a table".
std::string describe(const toml::node& node);

/// `text` in double quotes.
std::string in_quotes(std::string_view text);

}  // namespace kiln::grader
