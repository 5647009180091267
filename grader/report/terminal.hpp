// What the terminal at hand can do, and painting for it.
// Colour: none where NO_COLOR is set and not empty (no-color.org); else always where CLICOLOR_FORCE is set and not 0
// (bixense.com/clicolors); else on a terminal that is not dumb. Text of strangers goes through safe() first.
#pragma once

#include <string>
#include <string_view>

namespace kiln::grader {

/// What the policy looks at; empty strings stand for variables that are not set.
struct Environment {
  bool tty = false;
  int window_columns = 0;  ///< of the terminal's window, 0 where unknown
  std::string no_color, clicolor_force, term, columns;
  std::string locale;  ///< the first of LC_ALL, LC_CTYPE and LANG that is set
};

enum class Style { plain, bold, dim, good, warn, bad, accent };

struct Terminal {
  bool tty = false;   ///< a person watches
  bool live = false;  ///< lines can be redrawn in place
  bool colour = false;
  bool unicode = false;  ///< the locale is UTF-8
  int width = 0;         ///< columns; 0: no limit, as in a pipe or a file

  /// `text` in the style, unchanged where there is no colour.
  std::string paint(Style style, std::string_view text) const;
  /// Text of a stranger on one line, with nothing in it that could drive the terminal.
  std::string safe(std::string_view raw) const;
  /// The same, with its lines kept.
  std::string safe_lines(std::string_view raw) const;
  /// Columns for running text: the width, at most 100; 100 where there is no limit.
  int text_width() const;
};

/// The policy itself. Widths below 40 count as 40; COLUMNS is asked where the window does not tell.
Terminal terminal_for(const Environment& environment);

/// The terminal behind a file descriptor (1: stdout, 2: stderr), by this process's environment.
Terminal terminal_of(int descriptor);

}  // namespace kiln::grader
