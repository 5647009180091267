// Values: whatever a signature may hold arrives bit for bit, and comes back.
#include <bit>
#include <limits>

#include "worker/tests/fixture.hpp"

namespace kiln::worker {

namespace {

class Values : public SessionTest {
 protected:
  Values() { session(); }
};

template <class T>
using Limits = std::numeric_limits<T>;

TEST_F(Values, scalars_at_their_limits) {
  const Scalars low{false,
                    Limits<std::int8_t>::min(),
                    Limits<std::uint16_t>::min(),
                    Limits<std::int32_t>::min(),
                    Limits<std::int64_t>::min(),
                    0,
                    Limits<float>::denorm_min(),
                    -Limits<double>::infinity(),
                    Mode::low,
                    '\0'};
  const Scalars high{true,
                     Limits<std::int8_t>::max(),
                     Limits<std::uint16_t>::max(),
                     Limits<std::int32_t>::max(),
                     Limits<std::int64_t>::max(),
                     Limits<std::uint64_t>::max(),
                     Limits<float>::max(),
                     Limits<double>::denorm_min(),
                     Mode::high,
                     'z'};
  for (const Scalars& s : {low, high}) {
    EXPECT_EQ(probe().pack(s.flag, s.i8, s.u16, s.i32, s.i64, s.u64, s.f32, s.f64, s.mode, s.letter), s);
    EXPECT_EQ(probe().echo_scalars(s), s);
  }
}

TEST_F(Values, floats_keep_every_bit) {
  for (const std::uint32_t bits : {0x00000000u, 0x80000000u, 0x00000001u, 0x7f800000u, 0xff800000u, 0x7fc00000u,
                                   0x7fc12345u, 0xffedcba9u, 0x7fa00001u})
    EXPECT_EQ(std::bit_cast<std::uint32_t>(probe().echo_float(std::bit_cast<float>(bits))), bits);
  for (const std::uint64_t bits : {0x8000000000000000u, 0x7ff8000000012345u, 0xfff0000000000000u, 0x7ff4000000000001u})
    EXPECT_EQ(std::bit_cast<std::uint64_t>(probe().echo_double(std::bit_cast<double>(bits))), bits);
}

TEST_F(Values, bools_and_enums) {
  EXPECT_TRUE(probe().echo_bool(true));
  EXPECT_FALSE(probe().echo_bool(false));
  for (const Mode mode : {Mode::low, Mode::plain, Mode::high, static_cast<Mode>(77)})
    EXPECT_EQ(probe().echo_mode(mode), mode);
}

TEST_F(Values, shapes_of_every_rank) {
  Shape shape;
  for (int rank = 0; rank <= kMaxRank; ++rank) {
    EXPECT_EQ(probe().echo_shape(shape), shape);
    if (rank < kMaxRank) shape.push_back(rank % 2 == 0 ? Limits<std::int64_t>::min() + rank : rank);
  }
}

TEST_F(Values, texts_may_hold_any_bytes) {
  EXPECT_EQ(probe().join("", ""), "");
  const std::string bytes("a\0b\xff\xc0\n", 6);
  EXPECT_EQ(probe().join(bytes, bytes), bytes + bytes);
  const std::string long_one(3u << 20, 'x');
  EXPECT_EQ(probe().join(long_one, "y"), long_one + "y");
  EXPECT_EQ(probe().split("a,,bc,", ','), (std::vector<std::string>{"a", "", "bc", ""}));
}

TEST_F(Values, vectors_arrays_and_aggregates_nest) {
  EXPECT_EQ(probe().echo_lists({}), Lists{});
  const Leaf leaf{Shape{2, 0, 3}, {-128, 0, 127}};
  const Lists full{{1, -2, Limits<std::int64_t>::max()},
                   {"", "two", std::string("\0", 1)},
                   {true, false, true, true, false, true, true, true, true},
                   {{}, {1.5}, {-0.0, 1e300}},
                   {1.f, -2.f, 0.25f},
                   {leaf, Leaf{}},
                   {leaf, leaf, Leaf{Shape{}, {1}}}};
  EXPECT_EQ(probe().echo_lists(full), full);
}

TEST_F(Values, a_kernel_without_parameters_or_result) {
  probe().nothing();
  expect_works(1);
}

TEST_F(Values, slots_are_listed_without_being_run) {
  const auto& states = session().slots();
  const Family& family = session().family();
  ASSERT_EQ(states.size(), family.slots.size());
  for (std::size_t i = 0; i < states.size(); ++i) {
    const std::string& name = family.slots[i].name;
    const bool missing = name == "absent" || name == "smooth" || name == "double_labels";
    EXPECT_EQ(states[i], name == "unfinished" ? SlotState::stub
                         : missing            ? SlotState::missing
                                              : SlotState::written)
        << name;
  }
}

}  // namespace
}  // namespace kiln::worker
