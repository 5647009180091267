// Operands: every view and span arrives as it is, aliases stay aliases, and nothing but outputs may change.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "worker/tests/fixture.hpp"

namespace kiln::worker {

namespace {

class Memory : public SessionTest {
 protected:
  Memory() { session(); }
};

Strides dense(const Shape& shape) {
  Strides strides = Strides::filled(shape.rank(), 1);
  for (int d = shape.rank() - 2; d >= 0; --d) strides[d] = strides[d + 1] * std::max<std::int64_t>(shape[d + 1], 1);
  return strides;
}

/// One operand of each type over the same layout; bytes count up, so that floats are NaNs too.
template <class T>
struct Typed {
  std::vector<T> memory;
  BasicView<T> view;
  Typed(const Shape& shape, const Strides& strides, std::int64_t first, std::size_t room, bool filled) : memory(room) {
    auto* bytes = reinterpret_cast<unsigned char*>(memory.data());
    for (std::size_t i = 0; i < room * sizeof(T); ++i)
      bytes[i] = static_cast<unsigned char>(filled ? 255 - i % 251 : 0);
    view = {memory.data() + first, shape, strides};
  }
  bool same_bits(const Typed& other) const {
    return memory.empty() || std::memcmp(memory.data(), other.memory.data(), memory.size() * sizeof(T)) == 0;
  }
};

struct Quartet {
  Typed<float> f32;
  Typed<double> f64;
  Typed<std::int8_t> i8;
  Typed<std::int64_t> i64;
  Quartet(const Shape& shape, const Strides& strides, std::int64_t first, std::size_t room, bool filled)
      : f32(shape, strides, first, room, filled),
        f64(shape, strides, first, room, filled),
        i8(shape, strides, first, room, filled),
        i64(shape, strides, first, room, filled) {}
};

/// Copies through the worker with inputs and outputs of this layout, which covers `room` elements.
void expect_copies(const Shape& shape, const Strides& strides, std::int64_t first, std::size_t room) {
  SCOPED_TRACE("shape " + to_string(shape) + ", strides " + to_string(strides));
  const Quartet in(shape, strides, first, room, true);
  const Quartet out(shape, strides, first, room, false);
  probe().copy_views(in.f32.view, in.f64.view, in.i8.view, in.i64.view, out.f32.view, out.f64.view, out.i8.view,
                     out.i64.view);
  EXPECT_TRUE(out.f32.same_bits(in.f32));
  EXPECT_TRUE(out.f64.same_bits(in.f64));
  EXPECT_TRUE(out.i8.same_bits(in.i8));
  EXPECT_TRUE(out.i64.same_bits(in.i64));
  EXPECT_EQ(probe().shape_and_strides(in.f32.view), (std::array<Shape, 2>{shape, strides}));
}

TEST_F(Memory, views_of_every_type_and_layout) {
  in_both_placements(session(), [] {
    expect_copies({}, {}, 0, 1);
    expect_copies({7}, {1}, 0, 7);
    expect_copies({2, 1, 3, 1, 2, 2}, dense({2, 1, 3, 1, 2, 2}), 0, 24);
    expect_copies({3, 4}, {1, 3}, 0, 12);
    expect_copies({3, 4}, {-4, -1}, 11, 12);
    expect_copies({3, 4}, {4, -1}, 3, 12);
    expect_copies({1, 5}, {99, 1}, 0, 5);
  });
}

TEST_F(Memory, empty_views_and_spans) {
  in_both_placements(session(), [] {
    expect_copies({0}, {1}, 0, 0);
    expect_copies({3, 0, 2}, dense({3, 0, 2}), 0, 0);
    probe().copy_spans({}, {}, {}, {});
    probe().add(ConstView{nullptr, {0}, {1}}, ConstView{nullptr, {0}, {1}}, View{nullptr, {0}, {1}});
  });
}

TEST_F(Memory, a_repeated_input_and_gaps_in_an_output) {
  in_both_placements(session(), [] {
    float one = 3;
    std::vector<float> out(7, -1.f);
    const ConstView repeated{&one, Shape{4}, Strides{0}};
    probe().add(repeated, repeated, {out.data(), Shape{4}, Strides{2}});
    EXPECT_EQ(out, (std::vector<float>{6, -1, 6, -1, 6, -1, 6}));
  });
}

TEST_F(Memory, spans) {
  in_both_placements(session(), [] {
    const std::vector<float> f32{1.f, std::numeric_limits<float>::quiet_NaN(), -0.f};
    const std::vector<std::uint8_t> u8{0, 255, 7, 128, 1};
    std::vector<float> f32_out(3);
    std::vector<std::uint8_t> u8_out(5);
    probe().copy_spans(f32, u8, f32_out, u8_out);
    EXPECT_EQ(std::memcmp(f32.data(), f32_out.data(), 12), 0);
    EXPECT_EQ(u8, u8_out);
  });
}

TEST_F(Memory, views_inside_aggregates_and_vectors) {
  in_both_placements(session(), [] {
    std::vector<float> weight = iota(3), out(3);
    const std::vector<double> bias{10, 20, 30};
    EXPECT_EQ(probe().apply({{view_of(weight), bias}, 2.f, "layer", view_of(out)}), 5);
    EXPECT_EQ(out, (std::vector<float>{10, 22, 34}));
    EXPECT_EQ(probe().total({view_of(weight), view_of(out), view_of(weight)}), 3 + 66 + 3);
    EXPECT_EQ(probe().total({}), 0);
  });
}

TEST_F(Memory, an_output_may_be_its_own_input) {
  in_both_placements(session(), [] {
    std::vector<float> memory = iota(9);
    probe().add(view_of(memory), view_of(memory), view_of(memory));
    for (std::size_t i = 0; i < memory.size(); ++i) EXPECT_EQ(memory[i], 2 * static_cast<float>(i));
  });
}

TEST_F(Memory, overlapping_views_stay_overlapping) {
  in_both_placements(session(), [] {
    std::vector<float> memory = iota(8);
    const ConstView in{memory.data(), Shape{6}, Strides{1}};
    const View out{memory.data() + 2, Shape{6}, Strides{1}};
    EXPECT_EQ(probe().bytes_between(in, out), 8);
    // Each sum is read again two steps later: 0 1 0 2 0 4 0 8.
    probe().add(in, in, out);
    EXPECT_EQ(memory, (std::vector<float>{0, 1, 0, 2, 0, 4, 0, 8}));
  });
}

TEST_F(Memory, an_input_may_lie_between_the_elements_of_an_output) {
  in_both_placements(session(), [] {
    std::vector<float> memory = iota(8);
    const ConstView odd{memory.data() + 1, Shape{3}, Strides{2}};
    probe().add(odd, odd, {memory.data(), Shape{3}, Strides{2}});
    EXPECT_EQ(memory, (std::vector<float>{2, 1, 6, 3, 10, 5, 6, 7}));
  });
}

// Neighbours in the caller's memory are none for the worker, or an overrun would pass unseen.
TEST_F(Memory, views_that_only_touch_are_kept_apart) {
  std::vector<float> memory = iota(8);
  const View out{memory.data(), Shape{4}, Strides{1}};
  const ConstView in{memory.data() + 4, Shape{4}, Strides{1}};
  session().set_placement(Placement::aligned);
  EXPECT_ERROR(probe().misbehave(Fault::write_behind, in, out, 0), out_of_bounds, "bytes past the end of out");
  session().set_placement(Placement::guarded);
  EXPECT_ERROR(probe().misbehave(Fault::write_behind, in, out, 0), crash, "wrote past the end of out");
  EXPECT_EQ(memory, iota(8));
}

// The outer view goes on behind the inner one, and a third one overlaps only what comes there.
TEST_F(Memory, a_view_inside_another_does_not_end_it) {
  std::vector<float> memory = iota(12);
  auto part = [&](std::int64_t from, std::int64_t size) { return View{memory.data() + from, Shape{size}, Strides{1}}; };
  in_both_placements(session(), [&] {
    EXPECT_EQ(probe().peek(part(0, 9), part(2, 2), 8), 8.f);
    EXPECT_EQ(probe().total({part(0, 9), part(2, 2), part(7, 5)}), 36 + 5 + 45);
    EXPECT_EQ(probe().bytes_between(part(0, 9), part(8, 4)), 32);
  });
}

TEST_F(Memory, writing_behind_an_output) {
  session().set_placement(Placement::aligned);
  EXPECT_ERROR(misbehave(Fault::write_behind, 0), out_of_bounds,
               "wrote 4 bytes past the end of out (shape (4), strides (1)), starting 0 bytes");
  EXPECT_ERROR(misbehave(Fault::write_behind, 5), out_of_bounds, "starting 20 bytes behind its last element");
  expect_works(1);
  session().set_placement(Placement::guarded);
  EXPECT_ERROR(misbehave(Fault::write_behind, 0), crash,
               "wrote past the end of out (shape (4), strides (1)): right behind its last element");
  EXPECT_ERROR(misbehave(Fault::write_behind, 3), crash, "12 bytes behind its last element");
  EXPECT_EQ(out_memory, iota(4));
  expect_works(3);
}

TEST_F(Memory, writing_in_front_of_an_output) {
  in_both_placements(session(), [&] {
    EXPECT_ERROR(misbehave(Fault::write_before, 1), out_of_bounds,
                 "wrote before the beginning of out (shape (4), strides (1)): 4 bytes in front");
    EXPECT_ERROR(misbehave(Fault::write_before, 64), out_of_bounds, "256 bytes in front");
  });
  expect_works(1);
}

TEST_F(Memory, writing_between_the_elements_of_an_output) {
  std::vector<float> memory = iota(10);
  const View columns{memory.data(), Shape{2, 2}, Strides{5, 2}};
  in_both_placements(session(), [&] {
    EXPECT_ERROR(probe().misbehave(Fault::write_between, view_of(in_memory), columns, 3), out_of_bounds,
                 "changed memory between the elements of out (shape (2, 2), strides (5, 2)): at offset 3");
    EXPECT_EQ(probe().misbehave(Fault::none, view_of(in_memory), columns, 7), 7);
  });
  EXPECT_EQ(memory, iota(10));
}

// Every edge that no float covers: one byte, behind spans of every remainder.
TEST_F(Memory, one_stray_byte_is_enough) {
  for (std::size_t size : {0u, 1u, 2u, 3u, 4u, 5u, 63u, 64u, 65u}) {
    SCOPED_TRACE(size);
    std::vector<std::uint8_t> out(size);
    const auto behind = static_cast<std::int64_t>(size);
    session().set_placement(Placement::aligned);
    EXPECT_ERROR(probe().poke(out, behind), out_of_bounds, "wrote 1 bytes past the end of out");
    EXPECT_ERROR(probe().poke(out, behind + 2), out_of_bounds, "starting 2 bytes");
    EXPECT_ERROR(probe().poke(out, -1), out_of_bounds, ": 1 bytes in front");
    session().set_placement(Placement::guarded);
    EXPECT_ERROR(probe().poke(out, behind), crash, "right behind its last element");
    EXPECT_ERROR(probe().poke(out, -1), out_of_bounds, ": 1 bytes in front");
  }
}

TEST_F(Memory, writing_an_input) {
  in_both_placements(session(), [&] {
    EXPECT_ERROR(misbehave(Fault::write_input, 2), crash,
                 "wrote to in (shape (4), strides (1)), which it may only read");
    EXPECT_EQ(in_memory, iota(4));
  });
}

TEST_F(Memory, reading_outside_an_input) {
  session().set_placement(Placement::guarded);
  EXPECT_ERROR(misbehave(Fault::read_behind, 0), crash,
               "read past the end of in (shape (4), strides (1)): right behind");
  // Between canaries the read succeeds, and what it gives spoils every sum.
  session().set_placement(Placement::aligned);
  for (const std::int64_t at : {-1, 4})
    EXPECT_TRUE(std::isnan(probe().peek(view_of(in_memory), view_of(out_memory), at))) << at;
}

// Far enough in front of `a` lies the guard page of `b`; the operand that is meant is still `a`.
TEST_F(Memory, the_closest_operand_is_named) {
  session().set_placement(Placement::guarded);
  std::vector<float> memory = iota(16 + 960);
  const ConstView b{memory.data(), Shape{16}, Strides{1}}, a{memory.data() + 16, Shape{960}, Strides{1}};
  EXPECT_ERROR(probe().peek(a, b, -100), crash, "read before the beginning of a (shape (960), strides (1)): 400 bytes");
  EXPECT_ERROR(probe().peek(b, a, 100), crash, "read past the end of a (shape (16), strides (1)): 336 bytes");
}

}  // namespace
}  // namespace kiln::worker
