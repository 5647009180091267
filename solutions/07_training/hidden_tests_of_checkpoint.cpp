// Module 07's hidden tests of checkpoint: bytes that somebody made on purpose, with a crc32 that is right, and the
// edges that the visible tests leave out.
#include "kiln/kernels/training.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "checkpoints.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

constexpr std::uint32_t kMost32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kMost64 = std::numeric_limits<std::uint64_t>::max();

/// Decodes something that is in order, so that a kernel that refuses everything passes no test.
void expect_still_decodes() {
  const Checkpoint checkpoint = small_checkpoint();
  expect_same("a checkpoint in order", decoded(oracle::encode_checkpoint(checkpoint)), checkpoint);
}

TEST(checkpoint, refuses_every_bit_of_damage) {
  one_case([](Generator&) {
    const Checkpoint checkpoint{{{"n", 1}}, {}};
    const Bytes whole = oracle::encode_checkpoint(checkpoint);
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
      Bytes damaged = whole;
      damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ (1u << bit % 8));
      expect_no_checkpoint("bit " + std::to_string(bit % 8) + " of byte " + std::to_string(bit / 8) + " is another",
                           damaged);
    }
    expect_same("the bytes undamaged", decoded(whole), checkpoint);
  });
}

TEST(checkpoint, refuses_what_is_cut_off_and_sealed_again) {
  one_case([](Generator&) {
    const Bytes sealed = oracle::encode_checkpoint(small_checkpoint());
    const std::string whole(sealed.begin(), sealed.end() - 4);
    for (std::size_t size = 0; size < whole.size(); ++size)
      expect_no_checkpoint("the first " + std::to_string(size) + " bytes of " + std::to_string(whole.size()) +
                               " have a right crc32 of their own",
                           CheckpointWriter().raw(whole.substr(0, size)).sealed());
    expect_still_decodes();
  });
}

TEST(checkpoint, refuses_what_goes_on) {
  one_case([](Generator&) {
    const Bytes sealed = oracle::encode_checkpoint(small_checkpoint());
    const std::string whole(sealed.begin(), sealed.end() - 4);
    for (const std::size_t more : {1u, 3u, 4u, 8u, 100u})
      expect_no_checkpoint(std::to_string(more) + " bytes follow, and the crc32 is of them too",
                           CheckpointWriter().raw(whole + std::string(more, '\0')).sealed());
    Bytes after = sealed;
    after.push_back(0);
    expect_no_checkpoint("a byte follows after the crc32", after);
    // The counts say one, two are there.
    expect_no_checkpoint("there is a number more than the count says",
                         CheckpointWriter().head(1, 0).text("a").u64(1).text("b").u64(2).sealed());
    expect_still_decodes();
  });
}

TEST(checkpoint, forged_counts) {
  one_case([](Generator&) {
    for (const std::uint32_t count : {1u, 1000u, 0x7FFFFFFFu, kMost32}) {
      const std::string many = std::to_string(count);
      expect_no_checkpoint(many + " numbers are promised, and none is there",
                           CheckpointWriter().head(count, 0).sealed());
      expect_no_checkpoint(many + " tensors are promised, and none is there",
                           CheckpointWriter().head(0, count).sealed());
      expect_no_checkpoint("a name of " + many + " bytes is promised, and none is there",
                           CheckpointWriter().head(1, 0).u32(count).sealed());
      expect_no_checkpoint("a name of " + many + " bytes is promised to a tensor, and none is there",
                           CheckpointWriter().head(0, 1).u32(count).sealed());
    }
    // It begins well.
    expect_no_checkpoint("4294967295 numbers are promised, and one is there",
                         CheckpointWriter().head(kMost32, 0).text("a").u64(1).sealed());
    expect_still_decodes();
  });
}

TEST(checkpoint, forged_extents) {
  one_case([](Generator&) {
    const std::uint64_t bits31 = 1ull << 31, bits32 = 1ull << 32, bits62 = 1ull << 62, bits63 = 1ull << 63;
    const std::vector<std::vector<std::uint64_t>> shapes{
        {3},
        {1ull << 33},
        {1ull << 40},
        {bits62},
        {bits62, 4},  // the product in bytes, and in elements, is 0
        {bits63},
        {bits63 + 1},
        {kMost64},
        {kMost64, kMost64},  // -1 * -1
        {bits32, bits32},
        {bits31, bits31, 4},
        {bits32, bits31, 1, 2},
        {bits32 + 1, bits32},
        {bits63, 0},
        {kMost64, 0, 2},
        {65536, 65536, 65536, 65536},  // 2^64
        {bits62 + 1, 4},               // 4 in 64 bits
    };
    for (const std::vector<std::uint64_t>& extents : shapes) {
      std::string words;
      for (const std::uint64_t extent : extents) words += (words.empty() ? "" : ", ") + std::to_string(extent);
      // Room for two values, which is enough for what some of the products are in 64 bits.
      expect_no_checkpoint("a tensor of 2 values has extents " + words,
                           CheckpointWriter().head(0, 1).tensor("w", extents).u32(0).u32(0).sealed());
      expect_no_checkpoint("a tensor without values has extents " + words,
                           CheckpointWriter().head(0, 1).tensor("w", extents).sealed());
    }
    const Checkpoint right{{}, {{"w", {2}, {0, 0}}}};
    expect_same("extent 2", decoded(CheckpointWriter().head(0, 1).tensor("w", {2}).u32(0).u32(0).sealed()), right);
  });
}

TEST(checkpoint, forged_ranks) {
  one_case([](Generator&) {
    for (const std::uint32_t rank : {7u, 8u, 255u, 0x80000000u, kMost32})
      expect_no_checkpoint("the rank is " + std::to_string(rank),
                           CheckpointWriter().head(0, 1).text("w").u32(rank).sealed());
    expect_no_checkpoint("the rank is 7, each extent is 1, and the value is there",
                         CheckpointWriter().head(0, 1).tensor("w", std::vector<std::uint64_t>(7, 1)).u32(0).sealed());
    const Checkpoint six{{}, {{"w", Shape::filled(6, 1), {0}}}};
    expect_same("rank 6",
                decoded(CheckpointWriter().head(0, 1).tensor("w", std::vector<std::uint64_t>(6, 1)).u32(0).sealed()),
                six);
  });
}

TEST(checkpoint, refuses_shapes_whose_product_overflows) {
  one_case([](Generator&) {
    const std::int64_t bits32 = std::int64_t{1} << 32, bits62 = std::int64_t{1} << 62;
    for (const Shape& shape : {Shape{bits32, bits32}, Shape{bits62, 4}, Shape{4, bits62}, Shape{-1, 0}, Shape{0, -1}})
      expect_not_encoded("a tensor of shape " + to_string(shape) + " has no values", {{}, {{"w", shape, {}}}});
    expect_not_encoded("a tensor of shape (2^62 + 1, 4) has 4 values", {{}, {{"w", {bits62 + 1, 4}, counted(4)}}});
    expect_round_trip("a tensor of shape (2^62, 0)", {{}, {{"w", {bits62, 0}, {}}}});
  });
}

TEST(checkpoint, equal_checkpoints_give_equal_bytes) {
  for_each_case(3, [](Generator& g) {
    const Checkpoint first = random_checkpoint(g), second = first;
    const Bytes once = encoded(first);
    encoded(random_checkpoint(g));
    expect_same_bytes("the same checkpoint, encoded again", encoded(second), once);
    expect_same_bytes("what was decoded, encoded again", encoded(decoded(once)), oracle::encode_checkpoint(first));
  });
}

TEST(checkpoint, keeps_the_order) {
  one_case([](Generator&) {
    expect_round_trip("names that fall", {{{"z", 1}, {"b", 2}, {"a", 3}, {"m", 4}},
                                          {counted_tensor("w9", {1}), counted_tensor("w10", {1}),
                                           counted_tensor("B", {2}), counted_tensor("a", {3})}});
  });
}

TEST(checkpoint, long_names_and_many_tensors) {
  one_case([](Generator&) {
    Checkpoint checkpoint{{{std::string(3000, 'n'), 5}, {std::string(3001, 'n'), 6}}, {}};
    for (int i = 0; i < 300; ++i)
      checkpoint.tensors.push_back(counted_tensor("layer " + std::to_string(i), {i % 4, i % 3}));
    expect_round_trip("300 tensors, and names of 3,000 bytes", checkpoint);
  });
}

}  // namespace
