// Wrong: bytes of another version are read as if they were of this one.
#include <cstring>
#include <set>
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
  bytes.insert(bytes.end(), text.begin(), text.end());
}

std::uint64_t get(std::span<const std::uint8_t>& left, std::size_t width) {
  KILN_REQUIRE("decode_checkpoint: the bytes end too early", left.size() >= width);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value |= static_cast<std::uint64_t>(left[i]) << (8 * i);
  left = left.subspan(width);
  return value;
}

std::string get_text(std::span<const std::uint8_t>& left) {
  const std::uint64_t size = get(left, 4);
  KILN_REQUIRE("decode_checkpoint: the bytes end too early", left.size() >= size);
  const std::string text(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(size));
  left = left.subspan(size);
  return text;
}

std::uint64_t elements_of(const Shape& shape) {
  std::uint64_t product = 1;
  bool empty = false;
  for (const std::int64_t extent : shape) {
    KILN_REQUIRE("negative extent", extent >= 0);
    empty = empty || extent == 0;
    if (extent == 0) continue;
    KILN_REQUIRE("too large", product <= (~0ull >> 1) / static_cast<std::uint64_t>(extent));
    product *= static_cast<std::uint64_t>(extent);
  }
  return empty ? 0 : product;
}

void check_names(const Checkpoint& checkpoint) {
  std::set<std::string> numbers, tensors;
  for (const auto& number : checkpoint.numbers) KILN_REQUIRE("name", numbers.insert(number.name).second);
  for (const auto& tensor : checkpoint.tensors) KILN_REQUIRE("name", tensors.insert(tensor.name).second);
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
  for (const CheckpointTensor& tensor : checkpoint.tensors)
    KILN_REQUIRE("values", tensor.values.size() == elements_of(tensor.shape));
  const std::string magic = "KILNCKPT";
  Bytes bytes(magic.begin(), magic.end());
  put(bytes, 1, 4);
  put(bytes, checkpoint.numbers.size(), 4);
  put(bytes, checkpoint.tensors.size(), 4);
  for (const CheckpointNumber& number : checkpoint.numbers) {
    put_text(bytes, number.name);
    put(bytes, number.value, 8);
  }
  for (const CheckpointTensor& tensor : checkpoint.tensors) {
    put_text(bytes, tensor.name);
    put(bytes, static_cast<std::uint64_t>(tensor.shape.rank()), 4);
    for (const std::int64_t extent : tensor.shape) put(bytes, static_cast<std::uint64_t>(extent), 8);
    for (const float& value : tensor.values) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &value, 4);
      put(bytes, bits, 4);
    }
  }
  put(bytes, crc32(bytes), 4);
  return bytes;
}

Checkpoint impl::decode_checkpoint(std::span<const std::uint8_t> bytes) {
  KILN_REQUIRE("decode_checkpoint: too few bytes", bytes.size() >= 24u);
  KILN_REQUIRE("decode_checkpoint: no checkpoint", std::memcmp(bytes.data(), "KILNCKPT", 8) == 0);
  std::span<const std::uint8_t> left = bytes.subspan(8), end = bytes.last(4);
  get(left, 4);
  KILN_REQUIRE("decode_checkpoint: damaged", get(end, 4) == crc32(bytes.first(bytes.size() - 4)));
  left = left.first(left.size() - 4);
  const std::uint64_t numbers = get(left, 4), tensors = get(left, 4);
  Checkpoint checkpoint;
  for (std::uint64_t i = 0; i < numbers; ++i) {
    const std::string name = get_text(left);
    checkpoint.numbers.push_back({name, get(left, 8)});
  }
  for (std::uint64_t i = 0; i < tensors; ++i) {
    CheckpointTensor tensor;
    tensor.name = get_text(left);
    const std::uint64_t rank = get(left, 4);
    KILN_REQUIRE("decode_checkpoint: rank", rank <= 6u);
    for (std::uint64_t d = 0; d < rank; ++d) tensor.shape.push_back(static_cast<std::int64_t>(get(left, 8)));
    const std::uint64_t elements = elements_of(tensor.shape);
    KILN_REQUIRE("decode_checkpoint: elements", elements <= left.size() / 4);
    for (std::uint64_t j = 0; j < elements; ++j) {
      const auto bits = static_cast<std::uint32_t>(get(left, 4));
      tensor.values.emplace_back();
      std::memcpy(&tensor.values.back(), &bits, 4);
    }
    checkpoint.tensors.push_back(tensor);
  }
  KILN_REQUIRE("decode_checkpoint: bytes follow", left.empty());
  check_names(checkpoint);
  return checkpoint;
}
