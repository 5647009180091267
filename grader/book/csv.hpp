// Rows of a CSV file with the lines on which they begin; read by libcsv.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kiln::grader {

struct CsvRow {
  int line = 0;                    ///< from 1, on which the row begins
  std::size_t begin = 0, end = 0;  ///< its bytes in the text, line end included
  std::vector<std::string> fields;
  std::string problem;  ///< "" where the row could be read; else why not, and `fields` is not to be used
};

struct CsvFile {
  std::vector<CsvRow> rows;  ///< without blank lines
  std::string problem;       ///< why the file as a whole cannot be read, "" where it can
};

/// RFC 4180, with or without a UTF-8 byte order mark, lines ended by LF, CR or both. Fields are parted by the character
/// of ',', ';' and tab that the first line has most of. A row with misplaced quotes costs itself alone; a quote that is
/// never closed costs the file, because nobody knows how many rows it swallowed.
CsvFile read_csv(std::string_view text);

/// Why a cell cannot name anything: it is too long, has control characters (line breaks too), or is not UTF-8. "" for a
/// good one.
std::string_view why_no_name(std::string_view cell);

/// The cell on one line, in UTF-8 and short enough for a name: control characters become spaces, foreign bytes U+FFFD.
std::string clean_cell(std::string_view cell);

/// Whether `word` stands in `text` with no letter, digit or '_' right beside it: "s1" is not in "s12".
bool mentions(std::string_view text, std::string_view word);

}  // namespace kiln::grader
