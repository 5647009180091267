// Arenas: seals that hold on the worker's side, placement, canaries, and what happens when they are full.
#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "worker/tests/fixture.hpp"

namespace kiln::worker {

namespace {

class Seals : public SessionTest {};

TEST_F(Seals, the_worker_can_neither_write_inputs_nor_shrink_arenas) {
  EXPECT_EQ(misbehave(Fault::map_inputs), EPERM);
  EXPECT_EQ(misbehave(Fault::protect_inputs), EACCES);
  EXPECT_EQ(misbehave(Fault::write_inputs), EPERM);
  EXPECT_EQ(misbehave(Fault::shrink_inputs), EPERM);
  EXPECT_EQ(misbehave(Fault::shrink_outputs), EPERM);
  EXPECT_EQ(in_memory, iota(4));
  expect_works(1);
}

TEST_F(Seals, operands_that_do_not_fit_are_the_judges_trouble) {
  options.arena_bytes = 64 << 10;
  std::vector<float> fits = iota(2048), most = iota(6144), too_much = iota(16384);
  in_both_placements(session(), [&] {
    EXPECT_ERROR(probe().peek(view_of(too_much), view_of(fits), 0), judge, "operands need more than 32768 bytes");
    EXPECT_ERROR(probe().total({view_of(fits), view_of(most)}), judge, "shared arena");
    EXPECT_EQ(probe().peek(view_of(fits), view_of(in_memory), 7), 7.f);
  });
  expect_works(1);
}

TEST(SharedArena, placed_operands_are_aligned_or_end_at_their_guard) {
  SharedArena arena(Arena::read_write, 1 << 20);
  for (const std::size_t bytes : {0u, 1u, 3u, 64u, 4096u, 5000u}) {
    SCOPED_TRACE(bytes);
    const std::byte* aligned = arena.place(bytes, Placement::aligned);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(aligned) % 64, 0u);
    EXPECT_TRUE(find_broken_canary(aligned + bytes, aligned + bytes + kCanaryBytes).empty());
    const std::byte* guarded = arena.place(bytes, Placement::guarded);
    EXPECT_EQ(guarded + bytes, arena.base() + arena.guard().offset);
    EXPECT_EQ(arena.guard().offset % kPage, 0u);
    for (const std::byte* first : {aligned, guarded}) {
      EXPECT_GE(first - arena.base(), static_cast<std::ptrdiff_t>(kCanaryBytes));
      EXPECT_TRUE(find_broken_canary(first - kCanaryBytes, first).empty());
    }
  }
}

TEST(SharedArena, placed_operands_and_kept_ones_never_meet) {
  SharedArena arena(Arena::read_write, 16 << 10);
  EXPECT_NE(arena.keep(4096), nullptr);
  EXPECT_ERROR(arena.keep(4096), judge, "no room for timed operands");
  EXPECT_ERROR(arena.keep(~std::size_t{0} - 8), judge, "no room");
  const std::byte* placed = arena.place(4096, Placement::aligned);
  EXPECT_ERROR(arena.place(4096, Placement::aligned), judge, "need more than 8192 bytes");
  EXPECT_ERROR(arena.place(~std::size_t{0} - 8, Placement::aligned), judge, "need more than 8192 bytes");
  arena.reset();
  EXPECT_EQ(arena.place(4096, Placement::aligned), placed);
}

TEST(SharedArena, seals_are_set_and_final) {
  const SharedArena inputs(Arena::read_only, 4096), outputs(Arena::read_write, 4096);
  const int common = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  EXPECT_EQ(fcntl(inputs.descriptor(), F_GET_SEALS), common | 0x10 /* F_SEAL_FUTURE_WRITE */);
  EXPECT_EQ(fcntl(outputs.descriptor(), F_GET_SEALS), common);
}

TEST(Canaries, the_first_damaged_run_is_found_to_the_byte) {
  std::byte memory[64];
  for (std::size_t length : {1u, 2u, 3u, 4u, 5u, 9u})
    for (std::size_t at = 0; at + length <= sizeof memory; ++at) {
      write_canaries(memory, memory + sizeof memory);
      std::memset(memory + at, 0, length);
      const auto run = find_broken_canary(memory, memory + sizeof memory);
      EXPECT_EQ(run.data() - memory, static_cast<std::ptrdiff_t>(at));
      EXPECT_EQ(run.size(), length) << "at " << at;
    }
}

}  // namespace
}  // namespace kiln::worker
