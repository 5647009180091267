// idx: the file format of MNIST and its relatives, its head and its elements.
// Contract: kiln/kernels/data.hpp. Lesson: modules/09_dataloader/README.md, step 2.
#include <bit>
#include <limits>
#include <string>

#include "kiln/kernels/data.hpp"

using namespace kiln;

// Example, two rows of three u8: 00 00 08 02 | 00 00 00 02 | 00 00 00 03 | 01 02 03 04 05 06.

// BEGIN SOLUTION
namespace {

/// 0 where there is no such type.
std::int64_t element_bytes(std::uint8_t type) {
  switch (static_cast<IdxType>(type)) {
    case IdxType::u8:
    case IdxType::i8: return 1;
    case IdxType::i16: return 2;
    case IdxType::i32:
    case IdxType::f32: return 4;
    case IdxType::f64: return 8;
  }
  return 0;
}

std::uint32_t big_endian_u32(const std::uint8_t* from) {
  return std::uint32_t{from[0]} << 24 | std::uint32_t{from[1]} << 16 | std::uint32_t{from[2]} << 8 | from[3];
}
std::uint32_t little_endian_u32(const std::uint8_t* from) {
  return std::uint32_t{from[3]} << 24 | std::uint32_t{from[2]} << 16 | std::uint32_t{from[1]} << 8 | from[0];
}

/// How long the file is that these extents promise; -1 where no file could be. Extents of 0 are left out until the end,
/// so that whoever multiplies the extents later, in whatever order, stays within 63 bits.
template <class ReadExtent>
std::int64_t promised_bytes(const std::uint8_t* extents, int rank, std::int64_t each, ReadExtent read_extent) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::int64_t bytes = each;
  bool empty = false;
  for (int d = 0; d < rank; ++d) {
    const std::int64_t extent = read_extent(extents + 4 * d);
    if (extent == 0) {
      empty = true;
    } else {
      if (bytes > kMost / extent) return -1;
      bytes *= extent;
    }
  }
  const std::int64_t head = 4 + 4 * rank;
  if (bytes > kMost - head) return -1;
  return head + (empty ? 0 : bytes);
}

/// An element of the file: its bytes are put together from the first, which weighs most.
template <class T, class Word>
T big_endian(const std::uint8_t* from) {
  Word word = 0;
  for (std::size_t i = 0; i < sizeof(Word); ++i) word = static_cast<Word>(word << (sizeof(Word) > 1 ? 8 : 0) | from[i]);
  return std::bit_cast<T>(word);
}

/// Dense to dense: GCC turns this into vector code, bytes widened to floats.
template <class T, class Word>
void read_dense(const std::uint8_t* from, std::int64_t count, float* out) {
  constexpr auto kBytes = static_cast<std::int64_t>(sizeof(T));
  for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(big_endian<T, Word>(from + i * kBytes));
}

template <class T, class Word>
void read_elements(const std::uint8_t* from, View out) {
  if (out.is_contiguous()) return read_dense<T, Word>(from, out.size(), out.data);
  // Walk an output with gaps in row-major order, an index an element, like an odometer.
  Shape index = Shape::filled(out.rank(), 0);
  std::int64_t offset = 0;
  for (std::int64_t left = out.size(); left > 0; --left, from += sizeof(T)) {
    out.data[offset] = static_cast<float>(big_endian<T, Word>(from));
    for (int d = out.rank() - 1; d >= 0; --d) {
      offset += out.strides[d];
      if (++index[d] < out.shape[d]) break;
      offset -= index[d] * out.strides[d];
      index[d] = 0;
    }
  }
}

}  // namespace
// END SOLUTION

IdxHeader impl::parse_idx(std::span<const std::uint8_t> bytes) {
  // BEGIN SOLUTION
  const auto size = static_cast<std::int64_t>(bytes.size());
  // Read the magic number. A compressed file is the likeliest mistake: that is how the data sets are handed out.
  if (size >= 2)
    KILN_REQUIRE("parse_idx: the file is compressed by gzip, unpack it first", !(bytes[0] == 0x1f && bytes[1] == 0x8b));
  KILN_REQUIRE("parse_idx: the file ends within its magic number of 4 bytes", size >= 4);
  KILN_REQUIRE("parse_idx: byte 0 of an IDX file is zero", bytes[0] == 0);
  KILN_REQUIRE("parse_idx: byte 1 of an IDX file is zero", bytes[1] == 0);
  const std::int64_t each = element_bytes(bytes[2]);
  KILN_REQUIRE(
      "parse_idx: byte 2 is " + std::to_string(bytes[2]) + ", expected an element's type: 8, 9, 11, 12, 13, 14",
      each > 0);
  const int rank = bytes[3];
  KILN_REQUIRE("parse_idx: byte 3, the number of dimensions, is at least 1", rank >= 1);
  KILN_REQUIRE("parse_idx: byte 3, the number of dimensions, is more than Kiln knows", rank <= kMaxRank);
  const std::int64_t head = 4 + 4 * rank;
  KILN_REQUIRE("parse_idx: the file ends within its head, before all extents", size >= head);

  // Read the extents, and compare what they promise with what there is.
  IdxHeader header{static_cast<IdxType>(bytes[2]), {}, head};
  const std::uint8_t* extents = bytes.data() + 4;
  for (int d = 0; d < rank; ++d) header.shape.push_back(big_endian_u32(extents + 4 * d));
  const std::int64_t promised = promised_bytes(extents, rank, each, big_endian_u32);
  if (promised != size) {
    const bool swapped = promised_bytes(extents, rank, each, little_endian_u32) == size;
    const std::string shape = "parse_idx: the extents " + to_string(header.shape) + " of " + std::to_string(each) +
                              " byte(s) an element do not fit the file's length" +
                              (swapped ? "; read as little-endian they would, but IDX is big-endian" : "");
    KILN_REQUIRE(shape + ": their product overflows", promised >= 0);
    KILN_REQUIRE(shape + " in bytes", size == promised);
  }
  return header;
  // END SOLUTION
}

void impl::read_idx(std::span<const std::uint8_t> bytes, IdxHeader header, View out) {
  // BEGIN SOLUTION
  const auto size = static_cast<std::int64_t>(bytes.size());
  const std::int64_t each = element_bytes(static_cast<std::uint8_t>(header.type));
  KILN_REQUIRE("read_idx: the header's type is no element of an IDX file", each > 0);
  KILN_REQUIRE("read_idx: the output has not the header's shape", out.shape == header.shape);
  KILN_REQUIRE("read_idx: the elements begin before the file", header.data_offset >= 0);
  KILN_REQUIRE("read_idx: the elements begin behind the file's end", header.data_offset <= size);
  KILN_REQUIRE("read_idx: the file holds fewer elements than the header says",
               (size - header.data_offset) / each >= out.size());

  const std::uint8_t* from = bytes.data() + header.data_offset;
  switch (header.type) {
    case IdxType::u8: return read_elements<std::uint8_t, std::uint8_t>(from, out);
    case IdxType::i8: return read_elements<std::int8_t, std::uint8_t>(from, out);
    case IdxType::i16: return read_elements<std::int16_t, std::uint16_t>(from, out);
    case IdxType::i32: return read_elements<std::int32_t, std::uint32_t>(from, out);
    case IdxType::f32: return read_elements<float, std::uint32_t>(from, out);
    case IdxType::f64: return read_elements<double, std::uint64_t>(from, out);
  }
  // END SOLUTION
}
