// Decoding and measuring through the C library's UTF-8 locale, without touching the program's own locale.
#include "grader/report/text.hpp"

#include <fmt/core.h>
#include <locale.h>
#include <wchar.h>

#include <algorithm>

namespace kiln::grader {
namespace {

/// Puts this thread into C.UTF-8 for its lifetime, so that mbrtowc and wcwidth do not depend on the environment.
class Utf8 {
 public:
  Utf8() : before_(locale() == locale_t{} ? locale_t{} : uselocale(locale())) {}
  ~Utf8() {
    if (before_ != locale_t{}) uselocale(before_);
  }
  Utf8(const Utf8&) = delete;
  Utf8& operator=(const Utf8&) = delete;

 private:
  static locale_t locale() {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
    return utf8;
  }
  locale_t before_;
};

struct Character {
  wchar_t code = 0;
  std::size_t bytes = 1;
  bool valid = false;
  int columns = -1;  ///< -1: not printable
};

/// The first character of `text`, which is not empty. Wants a Utf8 in scope.
Character first_of(std::string_view text) {
  mbstate_t state{};
  Character character;
  const std::size_t length = mbrtowc(&character.code, text.data(), text.size(), &state);
  if (length == static_cast<std::size_t>(-1) || length == static_cast<std::size_t>(-2)) return character;
  // The C library decodes beyond the last character of Unicode.
  if (character.code > 0x10ffff) return character;
  character.valid = true;
  character.bytes = std::max<std::size_t>(length, 1);  // the zero byte has length 0
  character.columns = wcwidth(character.code);
  return character;
}

/// Characters that show nothing themselves and change how others are shown or ordered, and private ones.
bool deceives(wchar_t code) {
  const auto within = [&](unsigned first, unsigned last) {
    const auto value = static_cast<unsigned>(code);
    return first <= value && value <= last;
  };
  return code == 0xad || code == 0x61c || code == 0x180e || code == 0xfeff || within(0x200b, 0x200f) ||
         within(0x2028, 0x202e) || within(0x2060, 0x206f) || within(0xe000, 0xf8ff) || within(0xfff0, 0xfffb) ||
         within(0xe0000, 0x10ffff);
}

void append_escaped(std::string& out, std::string_view bytes, const Character& character) {
  if (bytes == "\n") {
    out += "\\n";
  } else if (bytes == "\t") {
    out += "\\t";
  } else if (bytes == "\r") {
    out += "\\r";
  } else if (character.valid && character.code >= 0x80) {
    out += fmt::format("\\u{{{:x}}}", static_cast<unsigned>(character.code));
  } else {
    out += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes[0]));
  }
}

/// The end of the longest beginning of `text` that takes at most `width` columns. Wants a Utf8 in scope.
std::size_t prefix_within(std::string_view text, int width) {
  int columns = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const Character character = first_of(text.substr(at));
    columns += std::max(character.columns, 0);
    if (columns > width) break;
    at += character.bytes;
  }
  return at;
}

void wrap_line(std::string_view line, int width, std::vector<std::string>& lines) {
  const Utf8 utf8;
  const std::string indent(line.substr(0, std::min(line.find_first_not_of(' '), line.size())));
  // Keep an indentation that leaves room to write in.
  const std::string prefix = static_cast<int>(indent.size()) * 2 < width ? indent : std::string();
  line.remove_prefix(indent.size());
  const int room = std::max(width - static_cast<int>(prefix.size()), 1);
  while (!line.empty()) {
    std::size_t end = prefix_within(line, room);
    std::size_t next = end;
    if (end < line.size()) {
      const std::size_t space = line.rfind(' ', end);
      if (space != std::string_view::npos && space > 0) end = next = space;
      if (end == 0) end = next = first_of(line).bytes;
      while (next < line.size() && line[next] == ' ') ++next;
    }
    lines.push_back(prefix + std::string(line.substr(0, end)));
    line.remove_prefix(next);
  }
}

}  // namespace

std::string printable(std::string_view raw, PrintOptions options) {
  const Utf8 utf8;
  std::string out;
  out.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size();) {
    const Character character = first_of(raw.substr(at));
    const std::string_view bytes = raw.substr(at, character.bytes);
    at += character.bytes;
    if (options.keep_lines && bytes == "\n") {
      out += '\n';
    } else if (options.keep_lines && bytes == "\t") {
      out += "    ";
    } else if (character.valid && character.columns >= 0 && character.code != 0 && !deceives(character.code) &&
               !(options.ascii && character.code >= 0x80)) {
      out += bytes;
    } else {
      append_escaped(out, bytes, character);
    }
  }
  return out;
}

int display_width(std::string_view text) {
  const Utf8 utf8;
  int columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = first_of(text.substr(at));
    columns += std::max(character.columns, 0);
    at += character.bytes;
  }
  return columns;
}

std::string fit(std::string_view text, int width, bool ascii) {
  if (display_width(text) <= width) return std::string(text);
  if (width <= 0) return {};
  const Utf8 utf8;
  return std::string(text.substr(0, prefix_within(text, width - 1))) + (ascii ? "~" : "…");
}

std::string pad(std::string_view text, int width, Align align) {
  const std::string space(static_cast<std::size_t>(std::max(width - display_width(text), 0)), ' ');
  return align == Align::left ? std::string(text) + space : space + std::string(text);
}

std::vector<std::string> wrap(std::string_view text, int width) {
  std::vector<std::string> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::size_t before = lines.size();
    wrap_line(line, std::max(width, 1), lines);
    if (lines.size() == before) lines.emplace_back();
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

std::string clip(std::string_view text, std::size_t lines, std::size_t bytes) {
  std::size_t end = 0;
  for (std::size_t line = 0; line < lines && end < text.size(); ++line) {
    const std::size_t at = text.find('\n', end);
    end = at == std::string_view::npos ? text.size() : at + 1;
  }
  if (end > bytes) {
    end = bytes;
    // Step back over continuation bytes, so that no character is cut in two.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  }
  if (end == text.size()) return std::string(text);
  std::string kept(text.substr(0, end));
  if (!kept.empty() && kept.back() != '\n') kept += '\n';
  const auto left_lines =
      std::count(text.begin() + static_cast<std::ptrdiff_t>(end), text.end(), '\n') + (text.back() != '\n' ? 1 : 0);
  return kept + fmt::format("[{} more {}, {} bytes, left out]", left_lines, left_lines == 1 ? "line" : "lines",
                            text.size() - end);
}

}  // namespace kiln::grader
