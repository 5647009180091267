// Module 09's hidden tests of idx: rarer edges of the same contract.
#include "kiln/kernels/data.hpp"

#include <cmath>
#include <limits>

#include "loading.hpp"
#include "testing/sentinels.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const DataSlots& kernel() { return under_test<DataSlots>(); }

TEST(idx, extents_of_zero) {
  one_case([](Generator&) {
    for (const Shape& shape : {Shape{0}, Shape{0, 28, 28}, Shape{3, 0}, Shape{2, 0, 5}}) {
      const Bytes bytes = idx_head(IdxType::f32, shape);
      expect_shape("a file without elements", kernel().parse_idx(bytes).shape, shape);
      expect_refusal("a file of " + to_string(shape) + " has a byte behind its head",
                     [&] { kernel().parse_idx(joined(bytes, {1})); });
      float untouched = 5;
      kernel().read_idx(bytes, kernel().parse_idx(bytes), {&untouched, shape, dense_strides(shape)});
      EXPECT_EQ(untouched, 5) << "there is nothing to read";
    }
    std::vector<float> out(1);
    kernel().read_idx(Bytes{0, 0, 8, 1, 0, 0, 0, 1, 9}, {IdxType::u8, {1}, 8}, dense(out, {1}));
    EXPECT_EQ(out[0], 9);
  });
}

TEST(idx, refuses_products_that_overflow) {
  one_case([](Generator&) {
    constexpr std::uint64_t kMost = 0xffffffff;
    // Each product is 0 or small where it is kept in 64 or 32 bits, as if the file behind the head were whole.
    const std::vector<std::uint64_t> shapes[] = {{65536, 65536, 65536, 65536}, {kMost, kMost, kMost},
                                                 {1u << 31, 1u << 31, 4},      {1u << 31, 1u << 31, 2, 1},
                                                 {kMost, kMost, kMost, kMost}, {1u << 16, 1u << 16, 1u << 16, 1u << 15},
                                                 {kMost, kMost, kMost, 0},     {0, 65536, 65536, 65536, 65536}};
    for (const auto& extents : shapes) {
      std::string words;
      for (const std::uint64_t extent : extents) words += " " + std::to_string(extent);
      expect_refusal("the extents are" + words, [&] { kernel().parse_idx(idx_head(8, extents)); });
    }
    // The elements' number fits, their bytes do not.
    expect_refusal("2^60 elements of 8 bytes are promised", [] {
      kernel().parse_idx(idx_head(14, {1u << 30, 1u << 30}));
    });
    expect_refusal("2^32 bytes are promised, none is there", [] { kernel().parse_idx(idx_head(8, {65536, 65536})); });
    expect_refusal("2^32 - 1 bytes are promised, none is there", [] { kernel().parse_idx(idx_head(8, {kMost})); });
    expect_shape("a file that fits", kernel().parse_idx(joined(idx_head(8, {2}), {1, 2})).shape, {2});
  });
}

TEST(idx, one_to_six_dimensions) {
  one_case([](Generator&) {
    Shape shape;
    for (int rank = 1; rank <= kMaxRank; ++rank) {
      shape.push_back(rank == 3 ? 3 : rank % 2 + 1);
      Bytes elements;
      for (std::int64_t i = 0; i < shape.elements(); ++i) elements.push_back(static_cast<std::uint8_t>(i + 1));
      const Bytes bytes = joined(idx_head(IdxType::u8, shape), elements);
      const IdxHeader header = kernel().parse_idx(bytes);
      expect_shape("a file of " + std::to_string(rank) + " dimensions", header.shape, shape);
      std::vector<float> out(elements.size());
      kernel().read_idx(bytes, header, dense(out, shape));
      EXPECT_EQ(out, counted(shape.elements()));
    }
    expect_refusal("a file has seven dimensions", [] {
      kernel().parse_idx(joined(idx_head(8, {1, 1, 1, 1, 1, 1, 1}), {5}));
    });
  });
}

TEST(idx, says_what_was_found) {
  one_case([](Generator&) {
    const Bytes bytes = joined(idx_head(IdxType::i32, {7, 31}), Bytes(800));
    expect_refusal_with(Numbers{812, 880}, "the file has 812 bytes and its extents (7, 31) of i32 promise 880",
                        [&] { kernel().parse_idx(bytes); });
    expect_refusal_with(Numbers{171}, "the element's type is 171", [] { kernel().parse_idx(idx_head(171, {0})); });
    expect_shape("with 68 bytes more", kernel().parse_idx(joined(bytes, Bytes(68))).shape, {7, 31});
  });
}

TEST(idx, names_gzip_in_short_files) {
  one_case([](Generator&) {
    for (const Bytes& bytes : {Bytes{0x1f, 0x8b}, Bytes{0x1f, 0x8b, 8}, Bytes{0x1f, 0x8b, 8, 0, 0, 0, 0, 0}})
      expect_refusal_with("gzip", "the file holds 1F 8B and " + std::to_string(bytes.size() - 2) + " bytes more",
                          [&] { kernel().parse_idx(bytes); });
  });
}

TEST(idx, names_the_byte_order_of_empty_files) {
  one_case([](Generator&) {
    // Little-endian 0, 28, 28: their bytes turned round promise no elements; as they stand, none either.
    const Bytes empty{0, 0, 8, 3, 0, 0, 0, 0, 28, 0, 0, 0, 28, 0, 0, 0};
    expect_shape("no images, of extents that are large in either order", kernel().parse_idx(empty).shape,
                 {0, 28 << 24, 28 << 24});
    const Bytes overflows{0, 0, 14, 3, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 8};
    expect_refusal("neither order fits", [&] { kernel().parse_idx(overflows); });
  });
}

TEST(idx, rounds_once) {
  one_case([](Generator&) {
    Bytes bytes = idx_head(IdxType::i32, {5});
    // 2^24 + 1 lies between two floats and goes to the even one, 2^24 + 3 too; 2^31 - 1 becomes 2^31.
    for (const double value : {16777217.0, 16777219.0, -16777217.0, 2147483647.0, -2147483648.0})
      append_element(bytes, IdxType::i32, value);
    std::vector<float> out(5);
    kernel().read_idx(bytes, {IdxType::i32, {5}, 8}, dense(out, {5}));
    EXPECT_EQ(out, (std::vector<float>{16777216, 16777220, -16777216, 2147483648.0f, -2147483648.0f}));

    bytes = idx_head(IdxType::f64, {4});
    for (const double value : {1 + 0x1p-24, 1 + 0x1p-24 + 0x1p-50, 0x1p-149, 0.1})
      append_element(bytes, IdxType::f64, value);
    out.assign(4, kNaN);
    kernel().read_idx(bytes, {IdxType::f64, {4}, 8}, dense(out, {4}));
    EXPECT_EQ(out, (std::vector<float>{1, 1 + 0x1p-23f, 0x1p-149f, 0.1f}));
  });
}

TEST(idx, special_numbers) {
  one_case([](Generator&) {
    for (const IdxType type : {IdxType::f32, IdxType::f64}) {
      const std::vector<double> values{kNaN, kInfinity, -kInfinity, -0.0, 0x1p-149};
      Bytes bytes = idx_head(type, {5});
      for (const double value : values) append_element(bytes, type, value);
      std::vector<float> out(5);
      kernel().read_idx(bytes, {type, {5}, 8}, dense(out, {5}));
      Array64 expected({5});
      expected.values = values;
      expect_close(dense(out, {5}), exact(expected));
      EXPECT_TRUE(std::signbit(out[3])) << "-0 keeps its sign";
    }
  });
}

TEST(idx, refuses_headers_that_do_not_fit) {
  one_case([](Generator&) {
    const Bytes bytes = joined(idx_head(IdxType::i16, {4}), {0, 1, 0, 2, 0, 3, 0, 4});
    std::vector<float> out(4, kNaN);
    for (const std::int64_t offset :
         {std::int64_t{9}, std::int64_t{16}, std::int64_t{17}, std::int64_t{-1},
          std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()})
      expect_refusal("4 elements of 2 bytes are to begin at byte " + std::to_string(offset) + " of 16", [&] {
        kernel().read_idx(bytes, {IdxType::i16, {4}, offset}, dense(out, {4}));
      });
    expect_refusal("4 elements of 4 bytes are to lie in 8 bytes", [&] {
      kernel().read_idx(bytes, {IdxType::i32, {4}, 8}, dense(out, {4}));
    });
    // The offset counts, not the file's own head; and more bytes than needed are none of its business.
    kernel().read_idx(bytes, {IdxType::i16, {2}, 10}, dense(out, {2}));
    EXPECT_EQ(out[0], 2) << "two elements from byte 10 on";
    EXPECT_EQ(out[1], 3) << "two elements from byte 10 on";
    kernel().read_idx(bytes, {IdxType::u8, {1}, 15}, dense(out, {1}));
    EXPECT_EQ(out[0], 4) << "the file's last byte";
  });
}

TEST(idx, keeps_memory_between) {
  one_case([](Generator&) {
    const Bytes bytes = joined(idx_head(IdxType::u8, {2, 3}), {1, 2, 3, 4, 5, 6});
    Array64 expected({2, 3});
    expected.values = {1, 2, 3, 4, 5, 6};
    for (const Strides& strides : {Strides{3, 1}, Strides{8, 2}, Strides{1, 2}, Strides{-3, -1}, Strides{10, 1}}) {
      const Sentinels out({2, 3}, strides);
      kernel().read_idx(bytes, {IdxType::u8, {2, 3}, 12}, out.view());
      expect_close(out.view(), exact(expected));
      out.expect_rest_untouched();
    }
  });
}

TEST(idx, many_images) {
  for_each_case(1, [](Generator& g) {
    const Shape shape{1000, 28, 28};
    Bytes bytes = idx_head(IdxType::u8, shape);
    Array64 values(shape);
    for (double& value : values.values) {
      bytes.push_back(static_cast<std::uint8_t>(g.random().next_u32()));
      value = bytes.back();
    }
    const Operand out = g.output("out", shape);
    kernel().read_idx(bytes, kernel().parse_idx(bytes), out);
    expect_close(out, exact(values));
  });
}

}  // namespace
