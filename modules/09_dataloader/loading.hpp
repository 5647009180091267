// What the tests of this module share: files made by hand, and what an error says.
#pragma once

#include <algorithm>
#include <bit>
#include <functional>
#include <string>
#include <vector>

#include "oracle.hpp"
#include "testing/kept.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

namespace kiln::testing {

using Bytes = std::vector<std::uint8_t>;
using Numbers = std::vector<std::int64_t>;

/// A number of `bytes` bytes, the first of which weighs most.
inline void append_big_endian(Bytes& to, std::uint64_t bits, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) to.push_back(static_cast<std::uint8_t>(bits >> (8 * i)));
}

/// The head of an IDX file.
inline Bytes idx_head(int type, const std::vector<std::uint64_t>& extents) {
  Bytes bytes{0, 0, static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(extents.size())};
  for (const std::uint64_t extent : extents) append_big_endian(bytes, extent, 4);
  return bytes;
}
inline Bytes idx_head(IdxType type, const Shape& shape) {
  return idx_head(static_cast<int>(type), std::vector<std::uint64_t>(shape.begin(), shape.end()));
}

/// Appends one element, which the type holds exactly (a float is rounded once).
inline void append_element(Bytes& to, IdxType type, double value) {
  const auto whole = [&] { return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)); };
  switch (type) {
    case IdxType::u8:
    case IdxType::i8: return append_big_endian(to, whole(), 1);
    case IdxType::i16: return append_big_endian(to, whole(), 2);
    case IdxType::i32: return append_big_endian(to, whole(), 4);
    case IdxType::f32: return append_big_endian(to, std::bit_cast<std::uint32_t>(static_cast<float>(value)), 4);
    case IdxType::f64: return append_big_endian(to, std::bit_cast<std::uint64_t>(value), 8);
  }
}

inline constexpr IdxType kIdxTypes[] = {IdxType::u8,  IdxType::i8,  IdxType::i16,
                                        IdxType::i32, IdxType::f32, IdxType::f64};
inline constexpr const char* kIdxNames[] = {"u8", "i8", "i16", "i32", "f32", "f64"};

inline Bytes joined(Bytes bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
  return bytes;
}

/// Expects Error(invalid_argument), and returns what it says; "" where there was none.
inline std::string expect_refusal(const std::string& situation, const std::function<void()>& call) {
  std::string text;
  expect_error(ErrorKind::invalid_argument, situation, [&] {
    try {
      call();
    } catch (const Error& error) {
      text = error.what();
      throw;
    }
  });
  return text;
}

/// The same, and the text holds `word`.
inline void expect_refusal_with(const std::string& word, const std::string& situation,
                                const std::function<void()>& call) {
  const std::string text = expect_refusal(situation, call);
  if (!text.empty() && text.find(word) == std::string::npos)
    ADD_FAILURE() << "where " << situation << ": the error's text holds the word " << word
                  << "; this one says: " << text;
}

/// The same, and the text holds these numbers, each as a number of its own.
inline void expect_refusal_with(const Numbers& wanted, const std::string& situation,
                                const std::function<void()>& call) {
  const std::string text = expect_refusal(situation, call);
  if (text.empty()) return;
  Numbers found;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] < '0' || text[i] > '9') {
      ++i;
      continue;
    }
    std::int64_t number = 0;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) number = number * 10 + (text[i] - '0');
    found.push_back(number);
  }
  for (const std::int64_t number : wanted)
    if (std::find(found.begin(), found.end(), number) == found.end())
      ADD_FAILURE() << "where " << situation << ": the error's text holds the number " << number
                    << "; this one says: " << text;
}

}  // namespace kiln::testing
