// Feeds libcsv a line at a time, because it does not count lines itself.
#include "grader/book/csv.hpp"

#include <csv.h>

#include <algorithm>
#include <new>

namespace kiln::grader {

namespace {

constexpr std::size_t kLongestCell = 1000;

/// The end of the line that begins at `begin`: behind its LF, CR or CR LF.
std::size_t line_end(std::string_view text, std::size_t begin) {
  const std::size_t end = text.find_first_of("\r\n", begin);
  if (end == text.npos) return text.size();
  return text.substr(end).starts_with("\r\n") ? end + 2 : end + 1;
}

char delimiter_of(std::string_view first_line) {
  char best = ',';
  for (const char candidate : {';', '\t'})
    if (std::ranges::count(first_line, candidate) > std::ranges::count(first_line, best)) best = candidate;
  return best;
}

/// One parser and the rows that it has read. Strict: a quote in the middle of a field is an error, and no guess.
class Reader {
 public:
  explicit Reader(char delimiter) : delimiter_(delimiter) { open(); }
  ~Reader() { csv_free(&parser_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// `at`: where the line begins in the text.
  void feed(std::string_view line, int number, std::size_t at) {
    if (!in_row_) line_ = number, begin_ = at;
    end_ = at + line.size();
    ended_ = false;
    const std::size_t read = csv_parse(&parser_, line.data(), line.size(), on_field, on_row, this);
    if (read != line.size()) return skip_row();
    const bool blank = line.find_first_not_of(" \t\r\n") == line.npos;
    in_row_ = !ended_ && (in_row_ || !blank);
  }

  CsvFile finish() {
    if (csv_fini(&parser_, on_field, on_row, this) != 0 && in_row_)
      file_.problem = "line " + std::to_string(line_) + ": a quote is opened and never closed";
    return std::move(file_);
  }

 private:
  void open() {
    if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
    csv_set_blk_size(&parser_, std::size_t{1} << 16);
    csv_set_delim(&parser_, static_cast<unsigned char>(delimiter_));
  }

  /// The rest of the line is passed over, and the next begins a new row.
  void skip_row() {
    if (csv_error(&parser_) == CSV_ENOMEM) throw std::bad_alloc();
    add_row({},
            "a quote stands in the middle of a field; put the whole field in quotes, and "
            "write each quote inside it twice");
    fields_.clear();
    csv_free(&parser_);
    open();
    in_row_ = false;
  }

  static void on_field(void* data, std::size_t size, void* self) {
    static_cast<Reader*>(self)->fields_.emplace_back(static_cast<const char*>(data), size);
  }
  static void on_row(int, void* self) { static_cast<Reader*>(self)->end_row(); }

  void end_row() {
    add_row(std::move(fields_), "");
    fields_.clear();
    ended_ = true;
  }

  void add_row(std::vector<std::string> fields, const char* problem) {
    file_.rows.push_back({line_, begin_, end_, std::move(fields), problem});
  }

  csv_parser parser_;
  char delimiter_;
  bool in_row_ = false, ended_ = false;
  int line_ = 1;
  std::size_t begin_ = 0, end_ = 0;
  std::vector<std::string> fields_;
  CsvFile file_;
};

/// Length of the UTF-8 character that `text` begins with, 0 where it is none.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = byte(0);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  for (std::size_t i = 1; i < size; ++i)
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  // Overlong forms, surrogates, and what lies beyond the last plane.
  const bool wrong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) ||
                     (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f);
  return wrong ? 0 : size;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

}  // namespace

CsvFile read_csv(std::string_view text) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    return {{}, "it is in UTF-16; save it as \"CSV UTF-8\""};
  const std::size_t mark = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  Reader reader(delimiter_of(text.substr(mark, line_end(text, mark) - mark)));
  int number = 1;
  for (std::size_t begin = mark; begin < text.size(); ++number) {
    const std::size_t end = line_end(text, begin);
    reader.feed(text.substr(begin, end - begin), number, begin);
    begin = end;
  }
  return reader.finish();
}

bool mentions(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); !word.empty() && at != text.npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

std::string_view why_no_name(std::string_view cell) {
  if (cell.size() > kLongestCell) return "is longer than 1000 bytes";
  if (std::ranges::any_of(cell, is_control)) return "has a line break or another control character in it";
  while (!cell.empty()) {
    const std::size_t size = character_size(cell);
    if (size == 0) return "is not UTF-8; save the file as \"CSV UTF-8\"";
    cell.remove_prefix(size);
  }
  return "";
}

std::string clean_cell(std::string_view cell) {
  std::string clean;
  while (!cell.empty()) {
    const std::size_t size = character_size(cell);
    const std::string_view next = size == 0 ? "\xef\xbf\xbd" : is_control(cell[0]) ? " " : cell.substr(0, size);
    if (clean.size() + next.size() > kLongestCell) break;
    clean += next;
    cell.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return clean;
}

}  // namespace kiln::grader
