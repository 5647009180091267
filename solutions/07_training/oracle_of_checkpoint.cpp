// The oracle of checkpoints: plain, field by field.
#include "oracle_of_checkpoint.hpp"

#include <cstring>

namespace kiln::oracle {

std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
  // Long division of the message's bits, the lowest of each byte first, by x^32 + x^26 + ... + 1. The register holds
  // the remainder with its highest power first; the result wants its lowest power first.
  constexpr std::uint32_t kPolynomial = 0x04C11DB7;
  std::uint32_t remainder = 0xFFFFFFFF;
  for (const std::uint8_t byte : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      const bool out = (remainder >> 31) != ((byte >> bit) & 1u);
      remainder = (remainder << 1) ^ (out ? kPolynomial : 0);
    }
  std::uint32_t check = 0;
  for (int power = 0; power < 32; ++power) check |= ((remainder >> power) & 1) << (31 - power);
  return check ^ 0xFFFFFFFF;
}

CheckpointWriter& CheckpointWriter::raw(const std::string& bytes) {
  for (const char byte : bytes) bytes_.push_back(static_cast<std::uint8_t>(byte));
  return *this;
}

CheckpointWriter& CheckpointWriter::u32(std::uint32_t value) {
  for (int place = 0; place < 4; ++place, value /= 256) bytes_.push_back(static_cast<std::uint8_t>(value % 256));
  return *this;
}

CheckpointWriter& CheckpointWriter::u64(std::uint64_t value) {
  for (int place = 0; place < 8; ++place, value /= 256) bytes_.push_back(static_cast<std::uint8_t>(value % 256));
  return *this;
}

CheckpointWriter& CheckpointWriter::text(const std::string& value) {
  return u32(static_cast<std::uint32_t>(value.size())).raw(value);
}

CheckpointWriter& CheckpointWriter::head(std::uint32_t numbers, std::uint32_t tensors, std::uint32_t version) {
  return raw("KILNCKPT").u32(version).u32(numbers).u32(tensors);
}

CheckpointWriter& CheckpointWriter::tensor(const std::string& name, const std::vector<std::uint64_t>& extents) {
  text(name).u32(static_cast<std::uint32_t>(extents.size()));
  for (const std::uint64_t extent : extents) u64(extent);
  return *this;
}

Bytes CheckpointWriter::sealed() const {
  CheckpointWriter all = *this;
  all.u32(crc32(bytes_));
  return all.bytes_;
}

Bytes encode_checkpoint(const Checkpoint& checkpoint) {
  CheckpointWriter out;
  out.head(static_cast<std::uint32_t>(checkpoint.numbers.size()),
           static_cast<std::uint32_t>(checkpoint.tensors.size()));
  for (const CheckpointNumber& number : checkpoint.numbers) out.text(number.name).u64(number.value);
  for (const CheckpointTensor& tensor : checkpoint.tensors) {
    std::vector<std::uint64_t> extents;
    for (const std::int64_t extent : tensor.shape) extents.push_back(static_cast<std::uint64_t>(extent));
    out.tensor(tensor.name, extents);
    for (const float& value : tensor.values) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &value, sizeof bits);
      out.u32(bits);
    }
  }
  return out.sealed();
}

}  // namespace kiln::oracle
