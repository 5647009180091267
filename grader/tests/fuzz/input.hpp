// What the fuzz targets share: taking an input apart, and saying which promise was broken.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace kiln::fuzz {

/// Ends the run where a promise does not hold; libFuzzer then keeps the input.
inline void demand(bool holds, std::string_view promise) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: broken promise: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

/// Reads an input from its front. What is asked for past its end is zero or empty, so every input means something.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  template <class T>
  T number() {
    T value{};
    const std::string_view bytes = take(sizeof value);
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  std::uint8_t byte() { return number<std::uint8_t>(); }
  std::string_view take(std::size_t size) {
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(bytes.size());
    return bytes;
  }
  /// Bytes whose number stands in front of them.
  std::string_view counted() { return take(byte()); }
  std::string_view rest() { return take(rest_.size()); }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

/// Whether `text` may be printed on a terminal: valid UTF-8 without control characters, but for those in `allowed`.
inline bool is_printable(std::string_view text, std::string_view allowed = "") {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
    const unsigned first = byte(i);
    if (first < 0x80) {
      if ((first < 0x20 || first == 0x7f) && allowed.find(text[i]) == std::string_view::npos) return false;
      ++i;
      continue;
    }
    const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return false;
    for (std::size_t k = 1; k < bytes; ++k)
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    if (first == 0xc2 && byte(i + 1) < 0xa0) return false;  // C1 controls
    i += bytes;
  }
  return true;
}

}  // namespace kiln::fuzz
