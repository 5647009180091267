// Escaping and sanitising, on code points: UTF-8 after RFC 3629.
#include "grader/intake/text.hpp"

#include <cstdint>
#include <cstdio>

namespace kiln::grader {

namespace {

/// One code point of a text; `valid` is false for a byte that begins none.
struct CodePoint {
  std::uint32_t value;
  std::size_t bytes;
  bool valid;
};

CodePoint decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const CodePoint invalid{byte(0), 1, false};
  if (byte(0) < 0x80) return {byte(0), 1, true};
  const std::size_t bytes = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < bytes) return invalid;
  std::uint32_t value = byte(0) & (0xffu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return invalid;
    value = value << 6 | (byte(i) & 0x3f);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  return value < kLeast[bytes] || value > 0x10ffff || surrogate ? invalid : CodePoint{value, bytes, true};
}

/// Control characters, line and paragraph separators, and marks that turn the direction of writing.
bool is_deceptive(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

std::string escape(const CodePoint& c) {
  char text[16];
  std::snprintf(text, sizeof text, c.value < 0x80 || !c.valid ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(c.value));
  return text;
}

bool is_plain(std::uint32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-';
}

}  // namespace

std::string shown(std::string_view text, std::size_t longest) {
  std::string result = "\"";
  while (!text.empty()) {
    const CodePoint c = decode(text);
    if (result.size() + c.bytes > longest) return result + "...\"";
    if (c.valid && (c.value == '"' || c.value == '\\')) result += '\\';
    result += c.valid && !is_deceptive(c.value) ? std::string(text.substr(0, c.bytes)) : escape(c);
    text.remove_prefix(c.bytes);
  }
  return result + '"';
}

std::string file_name_from(std::string_view text) {
  constexpr std::size_t kLongest = 100;
  std::string result;
  while (!text.empty()) {
    const CodePoint c = decode(text);
    if (result.size() + c.bytes > kLongest) break;
    const bool keep = c.valid && (c.value < 0x80 ? is_plain(c.value) : !is_deceptive(c.value));
    result += keep ? std::string(text.substr(0, c.bytes)) : "_";
    text.remove_prefix(c.bytes);
  }
  if (result.empty()) return "submission";
  if (result[0] == '.' || result[0] == '-') result[0] = '_';
  return result;
}

std::string why_not_text(std::string_view contents) {
  std::size_t controls = 0;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const auto c = static_cast<unsigned char>(contents[i]);
    if (c == 0) return "byte " + std::to_string(i) + " is NUL";
    controls += c < 0x20 && !(c >= '\t' && c <= '\r');
  }
  // A stray escape or end-of-file mark is an editor's; one byte in a hundred is not.
  if (controls * 100 > contents.size()) return std::to_string(controls) + " bytes are control characters";
  return "";
}

}  // namespace kiln::grader
