// Module 14's hidden tests of memory, scopes, recorder and aggregate: rarer cases of the same contract.
#include <limits>

#include "scripts.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

const ProfilingSlots& kernel() { return under_test<ProfilingSlots>(); }

TEST(memory_trace, long_random_traces) {
  for_each_case(8, [](Generator& g) { expect_memory(random_memory(g, 300)); });
}

TEST(memory_trace, leaks_stand_in_the_order_of_allocation) {
  one_case([](Generator&) {
    expect_memory({{true, 9, 1, "a"}, {true, -4, 2, "b"}, {true, 5, 3, "c"}, {false, 9, 0, ""}, {true, 9, 4, "d"}});
    expect_memory({{true, kMost, 1, "a"}, {true, -kMost, 2, "b"}});
  });
}

TEST(memory_trace, at_peak_is_not_at_the_end) {
  one_case([](Generator&) {
    expect_memory({{true, 1, 5, "a"}, {true, 2, 5, "b"}, {false, 1, 0, ""}, {true, 1, 4, "c"}, {false, 2, 0, ""}});
    // An empty block that comes right after the peak was not there at the peak.
    expect_memory({{true, 1, 5, "a"}, {true, 2, 0, "empty"}, {false, 1, 0, ""}});
    expect_memory({{true, 2, 0, "empty"}, {true, 1, 5, "a"}});
  });
}

TEST(memory_trace, names_the_last_owner) {
  one_case([](Generator&) {
    const std::string text = expect_refusal("a block is given back twice", [] {
      kernel().memory_trace({{true, 7, 1, "first"},
                             {false, 7, 0, ""},
                             {true, 7, 1, "second"},
                             {false, 7, 0, ""},
                             {false, 7, 0, "third"}});
    });
    expect_words(text, {"double free", "second", "third", "4"});
  });
}

TEST(profile_scope, deep_nests) {
  one_case([](Generator&) {
    ScopeScript script;
    for (int i = 0; i < 200; ++i) {
      script.steps.push_back(begin("level " + std::to_string(i)));
      script.steps.push_back(allocate(i % 7));
      script.steps.push_back(free(i % 5 < i % 7 ? i % 5 : 0));
    }
    for (int i = 0; i < 200; ++i) {
      script.steps.push_back(work(i));
      script.steps.push_back(end());
    }
    expect_scopes(script);
  });
}

TEST(profile_scope, what_was_there_counts) {
  one_case([](Generator&) {
    expect_scopes({{allocate(64), begin("gives back"), free(60), end()}});
    expect_scopes({{allocate(64), free(64), begin("after the peak"), allocate(2), end()}});
    expect_scopes({{begin(""), begin("same"), end(), begin("same"), allocate(1), end(), end()}});
  });
}

TEST(profile_scope, long_random_scripts) {
  for_each_case(20, [](Generator& g) {
    ScopeScript script = random_scopes(g, 200);
    script.read_ns = below(g, 100);
    expect_scopes(script);
  });
}

TEST(profile_scope, slow_counters_are_not_measured) {
  one_case([](Generator&) {
    ScopeScript script{{allocate(3), begin("step"), work(250), allocate(2), free(5), end(), begin("open")}};
    script.counter_ns = 7'000'000;
    script.read_ns = 11;
    expect_scopes(script);
  });
}

TEST(recorder, large_numbers_and_long_traces) {
  for_each_case(5, [](Generator& g) {
    Numbers steps = random_steps(g.random(), 300, kMost, 40);
    expect_record(steps, 600);
    expect_record(steps, 599);
    expect_record(steps, static_cast<std::size_t>(below(g, 600)));
  });
}

TEST(recorder, without_room) {
  one_case([](Generator&) {
    expect_record({0, 1, -1, -1, 2, -1}, 0);
    expect_record({0, 1, -1, -1, 2, -1}, 1);
  });
}

TEST(aggregate, deep_and_long) {
  one_case([](Generator& g) {
    Numbers events(5000, -1), times;
    for (std::size_t i = 0; i < 2500; ++i) events[i] = static_cast<std::int64_t>(i % 3);
    expect_aggregate(events, random_times(g.random(), events.size()), 3);
  });
}

TEST(aggregate, times_up_to_the_clocks_end) {
  one_case([](Generator&) {
    expect_aggregate({0, 0, 1, -1, -1, -1}, {0, 1, 2, kMost - 2, kMost - 1, kMost}, 2);
    expect_aggregate({0, -1, 0, -1}, {0, kMost - 10, kMost - 5, kMost}, 1);
  });
}

TEST(aggregate, a_pair_within_itself) {
  for_each_case(20, [](Generator& g) {
    const Numbers events = random_steps(g.random(), 30, 2, 10);
    expect_aggregate(events, random_times(g.random(), events.size()), 2);
  });
}

TEST(aggregate, refuses_what_the_visible_tests_do_not) {
  one_case([](Generator&) {
    const Kept<std::int64_t> calls(1, -7), total(1, -7), self(1, -7);
    const auto refuse = [&](const std::string& why, const Numbers& events, const Numbers& times) {
      expect_refused(why, self,
                     [&] { kernel().aggregate(events, times, calls.numbers(), total.numbers(), self.numbers()); });
      expect_untouched(why, calls);
      expect_untouched(why, total);
    };
    refuse("there are more times than events", {0, -1}, {0, 1, 2});
    refuse("an event is as large as a number can be", {kMost, -1}, {0, 1});
    refuse("an event is the least number", {0, -1, std::numeric_limits<std::int64_t>::min(), -1}, {0, 1, 2, 3});
    refuse("the end's time lies before the begin", {0, -1}, {7, 6});
    expect_refusal("there are no kernels", [] { kernel().aggregate(Numbers{0, -1}, Numbers{0, 1}, {}, {}, {}); });
    expect_aggregate({0, -1}, {6, 7}, 1);
  });
}

}  // namespace
