// What the tests of checkpoint share: checkpoints at random, comparisons to the last bit, and bytes that are refused.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "oracle_of_checkpoint.hpp"
#include "testing/run.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

namespace kiln::testing {

using oracle::Bytes;
using oracle::CheckpointWriter;

inline Bytes encoded(const Checkpoint& checkpoint) { return under_test<TrainingSlots>().encode_checkpoint(checkpoint); }
inline Checkpoint decoded(const Bytes& bytes) { return under_test<TrainingSlots>().decode_checkpoint(bytes); }

/// "0x7fc00001"
inline std::string hexadecimal_bits(float value) { return hexadecimal(std::bit_cast<std::uint32_t>(value)); }

inline void expect_same_bytes(const std::string& what, const Bytes& actual, const Bytes& expected) {
  for (std::size_t i = 0; i < actual.size() && i < expected.size(); ++i) {
    if (actual[i] == expected[i]) continue;
    ADD_FAILURE() << what << ": byte " << i << " of " << expected.size() << " is " << hexadecimal(actual[i])
                  << ", expected " << hexadecimal(expected[i]);
    return;
  }
  EXPECT_EQ(actual.size(), expected.size()) << what << ": the number of bytes";
}

inline void expect_same(const std::string& what, const Checkpoint& actual, const Checkpoint& expected) {
  ASSERT_EQ(actual.numbers.size(), expected.numbers.size()) << what << ": how many numbers";
  ASSERT_EQ(actual.tensors.size(), expected.tensors.size()) << what << ": how many tensors";
  for (std::size_t i = 0; i < expected.numbers.size(); ++i) {
    EXPECT_EQ(actual.numbers[i].name, expected.numbers[i].name) << what << ": the name of number " << i;
    EXPECT_EQ(actual.numbers[i].value, expected.numbers[i].value) << what << ": the value of number " << i;
  }
  for (std::size_t i = 0; i < expected.tensors.size(); ++i) {
    const CheckpointTensor &tensor = actual.tensors[i], &wanted = expected.tensors[i];
    EXPECT_EQ(tensor.name, wanted.name) << what << ": the name of tensor " << i;
    expect_shape(what + ": the shape of tensor " + std::to_string(i), tensor.shape, wanted.shape);
    ASSERT_EQ(tensor.values.size(), wanted.values.size()) << what << ": how many values tensor " << i << " has";
    for (std::size_t j = 0; j < wanted.values.size(); ++j)
      ASSERT_EQ(hexadecimal_bits(tensor.values[j]), hexadecimal_bits(wanted.values[j]))
          << what << ": the bits of value " << j << " of tensor " << i;
  }
}

/// Expects the bytes that the format asks for, and the same checkpoint back from them.
inline void expect_round_trip(const std::string& what, const Checkpoint& checkpoint) {
  const Bytes bytes = oracle::encode_checkpoint(checkpoint);
  expect_same_bytes(what + ", encoded", encoded(checkpoint), bytes);
  expect_same(what + ", decoded", decoded(bytes), checkpoint);
}

inline void expect_no_checkpoint(const std::string& situation, const Bytes& bytes) {
  expect_error(ErrorKind::invalid_argument, situation, [&] { decoded(bytes); });
}

inline void expect_not_encoded(const std::string& situation, const Checkpoint& checkpoint) {
  expect_error(ErrorKind::invalid_argument, situation, [&] { encoded(checkpoint); });
}

/// A tensor of this shape with values 1, 2, 3, ...
inline CheckpointTensor counted_tensor(const std::string& name, const Shape& shape) {
  return {name, shape, counted(shape.elements())};
}

/// Small enough to be spoiled bit by bit: 61 bytes, and 4 of the check.
inline Checkpoint small_checkpoint() { return {{{"step", 258}}, {{"w", {2}, {1, -2}}}}; }

/// Some numbers and tensors, their values any 32 bits.
inline Checkpoint random_checkpoint(Generator& g) {
  Checkpoint checkpoint;
  for (int i = random_rank(g, 0, 4); i > 0; --i)
    checkpoint.numbers.push_back({"number " + std::to_string(i * i), g.random().next_u64()});
  for (int i = random_rank(g, 0, 4); i > 0; --i) {
    CheckpointTensor tensor{"tensor " + std::to_string(i), g.shape(random_rank(g, 0, 3)), {}};
    for (std::int64_t j = tensor.shape.elements(); j > 0; --j)
      tensor.values.push_back(std::bit_cast<float>(g.random().next_u32()));
    checkpoint.tensors.push_back(tensor);
  }
  g.note(std::to_string(checkpoint.numbers.size()) + " numbers, " + std::to_string(checkpoint.tensors.size()) +
         " tensors");
  return checkpoint;
}

}  // namespace kiln::testing
