// Module 07's tests of checkpoint, as students see them: one behaviour a test.
// The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include "kiln/kernels/training.hpp"

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "checkpoints.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

std::uint32_t check_of(const Bytes& bytes) { return under_test<TrainingSlots>().crc32(bytes); }

Bytes bytes_of(const std::string& text) { return CheckpointWriter().raw(text).unsealed(); }

TEST(checkpoint, check_values) {
  one_case([](Generator&) {
    EXPECT_EQ(check_of(bytes_of("123456789")), 0xCBF43926u) << "the crc32 of \"123456789\"";
    EXPECT_EQ(check_of({}), 0u) << "the crc32 of nothing";
    EXPECT_EQ(check_of(bytes_of("a")), 0xE8B7BE43u) << "the crc32 of \"a\"";
    EXPECT_EQ(check_of(Bytes(32, 0x00)), 0x190A55ADu) << "the crc32 of 32 bytes of 0";
    EXPECT_EQ(check_of(Bytes(32, 0xFF)), 0xFF6CAB0Bu) << "the crc32 of 32 bytes of 255";
  });
}

TEST(checkpoint, checks_of_random_bytes) {
  for_each_case(20, [](Generator& g) {
    Bytes bytes;
    for (std::uint64_t i = g.random().below(300); i > 0; --i)
      bytes.push_back(static_cast<std::uint8_t>(g.random().below(256)));
    EXPECT_EQ(check_of(bytes), oracle::crc32(bytes)) << "the crc32 of " << bytes.size() << " random bytes";
  });
}

TEST(checkpoint, bytes_by_hand) {
  one_case([](Generator&) {
    const Bytes empty{'K', 'I', 'L', 'N', 'C', 'K', 'P', 'T',  //
                      1,   0,   0,   0,   0,   0,   0,   0,   0, 0, 0, 0, 0x80, 0x00, 0x26, 0x47};
    expect_same_bytes("no number and no tensor, encoded", encoded({}), empty);
    const Bytes bytes{'K',  'I',  'L',  'N',  'C', 'K', 'P', 'T',  // what it is
                      1,    0,    0,    0,                         // the version
                      1,    0,    0,    0,    1,   0,   0,   0,    // one number, one tensor
                      4,    0,    0,    0,    's', 't', 'e', 'p',  // a name of 4 bytes
                      2,    1,    0,    0,    0,   0,   0,   0,    // 258 = 2 + 1 * 256
                      1,    0,    0,    0,    'w',                 // a name of 1 byte
                      1,    0,    0,    0,                         // rank 1
                      2,    0,    0,    0,    0,   0,   0,   0,    // its extent
                      0x00, 0x00, 0x80, 0x3F,                      // 1 is 0x3F800000
                      0x00, 0x00, 0x00, 0xC0,                      // -2 is 0xC0000000
                      0xDF, 0xB3, 0xF9, 0xFC};                     // crc32 of the 61 bytes above
    const Checkpoint checkpoint{{{"step", 258}}, {{"w", {2}, {1, -2}}}};
    expect_same_bytes("number step = 258 and tensor w = {1, -2}, encoded", encoded(checkpoint), bytes);
    expect_same("number step = 258 and tensor w = {1, -2}, decoded", decoded(bytes), checkpoint);
  });
}

TEST(checkpoint, random_round_trips) {
  for_each_case(20, [](Generator& g) { expect_round_trip("a random checkpoint", random_checkpoint(g)); });
}

TEST(checkpoint, keeps_every_bit) {
  one_case([](Generator&) {
    CheckpointTensor tensor{"values", {4, 3}, {0.0f, -0.0f, kInfinity, -kInfinity}};
    // NaN of either sign, with whatever their other bits say; the smallest and the largest floats; a third.
    for (const std::uint32_t bits :
         {0x7FC00000u, 0xFFC00001u, 0x7FABCDEFu, 0x7F800001u, 0x00000001u, 0x807FFFFFu, 0x7F7FFFFFu, 0x3EAAAAABu})
      tensor.values.push_back(std::bit_cast<float>(bits));
    expect_round_trip("values of every kind", {{{"least", 0}, {"most", ~std::uint64_t{0}}}, {tensor}});
  });
}

TEST(checkpoint, shapes) {
  one_case([](Generator&) {
    expect_round_trip("tensors of rank 0 to 6, and tensors without elements",
                      {{},
                       {counted_tensor("scalar", {}), counted_tensor("none", {0}), counted_tensor("row", {1, 4}),
                        counted_tensor("between", {3, 0, 2}), counted_tensor("cube", {2, 3, 2}),
                        counted_tensor("six", {1, 2, 1, 2, 1, 2})}});
  });
}

TEST(checkpoint, names_of_any_bytes) {
  one_case([](Generator&) {
    const std::string zero("a\0b", 3), zero_and_more("a\0c", 3), high("\xFF\x80\xC3\xA4");
    // A number may be called what a tensor is called.
    expect_round_trip("names with zero bytes and bytes above 127, and no name at all",
                      {{{zero, 1}, {zero_and_more, 2}, {"", 3}, {"a", 4}},
                       {counted_tensor(high, {2}), counted_tensor("", {}), counted_tensor(zero, {1})}});
  });
}

TEST(checkpoint, refuses_values_that_do_not_fit) {
  one_case([](Generator&) {
    const auto refused = [](const Shape& shape, std::size_t values) {
      expect_not_encoded("a tensor of shape " + to_string(shape) + " has " + std::to_string(values) + " values",
                         {{}, {counted_tensor("first", {2}), {"w", shape, std::vector<float>(values, 1.0f)}}});
    };
    refused({2, 3}, 5);
    refused({2, 3}, 7);
    refused({}, 0);
    refused({0, 3}, 3);
    refused({-2, -3}, 6);
    expect_round_trip("a tensor of shape (2, 3) with 6 values", {{}, {counted_tensor("w", {2, 3})}});
  });
}

TEST(checkpoint, refuses_names_that_stand_twice) {
  one_case([](Generator&) {
    const Checkpoint numbers{{{"a", 1}, {"b", 2}, {"a", 3}}, {}};
    const Checkpoint tensors{{}, {counted_tensor("a", {1}), counted_tensor("a", {2})}};
    expect_not_encoded("two of three numbers are called a", numbers);
    expect_not_encoded("both tensors are called a", tensors);
    expect_no_checkpoint("two of three numbers are called a", oracle::encode_checkpoint(numbers));
    expect_no_checkpoint("both tensors are called a", oracle::encode_checkpoint(tensors));
    expect_round_trip("a number and a tensor that are called a", {{{"a", 1}}, {counted_tensor("a", {2})}});
  });
}

TEST(checkpoint, refuses_what_is_cut_off) {
  one_case([](Generator&) {
    const Bytes whole = oracle::encode_checkpoint(small_checkpoint());
    for (std::size_t size = 0; size < whole.size(); ++size)
      expect_no_checkpoint(
          "of " + std::to_string(whole.size()) + " bytes only the first " + std::to_string(size) + " are there",
          {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    expect_same("all bytes", decoded(whole), small_checkpoint());
  });
}

TEST(checkpoint, refuses_damage) {
  one_case([](Generator& g) {
    const Bytes whole = oracle::encode_checkpoint(small_checkpoint());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      Bytes damaged = whole;
      const std::uint64_t bit = g.random().below(8);
      damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ (1u << bit));
      expect_no_checkpoint("bit " + std::to_string(bit) + " of byte " + std::to_string(i) + " is another", damaged);
    }
    expect_same("the bytes undamaged", decoded(whole), small_checkpoint());
  });
}

TEST(checkpoint, refuses_other_versions) {
  one_case([](Generator&) {
    const Bytes right = CheckpointWriter().head(0, 0).sealed();
    for (const std::uint32_t version : {0u, 2u, 4711u, 0x01000000u})
      expect_no_checkpoint("the version is " + std::to_string(version),
                           CheckpointWriter().head(0, 0, version).sealed());
    expect_no_checkpoint("the first bytes are of another format",
                         CheckpointWriter().raw("KILNCKPS").u32(1).u32(0).u32(0).sealed());
    expect_same("version 1", decoded(right), {});

    // Whoever reads the error wants to know which version he has.
    std::string text;
    expect_error(ErrorKind::invalid_argument, "the version is 4711", [&] {
      try {
        decoded(CheckpointWriter().head(0, 0, 4711).sealed());
      } catch (const Error& error) {
        text = error.what();
        throw;
      }
    });
    EXPECT_NE(text.find("4711"), std::string::npos) << "of version 4711 the error says: " << text;
  });
}

}  // namespace
