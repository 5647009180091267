// Module 09's tests of idx, as students see them: files written byte by byte, and broken ones.
#include "kiln/kernels/data.hpp"

#include "loading.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const DataSlots& kernel() { return under_test<DataSlots>(); }

TEST(idx, head_by_hand) {
  one_case([](Generator&) {
    const Bytes bytes{0, 0, 0x08, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};
    const IdxHeader header = kernel().parse_idx(bytes);
    EXPECT_EQ(header.type, IdxType::u8) << "byte 2 is 08";
    expect_shape("00 00 08 02, 00 00 00 02, 00 00 00 03", header.shape, {2, 3});
    EXPECT_EQ(header.data_offset, 12) << "a magic number and two extents of 4 bytes each";

    const IdxHeader longer = kernel().parse_idx(joined({0, 0, 0x0b, 1, 0, 0, 1, 2}, Bytes(2 * 258)));
    EXPECT_EQ(longer.type, IdxType::i16) << "byte 2 is 0B";
    expect_shape("00 00 0B 01, 00 00 01 02", longer.shape, {258});
    EXPECT_EQ(longer.data_offset, 8) << "a magic number and one extent of 4 bytes";
  });
}

TEST(idx, elements_by_hand) {
  one_case([](Generator&) {
    struct Case {
      IdxType type;
      Bytes elements;
      std::vector<float> values;
    };
    const Case cases[] = {
        {IdxType::u8, {0x00, 0x7f, 0xff}, {0, 127, 255}},
        {IdxType::i8, {0x00, 0x7f, 0xff}, {0, 127, -1}},
        {IdxType::i16, {0x01, 0x02, 0x00, 0x80, 0xff, 0xfe}, {258, 128, -2}},
        {IdxType::i32, {0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0x80}, {65536, -1, 128}},
        {IdxType::f32, {0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0, 0, 0, 0, 0}, {1, -2.5f, 0}},
        {IdxType::f64,
         {0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
         {1, -2.5f, 0}},
    };
    for (std::size_t i = 0; i < std::size(cases); ++i) {
      const Bytes bytes = joined(idx_head(cases[i].type, {3}), cases[i].elements);
      std::vector<float> out(3, kNaN);
      kernel().read_idx(bytes, {cases[i].type, {3}, 8}, dense(out, {3}));
      EXPECT_EQ(out, cases[i].values) << "three elements of type " << kIdxNames[i];
    }
  });
}

/// A whole number between the type's bounds; for f32 and f64 one with a fraction, which a float holds.
double random_element(Generator& g, IdxType type) {
  const auto drawn = static_cast<double>(g.random().next_u32());
  switch (type) {
    case IdxType::u8: return static_cast<double>(g.random().below(256));
    case IdxType::i8: return static_cast<double>(g.random().below(256)) - 128;
    case IdxType::i16: return static_cast<double>(g.random().below(65536)) - 32768;
    case IdxType::i32: return drawn - 0x1p31;
    default: return static_cast<float>(drawn - 0x1p31) / 1024;
  }
}

/// Parses and reads a random file of the type, into an output of the layout.
void expect_file(Generator& g, int which, const Shape& shape, Layout layout) {
  const IdxType type = kIdxTypes[which];
  g.note(std::string("type ") + kIdxNames[which]);
  Array64 values(shape);
  Bytes bytes = idx_head(type, shape);
  for (double& value : values.values) {
    value = random_element(g, type);
    append_element(bytes, type, value);
    value = static_cast<float>(value);
  }
  const Operand out = g.output("out", shape, layout);
  const IdxHeader header = kernel().parse_idx(bytes);
  EXPECT_EQ(header.type, type);
  expect_shape("the file's shape", header.shape, shape);
  ASSERT_EQ(header.data_offset, 4 + 4 * shape.rank()) << "a magic number and the extents";
  kernel().read_idx(bytes, header, out);
  expect_close(out, exact(values));
}

TEST(idx, random_files) {
  for (int which = 0; which < 6; ++which)
    for_each_case(6, [&](Generator& g) { expect_file(g, which, g.shape(random_rank(g, 1, 4)), Layout::dense); });
}

TEST(idx, outputs_of_any_layout) {
  for (int which = 0; which < 6; ++which)
    for_each_case(4, [&](Generator& g) {
      const auto layout = static_cast<Layout>(1 + g.random().below(3));
      expect_file(g, which, g.shape(random_rank(g, 2, 4)), layout);
    });
}

TEST(idx, refuses_every_truncated_file) {
  one_case([](Generator&) {
    const Bytes whole = joined(idx_head(IdxType::i16, {2, 3}), Bytes(12, 1));
    expect_shape("the whole file", kernel().parse_idx(whole).shape, {2, 3});
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const Bytes shorter(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      expect_refusal("of a file of 24 bytes only " + std::to_string(length) + " are there",
                     [&] { kernel().parse_idx(shorter); });
    }
  });
}

TEST(idx, refuses_extra_bytes) {
  one_case([](Generator&) {
    const Bytes whole = joined(idx_head(IdxType::u8, {2, 3}), Bytes(6, 1));
    for (const std::size_t more : {1u, 2u, 6u, 100u})
      expect_refusal("behind the last element there are " + std::to_string(more) + " more bytes",
                     [&] { kernel().parse_idx(joined(whole, Bytes(more))); });
    expect_shape("the file without them", kernel().parse_idx(whole).shape, {2, 3});
  });
}

TEST(idx, refuses_another_magic) {
  one_case([](Generator&) {
    const Bytes whole = joined(idx_head(IdxType::u8, {2, 3}), Bytes(6, 1));
    for (const auto& [at, value] : {std::pair{0, 1}, {1, 1}, {0, 0x89}, {1, 0x80}, {3, 0}, {3, 7}, {3, 255}}) {
      Bytes bytes = whole;
      bytes[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(value);
      expect_refusal("byte " + std::to_string(at) + " is " + std::to_string(value), [&] { kernel().parse_idx(bytes); });
    }
    for (const int type : {0x00, 0x07, 0x0a, 0x0f, 0x80, 0xff})
      expect_refusal("the element's type is " + std::to_string(type),
                     [&] { kernel().parse_idx(joined(idx_head(type, {0}), {})); });
    expect_shape("the file with a right magic number", kernel().parse_idx(whole).shape, {2, 3});
  });
}

TEST(idx, names_gzip) {
  one_case([](Generator&) {
    const Bytes packed{0x1f, 0x8b, 0x08, 0x08, 0x2a, 0x5c, 0x9a, 0x59, 0x00, 0x03, 0x74, 0x72, 0x61, 0x69, 0x6e};
    expect_refusal_with("gzip", "the file begins with 1F 8B", [&] { kernel().parse_idx(packed); });
  });
}

TEST(idx, names_the_byte_order) {
  one_case([](Generator&) {
    // Extents of 2 and 3, and of 60000, 28 and 28, written by a program that did not turn their bytes round.
    const Bytes small = joined({0, 0, 8, 2, 2, 0, 0, 0, 3, 0, 0, 0}, Bytes(6));
    expect_refusal_with("endian", "the extents 2 and 3 are little-endian", [&] { kernel().parse_idx(small); });
    const Bytes many = joined({0, 0, 8, 3, 0xa0, 0, 0, 0, 28, 0, 0, 0, 28, 0, 0, 0}, Bytes(160 * 28 * 28));
    expect_refusal_with("endian", "the extents 160, 28 and 28 are little-endian, and overflow as they stand",
                        [&] { kernel().parse_idx(many); });
  });
}

TEST(idx, refuses_other_outputs) {
  one_case([](Generator&) {
    const Bytes bytes = joined(idx_head(IdxType::u8, {2, 3}), {1, 2, 3, 4, 5, 6});
    const IdxHeader header{IdxType::u8, {2, 3}, 12};
    const Kept<> out(Shape{6}, 9.0f);
    for (const Shape& shape : {Shape{3, 2}, Shape{6}, Shape{2, 3, 1}, Shape{2}, Shape{1, 3}}) {
      const std::string situation = "a file of (2, 3) is read into " + to_string(shape);
      expect_refusal(situation, [&] {
        kernel().read_idx(bytes, header, {out.view().data, shape, dense_strides(shape)});
      });
      expect_untouched(situation, out);
    }
    kernel().read_idx(bytes, header, {out.view().data, {2, 3}, {3, 1}});
    EXPECT_EQ(to_array64(out.view()).values, (std::vector<double>{1, 2, 3, 4, 5, 6}));
  });
}

}  // namespace
