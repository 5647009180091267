// From rows to students: whatever is left out is said with its line.
#include "grader/book/roster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "grader/book/csv.hpp"

namespace kiln::grader {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

/// libcsv trims what stands without quotes; an id has no spaces around it within quotes either.
std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' '), end = text.find_last_not_of(' ');
  return begin == text.npos ? "" : text.substr(begin, end - begin + 1);
}

/// A cell as a problem shows it.
std::string shown(std::string_view cell) {
  constexpr std::size_t kMost = 60;
  std::string clean = clean_cell(cell.substr(0, kMost));
  return '"' + clean + (cell.size() > kMost ? "...\"" : "\"");
}

/// Where the columns are that mean something here.
struct Columns {
  std::size_t id = 0;
  std::optional<std::size_t> name, group, email;
};

std::optional<std::size_t> find_column(const std::vector<std::string>& header,
                                       std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    for (std::size_t i = 0; i < header.size(); ++i)
      if (lower(header[i]) == name) return i;
  return std::nullopt;
}

/// Canvas writes the name under "Student" and a number of its own under "ID"; what submissions are named by is its
/// "SIS Login ID". A plain "id", in small letters, is ours and goes before all.
std::optional<Columns> columns_of(const std::vector<std::string>& header) {
  const auto own = std::ranges::find(header, "id");
  const auto id =
      own != header.end()
          ? std::optional(static_cast<std::size_t>(own - header.begin()))
          : find_column(header, {"sis login id", "id", "student id", "student_id", "login", "username", "student"});
  if (!id) return std::nullopt;
  Columns columns{*id, find_column(header, {"name", "full name"}), find_column(header, {"group", "team"}),
                  find_column(header, {"email", "e-mail", "mail"})};
  if (!columns.name) columns.name = find_column(header, {"student"});
  if (columns.name == columns.id) columns.name.reset();
  return columns;
}

/// The headers that stand for a member of Student and need no place among its other columns. A column under another
/// name, such as "SIS Login ID", is kept there too: whoever exports grades wants it back.
bool is_plain(const std::string& header) {
  constexpr std::array<std::string_view, 4> kPlain{"id", "name", "group", "email"};
  return std::ranges::find(kPlain, header) != kPlain.end();
}

std::vector<std::string> header_of(const CsvFile& csv) {
  std::vector<std::string> header;
  for (const std::string& cell : csv.rows[0].fields) header.push_back(clean_cell(cell));
  while (!header.empty() && header.back().empty()) header.pop_back();
  return header;
}

/// Rows of some programs end in cells that no header names.
void drop_empty_end(std::vector<std::string>& fields, std::size_t size) {
  while (fields.size() > size && fields.back().empty()) fields.pop_back();
}

class RosterReader {
 public:
  RosterReader(std::vector<std::string> header, Columns columns, const std::string& file)
      : header_(std::move(header)), columns_(columns), file_(file) {}

  void read(CsvRow& row) {
    if (is_points_possible(row)) return;
    if (const std::string problem = why_left_out(row); !problem.empty()) {
      add_problem(row, problem + "; the line is left out");
      return;
    }
    const std::string& id = row.fields[columns_.id];
    Student student{.id = id, .name = "", .group = at(row, columns_.group), .email = "", .columns = {}};
    if (columns_.name) student.name = clean_cell(row.fields[*columns_.name]);
    if (columns_.email) student.email = clean_cell(row.fields[*columns_.email]);
    for (std::size_t i = 0; i < header_.size(); ++i) {
      tell_change(row, i);
      if (!is_plain(header_[i]) && !header_[i].empty()) student.columns[header_[i]] = clean_cell(row.fields[i]);
    }
    lines_[id] = row.line;
    roster_.students.push_back(std::move(student));
  }

  Roster finish() {
    for (const Student& student : roster_.students) {
      const auto line = lines_.find(student.group);
      if (line != lines_.end() && student.group != student.id)
        roster_.problems.push_back(fmt::format(
            "{}:{}: the group {} of {} is also the id of a student: submissions of that name are taken for the "
            "student's; name the group otherwise",
            file_, lines_[student.id], shown(student.group), shown(student.id)));
    }
    return std::move(roster_);
  }

 private:
  /// Canvas puts the assignments' maxima into a line of their own.
  bool is_points_possible(const CsvRow& row) const {
    const auto cell = [&](std::size_t i) { return i < row.fields.size() ? trimmed(row.fields[i]) : ""; };
    return row.problem.empty() && columns_.name && cell(*columns_.name) == "Points Possible" &&
           cell(columns_.id).empty();
  }

  std::string at(const CsvRow& row, std::optional<std::size_t> column) const {
    return column ? row.fields[*column] : "";
  }

  std::string why_left_out(CsvRow& row) {
    if (!row.problem.empty()) return row.problem;
    drop_empty_end(row.fields, header_.size());
    if (row.fields.size() != header_.size())
      return fmt::format("must have {} fields as the header has, found {}", header_.size(), row.fields.size());
    std::string& id = row.fields[columns_.id];
    id = trimmed(id);
    if (id.empty()) return "has no id";
    if (const auto why = why_no_name(id); !why.empty()) return fmt::format("the id {} {}", shown(id), why);
    if (const auto why = why_no_name(at(row, columns_.group)); !why.empty())
      return fmt::format("the group {} of {} {}", shown(at(row, columns_.group)), shown(id), why);
    if (const auto first = lines_.find(id); first != lines_.end())
      return fmt::format("the id {} is on line {} already", shown(id), first->second);
    return "";
  }

  /// A line break within quotes is allowed, and becomes a space; for anything else somebody should look.
  void tell_change(const CsvRow& row, std::size_t column) {
    std::string cell = row.fields[column];
    std::erase_if(cell, [](char c) { return c == '\n' || c == '\r'; });
    const auto why = why_no_name(cell);
    if (!why.empty())
      add_problem(row, fmt::format("{} of {} {}; it is kept as {}", shown(header_[column]),
                                   shown(row.fields[columns_.id]), why, shown(clean_cell(cell))));
  }

  void add_problem(const CsvRow& row, const std::string& what) {
    roster_.problems.push_back(fmt::format("{}:{}: {}", file_, row.line, what));
  }

  std::vector<std::string> header_;
  Columns columns_;
  const std::string& file_;
  std::map<std::string, int, std::less<>> lines_;  ///< of each id
  Roster roster_;
};

}  // namespace

Expected<Roster, std::string> parse_roster(std::string_view text, const std::string& name) {
  CsvFile csv = read_csv(text);
  if (!csv.problem.empty()) return name + ": " + csv.problem;
  if (csv.rows.empty()) return name + ": is empty; a roster has a header line: id, name, group, email";
  if (!csv.rows[0].problem.empty()) return fmt::format("{}:{}: {}", name, csv.rows[0].line, csv.rows[0].problem);
  const std::vector<std::string> header = header_of(csv);
  const auto columns = columns_of(header);
  if (!columns)
    return fmt::format("{}:{}: the header must name a column \"id\" (or \"student\", \"SIS Login ID\"), found {}", name,
                       csv.rows[0].line, shown(fmt::format("{}", fmt::join(header, ","))));
  std::vector<std::string> sorted = header;
  std::ranges::sort(sorted);
  if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end() && !twice->empty())
    return fmt::format("{}:{}: the header names the column {} twice", name, csv.rows[0].line, shown(*twice));
  RosterReader reader(header, *columns, name);
  for (std::size_t i = 1; i < csv.rows.size(); ++i) reader.read(csv.rows[i]);
  Roster roster = reader.finish();
  if (!roster.students.empty()) return roster;
  return name + ": names no student" + (roster.problems.empty() ? "" : "; " + roster.problems[0]);
}

RosterErasure erase_from_roster(std::string_view text, const std::string& id) {
  RosterErasure erasure;
  CsvFile csv = read_csv(text);
  if (csv.rows.empty()) return erasure;
  const std::vector<std::string> header = header_of(csv);
  const auto columns = columns_of(header);
  const auto is_theirs = [&](CsvRow& row) {
    drop_empty_end(row.fields, header.size());
    const bool whole = columns && row.problem.empty() && row.fields.size() == header.size();
    const std::string theirs = whole ? trimmed(row.fields[columns->id]) : "";
    return theirs.empty() ? mentions(text.substr(row.begin, row.end - row.begin), id) : theirs == id;
  };
  std::size_t kept = 0;
  for (std::size_t i = 1; i < csv.rows.size(); ++i) {
    CsvRow& row = csv.rows[i];
    if (!is_theirs(row)) continue;
    erasure.text += text.substr(kept, row.begin - kept);
    kept = row.end;
    ++erasure.lines;
  }
  erasure.text += text.substr(kept);
  if (erasure.lines + 1 == static_cast<int>(csv.rows.size())) erasure.text.clear();
  return erasure;
}

}  // namespace kiln::grader
