// What untrusted names and contents may become: text for a terminal, a name for a file, source for a compiler.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kiln::grader {

/// `text` in double quotes for messages: control characters, marks that turn the direction of writing and bytes that
/// are no UTF-8 are escaped (\x1b, \u202e), and what lies past `longest` bytes becomes "...".
std::string shown(std::string_view text, std::size_t longest = 120);

/// A name that is safe as a file's: letters, digits, '.', '_', '-' and letters beyond ASCII stay, the rest becomes '_';
/// it never begins with '.' or '-', is at most 100 bytes long and never empty.
std::string file_name_from(std::string_view text);

/// Why `contents` is no source text ("byte 17 is NUL"); "" where it is.
std::string why_not_text(std::string_view contents);

}  // namespace kiln::grader
