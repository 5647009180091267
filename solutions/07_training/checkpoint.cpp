// checkpoint: all that a run needs to go on, as bytes, and the way back.
// Contract: kiln/kernels/training.hpp. Lesson: modules/07_training/README.md, step 6.
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kiln/kernels/training.hpp"

using namespace kiln;

// A float's bits as a whole number, and back: std::bit_cast<std::uint32_t>(value), std::bit_cast<float>(bits).

// BEGIN SOLUTION
namespace {

constexpr std::string_view kMagic = "KILNCKPT";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();

/// What a byte makes of a check that is 0: eight steps of the division by the polynomial, lowest bit first.
constexpr std::array<std::uint32_t, 256> division_by_bytes() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest & 1) != 0 ? (rest >> 1) ^ 0xEDB88320u : rest >> 1;
    table[byte] = rest;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> kTable = division_by_bytes();

/// The product of the extents; no multiplication here overflows. An extent of 0 does not excuse the others.
std::uint64_t elements_of(const Shape& shape, const std::string& where) {
  std::uint64_t product = 1;
  bool empty = false;
  for (const std::int64_t extent : shape) {
    KILN_REQUIRE(where + " has a negative extent", extent >= 0);
    if (extent == 0) {
      empty = true;
    } else {
      KILN_REQUIRE(where + " has more elements than 63 bits count",
                   product <= kMost / static_cast<std::uint64_t>(extent));
      product *= static_cast<std::uint64_t>(extent);
    }
  }
  return empty ? 0 : product;
}

template <class Item>
void require_distinct_names(const std::vector<Item>& items, const std::string& what) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < items.size(); ++i)
    KILN_REQUIRE(what + " " + std::to_string(i) + " has the name of an earlier one",
                 names.insert(items[i].name).second);
}

void require_distinct_names(const Checkpoint& checkpoint, const std::string& kernel) {
  require_distinct_names(checkpoint.numbers, kernel + ": number");
  require_distinct_names(checkpoint.tensors, kernel + ": tensor");
}

/// Bytes that grow at their end.
struct Writer {
  std::vector<std::uint8_t> bytes;

  /// The lowest byte first, whatever this machine's own order is.
  template <class Unsigned>
  void number(Unsigned value) {
    for (std::size_t i = 0; i < sizeof value; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void count(std::size_t value) {
    KILN_REQUIRE("encode_checkpoint: a count or a length does not fit 32 bits",
                 value <= std::numeric_limits<std::uint32_t>::max());
    number(static_cast<std::uint32_t>(value));
  }
  void text(const std::string& value) {
    count(value.size());
    bytes.insert(bytes.end(), value.begin(), value.end());
  }
};

/// Bytes that are read from their beginning; nothing is believed that they cannot hold.
struct Reader {
  std::span<const std::uint8_t> left;

  std::span<const std::uint8_t> take(std::size_t count, const char* what) {
    KILN_REQUIRE(std::string("decode_checkpoint: the bytes end too early, within ") + what, left.size() >= count);
    const std::span<const std::uint8_t> taken = left.first(count);
    left = left.subspan(count);
    return taken;
  }
  template <class Unsigned>
  Unsigned number(const char* what) {
    Unsigned value = 0;
    int shift = 0;
    for (const std::uint8_t byte : take(sizeof value, what)) {
      value |= static_cast<Unsigned>(byte) << shift;
      shift += 8;
    }
    return value;
  }
  std::string text(const char* what) {
    const auto bytes = take(number<std::uint32_t>(what), what);
    return {bytes.begin(), bytes.end()};
  }
};

CheckpointTensor read_tensor(Reader& reader, std::uint32_t which) {
  const std::string where = "decode_checkpoint: tensor " + std::to_string(which);
  CheckpointTensor tensor;
  tensor.name = reader.text("a tensor's name");

  // The shape.
  const auto rank = reader.number<std::uint32_t>("a tensor's rank");
  KILN_REQUIRE(where + " has too many dimensions", rank <= static_cast<std::uint32_t>(kMaxRank));
  for (std::uint32_t d = 0; d < rank; ++d) {
    const auto extent = reader.number<std::uint64_t>("a tensor's extents");
    KILN_REQUIRE(where + " has an extent beyond 63 bits", extent <= kMost);
    tensor.shape.push_back(static_cast<std::int64_t>(extent));
  }

  // Ask for memory only once it is certain that there is something to fill it with.
  const std::uint64_t elements = elements_of(tensor.shape, where);
  KILN_REQUIRE(where + " has more elements than the bytes that are left hold", elements <= reader.left.size() / 4);
  tensor.values.reserve(elements);
  for (std::uint64_t i = 0; i < elements; ++i)
    tensor.values.push_back(std::bit_cast<float>(reader.number<std::uint32_t>("a tensor's values")));
  return tensor;
}

}  // namespace
// END SOLUTION

// Example: the bytes of "123456789" -> 0xCBF43926.
std::uint32_t impl::crc32(std::span<const std::uint8_t> bytes) {
  // BEGIN SOLUTION
  std::uint32_t check = 0xFFFFFFFFu;
  for (const std::uint8_t byte : bytes) check = kTable[(check ^ byte) & 0xFF] ^ (check >> 8);
  return ~check;
  // END SOLUTION
}

// Example: no numbers and no tensors -> 24 bytes: "KILNCKPT", 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 and four of the crc32.
std::vector<std::uint8_t> impl::encode_checkpoint(const Checkpoint& checkpoint) {
  // BEGIN SOLUTION
  // Refuse what could not be read again.
  require_distinct_names(checkpoint, "encode_checkpoint");
  for (std::size_t i = 0; i < checkpoint.tensors.size(); ++i) {
    const CheckpointTensor& tensor = checkpoint.tensors[i];
    const std::string where = "encode_checkpoint: tensor " + std::to_string(i);
    KILN_REQUIRE(where + " has not as many values as its shape " + to_string(tensor.shape) + " has elements",
                 tensor.values.size() == elements_of(tensor.shape, where));
  }

  // What it is, and how much of it.
  Writer out;
  out.bytes.assign(kMagic.begin(), kMagic.end());
  out.number(kVersion);
  out.count(checkpoint.numbers.size());
  out.count(checkpoint.tensors.size());

  // The numbers, then the tensors, each with its name in front.
  for (const CheckpointNumber& number : checkpoint.numbers) {
    out.text(number.name);
    out.number(number.value);
  }
  for (const CheckpointTensor& tensor : checkpoint.tensors) {
    out.text(tensor.name);
    out.number(static_cast<std::uint32_t>(tensor.shape.rank()));
    for (const std::int64_t extent : tensor.shape) out.number(static_cast<std::uint64_t>(extent));
    for (const float value : tensor.values) out.number(std::bit_cast<std::uint32_t>(value));
  }

  // The check comes last, and covers all of it.
  out.number(crc32(out.bytes));
  return out.bytes;
  // END SOLUTION
}

// Example: the bytes that encode_checkpoint gave -> the checkpoint that it was given.
Checkpoint impl::decode_checkpoint(std::span<const std::uint8_t> bytes) {
  // BEGIN SOLUTION
  // Is it a checkpoint, and of a version that is known here? Another version may have its check elsewhere.
  Reader reader{bytes};
  const auto magic = reader.take(kMagic.size(), "the first 8 bytes");
  KILN_REQUIRE("decode_checkpoint: this is no checkpoint; of one the first 8 bytes are " + std::string(kMagic),
               std::string(magic.begin(), magic.end()) == kMagic);
  const auto version = reader.number<std::uint32_t>("the version");
  KILN_REQUIRE("decode_checkpoint: this version cannot be read here", version == kVersion);

  // Is it whole? Damage is found here; whatever is asked below is asked of bytes that somebody made on purpose.
  KILN_REQUIRE("decode_checkpoint: the bytes end too early, within the counts", reader.left.size() >= 12u);
  Reader end{bytes.last(4)};
  const auto stored = end.number<std::uint32_t>("the crc32");
  const std::uint32_t found = crc32(bytes.first(bytes.size() - 4));
  KILN_REQUIRE("decode_checkpoint: the bytes are damaged or cut off; their crc32 is not the one at their end",
               found == stored);
  reader.left = reader.left.first(reader.left.size() - 4);

  // Read. The counts are promises: no memory is taken for them, and the bytes end before too many are read.
  Checkpoint checkpoint;
  const auto numbers = reader.number<std::uint32_t>("the counts");
  const auto tensors = reader.number<std::uint32_t>("the counts");
  for (std::uint32_t i = 0; i < numbers; ++i) {
    const std::string name = reader.text("a number's name");
    checkpoint.numbers.push_back({name, reader.number<std::uint64_t>("a number's value")});
  }
  for (std::uint32_t i = 0; i < tensors; ++i) checkpoint.tensors.push_back(read_tensor(reader, i));
  KILN_REQUIRE("decode_checkpoint: bytes follow after the last tensor", reader.left.size() == 0u);
  require_distinct_names(checkpoint, "decode_checkpoint");
  return checkpoint;
  // END SOLUTION
}
