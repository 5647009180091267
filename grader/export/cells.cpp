// Decoding, defusing and quoting; the quoting is libcsv's.
#include "grader/export/cells.hpp"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace kiln::grader {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  ///< 0: no well-formed character begins here
};

/// The first character of `text`, which is not empty (RFC 3629: no overlong form, no surrogate, nothing past U+10FFFF).
Character first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  std::uint32_t code = lead & (0x7fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {};
    code = code << 6 | (next & 0x3fu);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[bytes] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
  return {code, bytes};
}

/// What neither XML nor a table has a use for: control characters, and the codes that are no characters.
bool unfit(std::uint32_t code) {
  if (code == '\t' || code == '\n' || code == '\r') return false;
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code & 0xfffe) == 0xfffe;
}

/// Spaces, and what shows nothing: trimming them away must not uncover a formula.
bool blank_character(std::uint32_t code) {
  return code == ' ' || code == 0xa0 || code == 0xad || code == 0x1680 || code == 0x180e ||
         (code >= 0x2000 && code <= 0x200f) || (code >= 0x2028 && code <= 0x202f) ||
         (code >= 0x205f && code <= 0x206f) || code == 0x3000 || code == 0xfeff || code == 0xfffd;
}

bool begins_formula(std::uint32_t code) {
  constexpr std::uint32_t kSigns[] = {'=',    '+',    '-',    '@',      // ASCII
                                      0xff1d, 0xff0b, 0xff0d, 0xff20,   // full width
                                      0xfe66, 0xfe62, 0xfe63, 0xfe6b};  // small forms
  return std::ranges::find(kSigns, code) != std::end(kSigns);
}

/// Wants clean text.
bool is_formula(std::string_view piece) {
  while (!piece.empty()) {
    const Character character = first_of(piece);
    if (begins_formula(character.code)) return true;
    if (!blank_character(character.code)) return false;
    piece.remove_prefix(character.bytes);
  }
  return false;
}

}  // namespace

std::string clean_text(std::string_view raw) {
  std::string out;
  while (!raw.empty()) {
    const Character character = first_of(raw);
    const bool kept = character.bytes > 0 && !unfit(character.code);
    const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
    out += kept ? raw.substr(0, bytes) : kReplacement;
    raw.remove_prefix(bytes);
  }
  return out;
}

std::string safe_text(std::string_view raw) {
  constexpr std::string_view kSplits = ";\t\r\n";
  const std::string text = clean_text(raw);
  std::string out;
  if (!text.empty() && text[0] != ';' && kSplits.find(text[0]) != std::string_view::npos) out += '\'';
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(kSplits, begin), text.size());
    const std::string_view piece = std::string_view(text).substr(begin, end - begin);
    if (is_formula(piece)) out += '\'';
    out += piece;
    if (end < text.size()) out += text[end];
    begin = end + 1;
  }
  return out;
}

std::string plain_number(double value) {
  if (!std::isfinite(value)) return "";
  std::string text = fmt::format("{:.6f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

Row& Row::add(std::string_view cell) {
  if (!first_) cells_ += ',';
  first_ = false;
  cells_ += cell;
  return *this;
}

Row& Row::text(std::string_view raw) {
  if (raw.empty()) return blank();
  const std::string text = safe_text(raw);
  std::string quoted(2 * text.size() + 2, '\0');
  quoted.resize(csv_write(quoted.data(), quoted.size(), text.data(), text.size()));
  return add(quoted);
}

Row& Row::number(double value) { return add(plain_number(value)); }

Row& Row::number(std::optional<double> value) { return value ? number(*value) : blank(); }

Row& Row::blank() { return add(""); }

}  // namespace kiln::grader
