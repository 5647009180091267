// What checkpoint's kernels should answer: the check by long division, and a checkpoint's bytes field by field, as the
// contract lists them. Whoever forges bytes for a test appends the fields himself.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kiln/kernels/training.hpp"

namespace kiln::oracle {

using Bytes = std::vector<std::uint8_t>;

std::uint32_t crc32(std::span<const std::uint8_t> bytes);

/// Bytes that grow at their end; each call returns the writer itself.
class CheckpointWriter {
 public:
  CheckpointWriter& raw(const std::string& bytes);
  CheckpointWriter& u32(std::uint32_t value);
  CheckpointWriter& u64(std::uint64_t value);
  /// A length and that many bytes.
  CheckpointWriter& text(const std::string& value);
  /// "KILNCKPT", the version, and how many numbers and tensors are to come.
  CheckpointWriter& head(std::uint32_t numbers, std::uint32_t tensors, std::uint32_t version = 1);
  /// Everything of a tensor but its values.
  CheckpointWriter& tensor(const std::string& name, const std::vector<std::uint64_t>& extents);

  /// The bytes so far, as they are.
  const Bytes& unsealed() const { return bytes_; }
  /// The bytes so far and their crc32.
  Bytes sealed() const;

 private:
  Bytes bytes_;
};

/// Of a checkpoint that is in order.
Bytes encode_checkpoint(const Checkpoint& checkpoint);

}  // namespace kiln::oracle
