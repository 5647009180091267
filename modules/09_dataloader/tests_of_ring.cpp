// Module 09's tests of the prefetch ring, as students see them. A driver runs the six kernels in the worker, with a
// loader and a user that take turns as a seed says, on a clock that moves only while both have nothing to do: so ticks
// are exact, and an order of turns that went wrong can be had again.
#include "kiln/kernels/data.hpp"
#include "rings.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const DataSlots& kernel() { return under_test<DataSlots>(); }

TEST(prefetch_ring, by_hand) {
  one_case([](Generator&) {
    // The lesson's timeline: 4 batches, 3 ticks to load and 5 to use.
    expect_ticks(even_script(2, 4, 3, 5), 23, "two slots: 3 ticks until the first batch is there, then 4 * 5");
    expect_ticks(even_script(1, 4, 3, 5), 32, "one slot: load and use in turn, 4 * (3 + 5) ticks");
  });
}

TEST(prefetch_ring, two_slots_overlap) {
  one_case([](Generator&) {
    for (const std::int64_t batches : {1, 2, 3, 8, 20})
      for (const std::int64_t slots : {2, 3, 8})
        expect_ticks(even_script(slots, static_cast<std::size_t>(batches), 10, 10), (batches + 1) * 10,
                     "while one batch is used, the next is loaded: (batches + 1) * 10 ticks");
  });
}

TEST(prefetch_ring, one_slot_overlaps_nothing) {
  one_case([](Generator&) {
    for (const std::int64_t batches : {1, 2, 7})
      expect_ticks(even_script(1, static_cast<std::size_t>(batches), 10, 10), batches * 20,
                   "a slot is loaded or used, and never both: batches * 20 ticks");
  });
}

TEST(prefetch_ring, a_full_ring_waits) {
  one_case([](Generator&) {
    // The loader is far ahead, and must not load into what is in use or waits for it.
    for (const std::int64_t slots : {1, 2, 3}) expect_epochs(even_script(slots, 9, 1, 10), 5);
  });
}

TEST(prefetch_ring, an_empty_ring_waits) {
  one_case([](Generator&) {
    for (const std::int64_t slots : {1, 2, 3}) expect_epochs(even_script(slots, 9, 10, 1), 5);
  });
}

TEST(prefetch_ring, any_order_of_turns) {
  one_case([](Generator&) {
    // Loading and using take no time, so both have something to do at every moment.
    for (const std::int64_t slots : {1, 2, 3}) expect_epochs(even_script(slots, 6, 0, 0), 60);
  });
}

TEST(prefetch_ring, random_scripts) {
  for_each_case(80, [](Generator& g) { expect_epoch(random_script(g)); });
}

TEST(prefetch_ring, woken_for_nothing) {
  for_each_case(60, [](Generator& g) {
    PrefetchScript script = random_script(g);
    script.wake_for_nothing = true;
    expect_epoch(script);
  });
}

TEST(prefetch_ring, finishing_leaves_no_batch) {
  one_case([](Generator&) {
    // All is loaded long before the first batch was used.
    expect_epochs(even_script(8, 6, 1, 20), 5);
    expect_epochs(even_script(2, 2, 1, 20), 5);
  });
}

TEST(prefetch_ring, finishing_wakes_the_user) {
  one_case([](Generator&) {
    // Nothing to load: in half of the orders the user sleeps already when the loader finishes.
    expect_epochs(even_script(2, 0, 0, 0), 20);
    expect_epochs(even_script(2, 3, 5, 0), 20);
  });
}

TEST(prefetch_ring, closing_wakes_the_loader) {
  one_case([](Generator&) {
    for (const std::int64_t after : {0, 1, 3}) {
      // Loading takes no time: the ring is full at every moment, but for the turns right after a use.
      PrefetchScript script = even_script(2, 8, 0, 5);
      script.close_after = after;
      expect_epochs(script, 40);
    }
  });
}

TEST(prefetch_ring, closing_while_loading) {
  one_case([](Generator&) {
    for (const std::int64_t after : {1, 2, 3}) {
      PrefetchScript script = even_script(3, 6, 10, 1);
      script.close_after = after;
      expect_epochs(script, 5);
    }
  });
}

TEST(prefetch_ring, nothing_comes_after_closing) {
  one_case([](Generator&) {
    // Three batches lie ready when the user closes: begin_use gives -1 all the same.
    PrefetchScript script = even_script(4, 8, 1, 10);
    script.close_after = 2;
    expect_epochs(script, 10);
  });
}

TEST(prefetch_ring, refuses_rings_without_slots) {
  one_case([](Generator&) {
    for (const std::int64_t slots : {0, -1})
      for (std::uint64_t seed = 0; seed < 4 && !::testing::Test::HasFailure(); ++seed)
        expect_error(ErrorKind::invalid_argument, "the ring has " + std::to_string(slots) + " slots", [&] {
          PrefetchScript script = even_script(slots, 2, 1, 1);
          script.seed = seed;
          const std::string problem = kernel().drive_prefetch(script).problem;
          if (!problem.empty()) throw Error(ErrorKind::exception, problem);
        });
    expect_epoch(even_script(2, 2, 1, 1));
  });
}

}  // namespace
