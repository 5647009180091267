// checkpoint, as a beginner writes it: the check bit by bit, every field by hand, names compared with all before them.
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "kiln/kernels/training.hpp"

using namespace kiln;

namespace {

using Bytes = std::vector<std::uint8_t>;

void put(Bytes& bytes, std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void put_text(Bytes& bytes, const std::string& text) {
  put(bytes, text.size(), 4);
  for (const char letter : text) bytes.push_back(static_cast<std::uint8_t>(letter));
}

std::uint64_t get(std::span<const std::uint8_t> bytes, std::size_t& at, std::size_t width) {
  KILN_REQUIRE("decode_checkpoint: the bytes end too early", bytes.size() - at >= width);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value += static_cast<std::uint64_t>(bytes[at + i]) << (8 * i);
  at += width;
  return value;
}

std::string get_text(std::span<const std::uint8_t> bytes, std::size_t& at) {
  const std::uint64_t size = get(bytes, at, 4);
  std::string text;
  for (std::uint64_t i = 0; i < size; ++i) text.push_back(static_cast<char>(get(bytes, at, 1)));
  return text;
}

bool fits(const Shape& shape, double most) {
  double product = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0) return false;
    if (extent > 0) product *= static_cast<double>(extent);
  }
  return product < most;
}

void check_names(const Checkpoint& checkpoint) {
  for (std::size_t i = 0; i < checkpoint.numbers.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      KILN_REQUIRE("two numbers have one name", checkpoint.numbers[i].name != checkpoint.numbers[j].name);
  for (std::size_t i = 0; i < checkpoint.tensors.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      KILN_REQUIRE("two tensors have one name", checkpoint.tensors[i].name != checkpoint.tensors[j].name);
}

}  // namespace

std::uint32_t impl::crc32(std::span<const std::uint8_t> bytes) {
  std::uint32_t check = 0xFFFFFFFFu;
  for (const std::uint8_t byte : bytes) {
    check ^= byte;
    for (int bit = 0; bit < 8; ++bit) check = (check & 1) != 0 ? (check >> 1) ^ 0xEDB88320u : check >> 1;
  }
  return ~check;
}

std::vector<std::uint8_t> impl::encode_checkpoint(const Checkpoint& checkpoint) {
  check_names(checkpoint);
  Bytes bytes;
  for (const char letter : std::string("KILNCKPT")) bytes.push_back(static_cast<std::uint8_t>(letter));
  put(bytes, 1, 4);
  put(bytes, checkpoint.numbers.size(), 4);
  put(bytes, checkpoint.tensors.size(), 4);
  for (const CheckpointNumber& number : checkpoint.numbers) {
    put_text(bytes, number.name);
    put(bytes, number.value, 8);
  }
  for (const CheckpointTensor& tensor : checkpoint.tensors) {
    KILN_REQUIRE("encode_checkpoint: no such shape", fits(tensor.shape, 9.2e18));
    KILN_REQUIRE("encode_checkpoint: the values do not fit the shape",
                 static_cast<std::int64_t>(tensor.values.size()) == tensor.shape.elements());
    put_text(bytes, tensor.name);
    put(bytes, static_cast<std::uint64_t>(tensor.shape.rank()), 4);
    for (const std::int64_t extent : tensor.shape) put(bytes, static_cast<std::uint64_t>(extent), 8);
    for (const float value : tensor.values) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &value, sizeof bits);
      put(bytes, bits, 4);
    }
  }
  put(bytes, crc32(bytes), 4);
  return bytes;
}

Checkpoint impl::decode_checkpoint(std::span<const std::uint8_t> bytes) {
  KILN_REQUIRE("decode_checkpoint: too few bytes", bytes.size() >= 24u);
  KILN_REQUIRE("decode_checkpoint: no checkpoint", std::memcmp(bytes.data(), "KILNCKPT", 8) == 0);
  std::size_t at = bytes.size() - 4;
  const std::uint32_t check = crc32(bytes.first(at));
  KILN_REQUIRE("decode_checkpoint: damaged", get(bytes, at, 4) == check);
  bytes = bytes.first(bytes.size() - 4);
  at = 8;
  KILN_REQUIRE("decode_checkpoint: the version", get(bytes, at, 4) == 1u);
  const std::uint64_t numbers = get(bytes, at, 4), tensors = get(bytes, at, 4);
  Checkpoint checkpoint;
  for (std::uint64_t i = 0; i < numbers; ++i) {
    checkpoint.numbers.emplace_back();
    checkpoint.numbers.back().name = get_text(bytes, at);
    checkpoint.numbers.back().value = get(bytes, at, 8);
  }
  for (std::uint64_t i = 0; i < tensors; ++i) {
    CheckpointTensor tensor;
    tensor.name = get_text(bytes, at);
    const std::uint64_t rank = get(bytes, at, 4);
    KILN_REQUIRE("decode_checkpoint: the rank", rank <= 6u);
    for (std::uint64_t d = 0; d < rank; ++d) tensor.shape.push_back(static_cast<std::int64_t>(get(bytes, at, 8)));
    KILN_REQUIRE("decode_checkpoint: no such shape", fits(tensor.shape, 9.2e18));
    for (std::int64_t left = tensor.shape.elements(); left > 0; --left) {
      const auto bits = static_cast<std::uint32_t>(get(bytes, at, 4));
      float value = 0;
      std::memcpy(&value, &bits, sizeof value);
      tensor.values.push_back(value);
    }
    checkpoint.tensors.push_back(tensor);
  }
  KILN_REQUIRE("decode_checkpoint: bytes follow", at == bytes.size());
  check_names(checkpoint);
  return checkpoint;
}
