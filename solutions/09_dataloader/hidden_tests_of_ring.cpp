// Module 09's tests of the prefetch ring that students do not see: the same contract at its edges.
#include <limits>

#include "kiln/kernels/data.hpp"
#include "rings.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

TEST(prefetch_ring, many_random_scripts) {
  for_each_case(250, [](Generator& g) {
    PrefetchScript script = random_script(g);
    script.wake_for_nothing = g.random().below(2) == 0;
    if (g.random().below(2) == 0) script.close_after = static_cast<std::int64_t>(g.random().below(14));
    expect_epoch(script);
  });
}

TEST(prefetch_ring, one_slow_batch) {
  one_case([](Generator&) {
    for (std::size_t slow = 0; slow < 6; ++slow) {
      PrefetchScript script = even_script(3, 6, 2, 2);
      script.load_ticks[slow] = 1000;
      expect_epochs(script, 2);
      script = even_script(3, 6, 2, 2);
      script.use_ticks[slow] = 1000;
      expect_epochs(script, 2);
    }
  });
}

TEST(prefetch_ring, more_slots_than_batches) {
  one_case([](Generator&) {
    for (const std::int64_t slots : {6, 7, 64, 1'000'000}) expect_epochs(even_script(slots, 6, 3, 4), 3);
    expect_epochs(even_script(std::numeric_limits<std::int64_t>::max(), 6, 3, 4), 3);
  });
}

TEST(prefetch_ring, a_long_epoch) {
  one_case([](Generator&) {
    expect_ticks(even_script(2, 3000, 7, 7), 3001 * 7, "(batches + 1) * 7 ticks");
    PrefetchScript script = even_script(5, 3000, 3, 2);
    script.wake_for_nothing = true;
    expect_epoch(script);
  });
}

TEST(prefetch_ring, long_ticks) {
  one_case([](Generator&) { expect_epochs(even_script(2, 4, std::int64_t{1} << 58, std::int64_t{1} << 58), 3); });
}

TEST(prefetch_ring, closing_at_any_time) {
  for_each_case(60, [](Generator& g) {
    PrefetchScript script = random_script(g);
    for (script.close_after = 0; script.close_after <= 12; script.close_after += 3) expect_epoch(script);
  });
}

TEST(prefetch_ring, closing_what_nobody_loads) {
  one_case([](Generator&) {
    PrefetchScript script = even_script(1, 0, 0, 0);
    script.close_after = 0;
    expect_epochs(script, 20);
    script = even_script(1, 3, 0, 0);
    script.close_after = 3;
    expect_epochs(script, 20);
    script.close_after = 4;
    expect_epochs(script, 20);
  });
}

TEST(prefetch_ring, woken_for_nothing_while_closing) {
  for_each_case(60, [](Generator& g) {
    PrefetchScript script = even_script(1 + static_cast<std::int64_t>(g.random().below(3)), 6, 0, 3);
    script.wake_for_nothing = true;
    script.close_after = static_cast<std::int64_t>(g.random().below(7));
    script.seed = g.random().next_u64();
    expect_epoch(script);
  });
}

}  // namespace
