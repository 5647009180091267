// drive_prefetch: times by the recurrence whatever the seed, and rings that are wrong in one way each.
#include <map>
#include <string>
#include <vector>

#include "kiln/random.hpp"
#include "ring.hpp"
#include "throws.hpp"

namespace kiln {
namespace {

/// load_start[i] = max(load_end[i - 1], use_end[i - slots]); use_start[i] = max(use_end[i - 1], load_end[i]).
std::int64_t makespan(const PrefetchScript& script) {
  std::vector<std::int64_t> load_end, use_end;
  for (std::size_t i = 0; i < script.load_ticks.size(); ++i) {
    const auto slots = static_cast<std::size_t>(script.slots);
    const std::int64_t loader = i == 0 ? 0 : load_end[i - 1], slot = i < slots ? 0 : use_end[i - slots];
    load_end.push_back(std::max(loader, slot) + script.load_ticks[i]);
    use_end.push_back(std::max(i == 0 ? 0 : use_end[i - 1], load_end[i]) + script.use_ticks[i]);
  }
  return use_end.empty() ? 0 : use_end.back();
}

PrefetchScript random_script(Random& random) {
  PrefetchScript script;
  script.slots = 1 + static_cast<std::int64_t>(random.below(4));
  const std::uint64_t batches = random.below(12);
  for (std::uint64_t i = 0; i < batches; ++i) {
    script.load_ticks.push_back(static_cast<std::int64_t>(random.below(6)));
    script.use_ticks.push_back(static_cast<std::int64_t>(random.below(6)));
  }
  script.seed = random.next_u64();
  script.wake_for_nothing = random.below(2) == 0;
  return script;
}

/// Every batch once, in order, untouched while it is used.
void expect_whole(const PrefetchScript& script, const PrefetchTrace& trace) {
  ASSERT_EQ(trace.problem, "");
  std::int64_t begun = 0, used = 0;
  for (const PrefetchEvent& event : trace.events) {
    if (event.action == PrefetchAction::begin_use && event.slot >= 0) {
      EXPECT_EQ(event.batch, begun++);
      EXPECT_EQ(event.slot, event.batch % script.slots);
    }
    if (event.action == PrefetchAction::end_use) {
      EXPECT_EQ(event.batch, used++);
    }
  }
  EXPECT_EQ(used, static_cast<std::int64_t>(script.load_ticks.size()));
  EXPECT_EQ(trace.ticks, makespan(script));
}

TEST(prefetch_driver, a_right_ring_takes_the_time_that_it_must) {
  Random random(1);
  for (int i = 0; i < 300 && !::testing::Test::HasFailure(); ++i) {
    const PrefetchScript script = random_script(random);
    expect_whole(script, drive_prefetch(ring::kRight, script));
  }
}

TEST(prefetch_driver, overlap_by_hand) {
  PrefetchScript script{.load_ticks = std::vector<std::int64_t>(8, 10), .use_ticks = std::vector<std::int64_t>(8, 10)};
  for (const auto& [slots, ticks] : std::map<std::int64_t, std::int64_t>{{1, 160}, {2, 90}, {3, 90}, {100, 90}}) {
    script.slots = slots;
    EXPECT_EQ(drive_prefetch(ring::kRight, script).ticks, ticks) << slots << " slots";
  }
}

bool same(const PrefetchEvent& a, const PrefetchEvent& b) {
  return a.tick == b.tick && a.action == b.action && a.slot == b.slot && a.batch == b.batch;
}

TEST(prefetch_driver, a_seed_is_a_trace) {
  PrefetchScript script{.load_ticks = {2, 2, 2, 2}, .use_ticks = {2, 2, 2, 2}};
  bool other_order = false;
  const PrefetchTrace first = drive_prefetch(ring::kRight, script);
  for (script.seed = 0; script.seed < 30; ++script.seed) {
    const PrefetchTrace once = drive_prefetch(ring::kRight, script), again = drive_prefetch(ring::kRight, script);
    EXPECT_TRUE(std::equal(once.events.begin(), once.events.end(), again.events.begin(), again.events.end(), same));
    other_order |= !std::equal(once.events.begin(), once.events.end(), first.events.begin(), first.events.end(), same);
  }
  EXPECT_TRUE(other_order);
}

TEST(prefetch_driver, closing) {
  PrefetchScript script{.load_ticks = std::vector<std::int64_t>(9, 3), .use_ticks = std::vector<std::int64_t>(9, 5)};
  for (script.seed = 0; script.seed < 50; ++script.seed) {
    script.close_after = static_cast<std::int64_t>(script.seed % 10);
    const PrefetchTrace trace = drive_prefetch(ring::kRight, script);
    ASSERT_EQ(trace.problem, "");
    EXPECT_EQ(trace.events.back().slot, -1);
    std::int64_t used = 0, closed = 0;
    for (const PrefetchEvent& event : trace.events) {
      used += event.action == PrefetchAction::end_use ? 1 : 0;
      closed += event.action == PrefetchAction::close ? 1 : 0;
    }
    EXPECT_EQ(used, script.close_after);
    EXPECT_EQ(closed, 1);
  }
}

// ---- wrong rings

/// Which problem the wrong ring has, in 20 orders of turns; "" where it has none in any.
std::string problem_of(const RingKernels& kernels, PrefetchScript script = {}) {
  if (script.load_ticks.empty()) script.load_ticks = script.use_ticks = {4, 4, 4, 4, 4, 4};
  std::string problem;
  for (script.seed = 0; script.seed < 20 && problem.empty(); ++script.seed)
    problem = drive_prefetch(kernels, script).problem;
  return problem;
}

void expect_problem(const RingKernels& kernels, const std::string& words, const PrefetchScript& script = {}) {
  const std::string problem = problem_of(kernels, script);
  EXPECT_NE(problem.find(words), std::string::npos) << "the problem is: " << problem;
}

RingKernels wrong(decltype(RingKernels::end_load) RingKernels::*slot, decltype(RingKernels::end_load) kernel) {
  RingKernels kernels = ring::kRight;
  kernels.*slot = kernel;
  return kernels;
}
RingKernels wrong(decltype(RingKernels::begin_load) RingKernels::*slot, decltype(RingKernels::begin_load) kernel) {
  RingKernels kernels = ring::kRight;
  kernels.*slot = kernel;
  return kernels;
}

TEST(prefetch_driver, tells_who_sleeps) {
  const auto silent = [](PrefetchRing& ring, Monitor& monitor) {
    const std::lock_guard lock(monitor);
    ++ring.used;
  };
  expect_problem(wrong(&RingKernels::end_use, silent),
                 "both sleep: the loader in ring_begin_load, the user in ring_begin_use, and nobody is left to wake "
                 "them. The ring: slots 2, loaded ");
  const auto closes_silently = [](PrefetchRing& ring, Monitor& monitor) {
    const std::lock_guard lock(monitor);
    ring.closed = true;
  };
  expect_problem(wrong(&RingKernels::close, closes_silently), "the loader in ring_begin_load sleeps, and nobody is",
                 {.load_ticks = {0, 0, 0, 0, 0, 0}, .use_ticks = {5, 5, 5, 5, 5, 5}, .close_after = 1});
}

TEST(prefetch_driver, tells_numbers_that_are_no_slots) {
  const auto beyond = [](PrefetchRing& ring, Monitor& monitor) {
    return ring::begin_load(ring, monitor) + 1'000'000'000'000;
  };
  expect_problem(wrong(&RingKernels::begin_load, beyond),
                 "ring_begin_load returned 1000000000000, which is no slot of a ring of 2");
  const auto before = [](PrefetchRing& ring, Monitor& monitor) { return ring::begin_use(ring, monitor) - 2; };
  expect_problem(wrong(&RingKernels::begin_use, before),
                 "ring_begin_use returned -2, which is no slot of a ring of 2, and not -1 either");
}

TEST(prefetch_driver, tells_what_needs_the_lock) {
  const auto empty = [](PrefetchRing&, Monitor&) {};
  expect_problem(wrong(&RingKernels::end_load, empty), "the loader in ring_end_load returned without ever taking");
  const auto late = [](PrefetchRing& ring, Monitor& monitor) {
    { const std::lock_guard lock(monitor); }
    ++ring.used;
    monitor.notify_all();
  };
  expect_problem(wrong(&RingKernels::end_use, late), "the user in ring_end_use changed what is shared");
  const auto keeps = [](PrefetchRing& ring, Monitor& monitor) {
    monitor.lock();
    ring.finished = true;
    monitor.notify_all();
  };
  expect_problem(wrong(&RingKernels::finish, keeps), "the loader in ring_finish returned with the lock still held");
  const auto spins = [](PrefetchRing& ring, Monitor& monitor) -> std::int64_t {
    for (;;) {
      const std::lock_guard lock(monitor);
      if (ring.used < ring.loaded) return ring.used % ring.slots;
    }
  };
  expect_problem(wrong(&RingKernels::begin_use, spins), "the user in ring_begin_use took the lock 1000 times");
}

TEST(prefetch_driver, tells_other_nonsense) {
  const auto grows = [](PrefetchRing& ring, Monitor& monitor) {
    const std::lock_guard lock(monitor);
    ++ring.loaded;
    ++ring.slots;
    monitor.notify_all();
  };
  expect_problem(wrong(&RingKernels::end_load, grows), "the ring's number of slots was changed from 2 to 3");
  const auto endless = [](PrefetchRing&, Monitor& monitor) -> std::int64_t {
    const std::lock_guard lock(monitor);
    return 0;
  };
  expect_problem(wrong(&RingKernels::begin_use, endless),
                 "ring_begin_use gave slot 0 although all 6 batches of the script were used");
}

TEST(prefetch_driver, shows_what_was_overwritten) {
  const auto hasty = [](PrefetchRing& ring, Monitor& monitor) {
    const std::lock_guard lock(monitor);
    return ring.loaded % ring.slots;
  };
  PrefetchTrace trace =
      drive_prefetch(wrong(&RingKernels::begin_load, hasty), {.load_ticks = {1, 1, 1, 1}, .use_ticks = {9, 9, 9, 9}});
  std::string seen;
  for (const PrefetchEvent& event : trace.events) {
    if (event.action == PrefetchAction::begin_use) seen += "begin " + std::to_string(event.batch) + " ";
    if (event.action == PrefetchAction::end_use) seen += "end " + std::to_string(event.batch) + " ";
  }
  EXPECT_EQ(seen, "begin 0 end 2 begin 3 end 3 begin 2 end 2 begin 3 end 3 begin -1 ");
}

// ---- what it refuses and passes on

TEST(prefetch_driver, passes_errors_on) {
  PrefetchScript script{.load_ticks = {1, 1}, .use_ticks = {1, 1}};
  for (const std::int64_t slots : {std::int64_t{0}, std::int64_t{-3}, std::numeric_limits<std::int64_t>::min()}) {
    script.slots = slots;
    EXPECT_ERROR(drive_prefetch(ring::kRight, script), invalid_argument, "no slot");
  }
  script.slots = 2;
  const auto stub = [](PrefetchRing&, Monitor& monitor) -> std::int64_t {
    monitor.lock();
    throw Error(ErrorKind::stub, "not written");
  };
  EXPECT_ERROR(drive_prefetch(wrong(&RingKernels::begin_use, stub), script), stub, "not written");
  RingKernels kernels = ring::kRight;
  kernels.finish = nullptr;
  EXPECT_ERROR(drive_prefetch(kernels, script), missing, "ring_finish");
}

TEST(prefetch_driver, refuses_bad_scripts) {
  constexpr std::int64_t kHalf = std::numeric_limits<std::int64_t>::max() / 2;
  EXPECT_ERROR(drive_prefetch(ring::kRight, {.load_ticks = {1}, .use_ticks = {}}), invalid_argument, "differ");
  EXPECT_ERROR(drive_prefetch(ring::kRight, {.load_ticks = {-1}, .use_ticks = {1}}), invalid_argument, "negative");
  EXPECT_ERROR(drive_prefetch(ring::kRight, {.load_ticks = {1}, .use_ticks = {-1}}), invalid_argument, "negative");
  EXPECT_ERROR(drive_prefetch(ring::kRight, {.load_ticks = {kHalf, 1}, .use_ticks = {kHalf, 1}}), invalid_argument,
               "end");
  const std::vector<std::int64_t> many(100'001, 0);
  EXPECT_ERROR(drive_prefetch(ring::kRight, {.load_ticks = many, .use_ticks = many}), invalid_argument, "many");
}

TEST(prefetch_driver, large_scripts) {
  constexpr std::int64_t kHalf = std::numeric_limits<std::int64_t>::max() / 2;
  PrefetchScript script{.slots = std::numeric_limits<std::int64_t>::max(), .load_ticks = {kHalf}, .use_ticks = {kHalf}};
  expect_whole(script, drive_prefetch(ring::kRight, script));
  script.slots = 3;
  script.load_ticks.assign(20'000, 2);
  script.use_ticks.assign(20'000, 3);
  expect_whole(script, drive_prefetch(ring::kRight, script));
}

}  // namespace
}  // namespace kiln
