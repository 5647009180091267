// Text of strangers, made fit to print: escaped, measured, cut, padded, wrapped.
// A submission's name or output must not drive the instructor's terminal, so whatever is not plainly visible is
// spelled out. Widths count terminal columns: 2 for a wide character, 0 for a combining mark.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kiln::grader {

struct PrintOptions {
  bool keep_lines = false;  ///< '\n' and '\t' stay (a tab becomes four spaces); otherwise both are spelled out
  bool ascii = false;       ///< spell out everything beyond ASCII, for terminals without UTF-8
};

/// `raw` without anything that moves a cursor, hides or reorders text: control characters and escape sequences become
/// \n, \t or \x1b; bytes that are not UTF-8 become \xff; bidirectional controls, zero-width and unassigned characters
/// become \u{202e}. Always valid UTF-8.
std::string printable(std::string_view raw, PrintOptions options = {});

// The rest wants printable text.

/// Terminal columns of one line.
int display_width(std::string_view text);

/// `text` where it fits into `width` columns, else its beginning and "…" ("~" in ASCII).
std::string fit(std::string_view text, int width, bool ascii = false);

enum class Align { left, right };
/// Filled up with spaces to `width` columns; longer text stays.
std::string pad(std::string_view text, int width, Align align = Align::left);

/// Lines of at most `width` columns, broken at spaces; a word that is longer is broken anywhere. Keeps line breaks and
/// the indentation of each line.
std::vector<std::string> wrap(std::string_view text, int width);

/// The first `lines` lines and `bytes` bytes, with a last line that says how much was left out. Never cuts a character.
std::string clip(std::string_view text, std::size_t lines, std::size_t bytes);

}  // namespace kiln::grader
