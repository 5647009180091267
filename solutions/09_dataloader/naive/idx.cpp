// idx, as a beginner writes it: each element's place is worked out by itself, and its type asked for each time.
#include <cmath>
#include <cstring>
#include <string>

#include "kiln/kernels/data.hpp"

using namespace kiln;

namespace {

std::int64_t size_of(int type) {
  if (type == 0x08 || type == 0x09) return 1;
  if (type == 0x0b) return 2;
  if (type == 0x0c || type == 0x0d) return 4;
  return type == 0x0e ? 8 : 0;
}

std::uint64_t word(const std::uint8_t* from, std::int64_t bytes) {
  std::uint64_t value = 0;
  for (std::int64_t i = 0; i < bytes; ++i) value = value << 8 | from[i];
  return value;
}

float element(const std::uint8_t* from, IdxType type) {
  const std::uint64_t bits = word(from, size_of(static_cast<int>(type)));
  const auto low = static_cast<std::uint32_t>(bits);
  float single = 0;
  double wide = 0;
  switch (type) {
    case IdxType::u8: return static_cast<float>(bits);
    case IdxType::i8: return static_cast<float>(static_cast<std::int8_t>(bits));
    case IdxType::i16: return static_cast<float>(static_cast<std::int16_t>(bits));
    case IdxType::i32: return static_cast<float>(static_cast<std::int32_t>(bits));
    case IdxType::f32: std::memcpy(&single, &low, sizeof single); return single;
    case IdxType::f64: std::memcpy(&wide, &bits, sizeof wide); return static_cast<float>(wide);
  }
  return 0;
}

/// The file's length, INFINITY where it is 2^63 or more.
double length(Shape shape, std::int64_t each) {
  double product = static_cast<double>(each);
  std::int64_t bytes = each;
  for (const std::int64_t extent : shape) {
    if (extent > 0) product *= static_cast<double>(extent);
    if (product >= 0x1p63) return INFINITY;
    bytes *= extent;
  }
  return static_cast<double>(4 + 4 * shape.rank() + bytes);
}

}  // namespace

IdxHeader impl::parse_idx(std::span<const std::uint8_t> bytes) {
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (size >= 2 && bytes[0] == 0x1f) KILN_REQUIRE("parse_idx: packed by gzip", bytes[1] != 0x8b);
  KILN_REQUIRE("parse_idx: no magic number", size >= 4);
  KILN_REQUIRE("parse_idx: byte 0", bytes[0] == 0);
  KILN_REQUIRE("parse_idx: byte 1", bytes[1] == 0);
  const std::int64_t each = size_of(bytes[2]);
  KILN_REQUIRE("parse_idx: no such type: " + std::to_string(bytes[2]), each > 0);
  const std::int64_t rank = bytes[3];
  KILN_REQUIRE("parse_idx: no dimension", rank > 0);
  KILN_REQUIRE("parse_idx: too many dimensions", rank <= kMaxRank);
  const std::int64_t offset = 4 + 4 * rank;
  KILN_REQUIRE("parse_idx: the head is cut off", size >= offset);
  Shape shape, swapped;
  for (std::int64_t d = 0; d < rank; ++d) {
    const std::uint8_t* at = bytes.data() + 4 + 4 * d;
    const std::uint8_t turned[] = {at[3], at[2], at[1], at[0]};
    shape.push_back(static_cast<std::int64_t>(word(at, 4)));
    swapped.push_back(static_cast<std::int64_t>(word(turned, 4)));
  }
  std::string message = "parse_idx: the length does not fit " + to_string(shape);
  if (length(swapped, each) == static_cast<double>(size)) message += ", but it does in little-endian";
  KILN_REQUIRE(message + ": too many elements", length(shape, each) < INFINITY);
  const std::int64_t elements = shape.elements();
  KILN_REQUIRE(message, size == offset + elements * each);
  return {static_cast<IdxType>(bytes[2]), shape, offset};
}

void impl::read_idx(std::span<const std::uint8_t> bytes, IdxHeader header, View out) {
  const std::int64_t each = size_of(static_cast<int>(header.type));
  const auto size = static_cast<std::int64_t>(bytes.size());
  KILN_REQUIRE("read_idx: no such type", each > 0);
  KILN_REQUIRE("read_idx: the output's shape", out.shape == header.shape);
  KILN_REQUIRE("read_idx: the offset is negative", header.data_offset >= 0);
  KILN_REQUIRE("read_idx: the offset is too large", header.data_offset <= size);
  KILN_REQUIRE("read_idx: the elements are cut off", out.size() * each <= size - header.data_offset);
  for (std::int64_t number = 0; number < out.size(); ++number) {
    std::int64_t rest = number, offset = 0;
    for (int d = out.rank() - 1; d >= 0; --d) {
      offset += rest % out.shape[d] * out.strides[d];
      rest /= out.shape[d];
    }
    out.data[offset] = element(bytes.data() + header.data_offset + number * each, header.type);
  }
}
