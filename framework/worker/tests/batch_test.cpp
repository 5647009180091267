// Batches: many argument sets of one slot in one request, results in their order.
#include "worker/remote.hpp"
#include "worker/tests/fixture.hpp"

namespace kiln::worker {

namespace {

class Batch : public SessionTest {};

template <auto Member>
using ProbeThunk = Thunk<ProbeSlots, Member>;

TEST_F(Batch, results_come_in_the_order_of_the_sets) {
  using Join = ProbeThunk<&ProbeSlots::join>;
  Writer writer;
  constexpr int kSets = 64;
  for (int i = 0; i < kSets; ++i) Join::write_set(writer, {std::to_string(i), std::string_view(" of a batch")});
  Reader reader = session().transact(Join::kIndex, kSets, writer);
  for (int i = 0; i < kSets; ++i) EXPECT_EQ(read<std::string>(reader), std::to_string(i) + " of a batch");
  EXPECT_EQ(reader.left(), 0u);
}

TEST_F(Batch, each_set_writes_its_own_output) {
  using Add = ProbeThunk<&ProbeSlots::add>;
  in_both_placements(session(), [&] {
    constexpr std::int64_t kSets = 5, kSize = 7;
    std::vector<float> a = iota(kSets * kSize), out(kSets * kSize, -1.f);
    Writer writer;
    for (std::int64_t i = 0; i < kSets; ++i) {
      const View part{a.data() + i * kSize, Shape{kSize}, Strides{1}};
      Add::write_set(writer, {part, part, View{out.data() + i * kSize, Shape{kSize}, Strides{1}}});
    }
    session().transact(Add::kIndex, kSets, writer);
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], 2 * static_cast<float>(i));
  });
}

// Timed calls: what lies in the arenas already is neither copied nor moved.
TEST_F(Batch, kept_tensors_are_used_where_they_lie) {
  using Add = ProbeThunk<&ProbeSlots::add>;
  auto keep = [&](Arena arena) {
    return View{reinterpret_cast<float*>(session().keep(arena, 4 * sizeof(float))), Shape{4}, Strides{1}};
  };
  const View a = keep(Arena::read_only), out = keep(Arena::read_write);
  for (int round = 1; round <= 2; ++round) {
    for (int i = 0; i < 4; ++i) a.data[i] = static_cast<float>(round * i);
    Writer writer;
    Add::write_set(writer, {a, a, out});
    Timing timing;
    session().transact_timed(Add::kIndex, 1, writer, timing);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(out.data[i], static_cast<float>(2 * round * i));
    EXPECT_GT(timing.cpu_seconds, 0);
    EXPECT_GT(timing.wall_seconds, 0);
  }
  Writer writer;
  Add::write_set(writer, {out, out, a});
  EXPECT_ERROR(session().transact(Add::kIndex, 1, writer), judge, "sealed arena");
}

TEST_F(Batch, one_failing_set_fails_the_request_alone) {
  using Misbehave = ProbeThunk<&ProbeSlots::misbehave>;
  Writer writer;
  for (const Fault fault : {Fault::none, Fault::throw_standard})
    Misbehave::write_set(writer, {fault, view_of(in_memory), view_of(out_memory), 3});
  EXPECT_ERROR(session().transact(Misbehave::kIndex, 2, writer), exception, "standard words");
  expect_works(1);
}

}  // namespace
}  // namespace kiln::worker
