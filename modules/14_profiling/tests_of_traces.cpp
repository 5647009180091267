// Module 14's tests of memory_trace, profile_scope, recorder and aggregate, as students see them; at the end the speed
// cases. A driver runs scopes and recorder on a clock that moves as a script says, so times are compared exactly.
#include "scripts.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const ProfilingSlots& kernel() { return under_test<ProfilingSlots>(); }

// ---- memory_trace

TEST(memory_trace, by_hand) {
  one_case([](Generator&) {
    const std::vector<MemoryEvent> events{
        {true, 1, 100, "weights"}, {true, 2, 50, "batch"}, {false, 2, 0, ""}, {true, 3, 20, "loss"}};
    const MemoryReport report = kernel().memory_trace(events);
    EXPECT_EQ(report.current, 120);
    EXPECT_EQ(report.peak, 150);
    EXPECT_EQ(report.peak_event, 1);
    ASSERT_EQ(report.at_peak.size(), 2u);
    EXPECT_EQ(report.at_peak[1].who, "batch");
    ASSERT_EQ(report.leaks.size(), 2u);
    EXPECT_EQ(report.leaks[0].who, "weights");
    EXPECT_EQ(report.leaks[1].who, "loss");
    expect_memory(events);
  });
}

TEST(memory_trace, random_events) {
  for_each_case(40, [](Generator& g) { expect_memory(random_memory(g, below(g, 60))); });
}

TEST(memory_trace, the_first_peak_counts) {
  one_case([](Generator&) {
    expect_memory({{true, 1, 10, "first"}, {false, 1, 0, ""}, {true, 2, 10, "second"}, {false, 2, 0, ""}});
  });
}

TEST(memory_trace, ids_are_used_again) {
  one_case([](Generator&) {
    expect_memory({{true, 5, 10, "first"}, {false, 5, 0, ""}, {true, 5, 30, "second"}, {true, 6, 1, "third"}});
    expect_memory({{true, 5, 30, "first"}, {false, 5, 0, ""}, {true, 5, 10, "second"}, {false, 5, 0, ""}});
  });
}

TEST(memory_trace, nothing_and_no_bytes) {
  one_case([](Generator&) {
    expect_memory({});
    expect_memory({{true, 1, 0, "empty tensor"}});
    expect_memory({{true, 1, 0, "empty tensor"}, {true, 2, 8, "tensor"}});
  });
}

TEST(memory_trace, names_a_double_free) {
  one_case([](Generator&) {
    const std::string text = expect_refusal("a block is given back twice", [] {
      kernel().memory_trace(
          {{true, 701, 10, "weights"}, {true, 9, 1, "x"}, {false, 701, 0, "a"}, {false, 701, 0, "batch"}});
    });
    expect_words(text, {"double free", "701", "weights", "batch", "3"});
    expect_memory({{true, 701, 10, "weights"}, {false, 701, 0, "batch"}});
  });
}

TEST(memory_trace, names_an_unknown_block) {
  one_case([](Generator&) {
    const std::string text = expect_refusal("a block is given back that nobody allocated", [] {
      kernel().memory_trace({{true, 8, 10, "weights"}, {false, 504, 0, "batch"}});
    });
    expect_words(text, {"unknown", "504", "batch", "1"});
    expect_memory({{true, 8, 10, "weights"}});
  });
}

TEST(memory_trace, names_a_block_in_use) {
  one_case([](Generator&) {
    const std::string text = expect_refusal("an id is allocated that is in use", [] {
      kernel().memory_trace({{true, 8, 1, "x"}, {true, 606, 10, "weights"}, {true, 606, 10, "batch"}});
    });
    expect_words(text, {"in use", "606", "batch", "2"});
    expect_memory({{true, 606, 10, "weights"}});
  });
}

TEST(memory_trace, refuses_negative_bytes) {
  one_case([](Generator&) {
    expect_words(expect_refusal("bytes are negative",
                                [] {
                                  kernel().memory_trace({{true, 8, -4, "weights"}});
                                }),
                 {"weights", "8"});
    expect_memory({{true, 8, 4, "weights"}, {false, 8, -4, ""}});  // of no matter there
  });
}

TEST(memory_trace, refuses_overflow) {
  one_case([](Generator&) {
    constexpr std::int64_t kHalf = std::int64_t{1} << 62;
    expect_words(expect_refusal("more is in use than an int64 holds",
                                [] {
                                  kernel().memory_trace({{true, 1, kHalf, "a"}, {true, 2, kHalf, "b"}});
                                }),
                 {"overflow", "b"});
    expect_memory({{true, 1, kHalf, "a"}, {true, 2, kHalf - 1, "b"}});
  });
}

TEST(memory_trace, takes_no_longer_for_many_blocks) {
  one_case([](Generator&) {
    constexpr std::int64_t kBlocks = 60'000;
    std::vector<MemoryEvent> events;
    for (std::int64_t i = 0; i < kBlocks; ++i) events.push_back({true, i, 1, ""});
    for (std::int64_t i = kBlocks; i-- > 0;) events.push_back({false, i, 0, ""});
    events.push_back({true, 7, 3, "the last"});
    const MemoryReport report = kernel().memory_trace(events);
    EXPECT_EQ(report.peak, kBlocks);
    EXPECT_EQ(report.current, 3);
    EXPECT_EQ(report.at_peak.size(), static_cast<std::size_t>(kBlocks));
    ASSERT_EQ(report.leaks.size(), 1u);
    EXPECT_EQ(report.leaks[0].who, "the last");
  });
}

// ---- profile_scope

TEST(profile_scope, by_hand) {
  one_case([](Generator&) {
    const ScopeScript script{{allocate(1), begin("step"), work(5'000'000), allocate(3), free(3), end()}};
    const ScopeTrace trace = kernel().drive_scopes(script);
    ASSERT_EQ(trace.figures.size(), 1u);
    EXPECT_EQ(trace.figures[0].name, "step");
    expect_number("time_ms", trace.figures[0].time_ms, 5);
    expect_number("peak_memory_mb", trace.figures[0].peak_memory_mb, 4);
    expect_number("current_memory_mb", trace.figures[0].current_memory_mb, 1);
    expect_scopes(script);
  });
}

TEST(profile_scope, inner_scopes_end_first) {
  one_case([](Generator&) {
    expect_scopes({{begin("epoch"), work(10), begin("forward"), work(20), end(), begin("backward"), work(40), end(),
                    work(80), end(), begin("save"), work(160), end()}});
  });
}

TEST(profile_scope, peaks_of_earlier_scopes_are_over) {
  one_case([](Generator&) {
    expect_scopes({{begin("large"), allocate(8), free(8), end(), begin("small"), allocate(1), free(1), end()}});
    expect_scopes({{begin("step"), begin("large"), allocate(8), free(8), end(), begin("small"), allocate(1), free(1),
                    end(), end()}});
  });
}

TEST(profile_scope, an_inner_scope_does_not_wipe_the_peak) {
  one_case([](Generator&) {
    expect_scopes({{begin("step"), allocate(8), free(8), begin("inner"), allocate(1), free(1), end(), end()}});
  });
}

TEST(profile_scope, peaks_reach_every_scope_around) {
  one_case([](Generator&) {
    expect_scopes({{begin("a"), begin("b"), allocate(8), free(8), begin("c"), allocate(1), end(), end(), end()}});
    expect_scopes({{begin("a"), begin("b"), begin("c"), allocate(8), free(8), end(), begin("d"), end(), end(),
                    begin("e"), end(), end()}});
  });
}

TEST(profile_scope, measures_nothing_of_itself) {
  one_case([](Generator&) {
    ScopeScript script{{begin("step"), work(100), end()}};
    script.counter_ns = 1'000'000;  // asking for memory is slow here
    expect_scopes(script);
    script.read_ns = 30;
    expect_scopes(script);
    script = {{begin("outer"), begin("inner"), work(100), end(), end()}};
    script.read_ns = 30;
    expect_scopes(script);
  });
}

TEST(profile_scope, a_peak_is_not_less_than_what_is_in_use) {
  one_case([](Generator&) {
    ScopeScript script{{begin("outer"), begin("inner"), work(100), end(), allocate(2), end()}};
    script.counter_bytes = 1 << 20;  // a process that goes on
    expect_scopes(script);
    script.counter_bytes = 0;
    expect_scopes(script);
  });
}

TEST(profile_scope, random_scripts) {
  for_each_case(60, [](Generator& g) { expect_scopes(random_scopes(g, below(g, 30))); });
}

TEST(profile_scope, refuses_an_end_without_begin) {
  one_case([](Generator&) {
    EXPECT_EQ(kernel().drive_scopes({{end()}}).refused_at, 0);
    const ScopeTrace trace = kernel().drive_scopes({{begin("step"), end(), end()}});
    EXPECT_EQ(trace.refused_at, 2) << "the second end has no begin: throw Error(invalid_argument)";
    EXPECT_EQ(trace.figures.size(), 1u);
    expect_scopes({{begin("step")}});  // still open at the end
  });
}

// ---- recorder

TEST(recorder, by_hand) {
  one_case([](Generator&) {
    expect_record({0, 1, -1, 2, -1, -1}, 6);
    // Room for five: begin 0 and begin 1 and their ends; begin 2 is dropped.
    expect_record({0, 1, 2, -1, -1, -1}, 5);
  });
}

TEST(recorder, random_steps_with_room) {
  for_each_case(20, [](Generator& g) {
    expect_record(random_steps(g.random(), static_cast<std::size_t>(below(g, 40)), 5, 6), 100);
  });
}

TEST(recorder, a_full_buffer_holds_whole_pairs) {
  for_each_case(40, [](Generator& g) {
    expect_record(random_steps(g.random(), static_cast<std::size_t>(below(g, 20)), 5, 6),
                  static_cast<std::size_t>(below(g, 24)));
  });
}

TEST(recorder, keeps_room_for_the_ends) {
  one_case([](Generator&) {
    for (std::size_t size = 0; size < 10; ++size) {
      expect_record({4, 3, 2, 1, -1, -1, -1, -1}, size);
      expect_record({4, -1, 3, -1, 2, -1, 1, -1}, size);
      expect_record({4, 3, -1, 2, -1, -1}, size);
    }
  });
}

TEST(recorder, dropped_ends_are_dropped) {
  one_case([](Generator&) {
    expect_record({0, 1, 2, -1, 3, -1, -1, -1}, 2);
    expect_record({0, 1, 2}, 4);  // still open, kept and dropped
  });
}

TEST(recorder, refuses_what_cannot_be) {
  one_case([](Generator&) {
    Numbers events(8), times(8);
    const auto refused_at = [&](const Numbers& steps) {
      return kernel().drive_recorder(steps, events, times).refused_at;
    };
    EXPECT_EQ(refused_at({-1}), 0) << "an end without begin";
    EXPECT_EQ(refused_at({3, -1, -1}), 2) << "a second end for one begin";
    EXPECT_EQ(refused_at({3, -2}), 1) << "a kernel's number is negative";
    EXPECT_EQ(refused_at({0, 1, 2, 3, 4, 5, -1, -1, -1, -1, -1, -1, -1}), 12) << "an end too many, in a full buffer";
    expect_record({3, -1}, 8);
  });
}

// ---- aggregate

TEST(aggregate, by_hand) {
  one_case([](Generator&) {
    const Numbers events{0, 1, -1, 1, -1, -1}, times{0, 10, 30, 40, 45, 50};
    Numbers calls(2), total(2), self(2);
    kernel().aggregate(events, times, calls, total, self);
    EXPECT_EQ(calls, (Numbers{1, 2}));
    EXPECT_EQ(total, (Numbers{50, 25}));
    EXPECT_EQ(self, (Numbers{25, 25}));
    expect_aggregate(events, times, 2);
  });
}

TEST(aggregate, self_time_leaves_out_what_lies_within) {
  one_case([](Generator&) {
    // Three deep: what 2 takes is taken from 1, and from 0 only once.
    expect_aggregate({0, 1, 2, -1, -1, -1}, {0, 1, 10, 100, 1000, 10'000}, 3);
  });
}

TEST(aggregate, a_kernel_within_itself) {
  one_case([](Generator&) {
    expect_aggregate({0, 0, 0, -1, -1, -1}, {0, 1, 10, 100, 1000, 10'000}, 1);
    expect_aggregate({0, 1, 0, -1, -1, -1}, {0, 1, 10, 100, 1000, 10'000}, 2);
  });
}

TEST(aggregate, random_traces) {
  for_each_case(40, [](Generator& g) {
    const auto kernels = static_cast<std::size_t>(1 + below(g, 6));
    const Numbers events = random_steps(g.random(), static_cast<std::size_t>(below(g, 40)),
                                        static_cast<std::int64_t>(kernels), static_cast<std::size_t>(1 + below(g, 7)));
    expect_aggregate(events, random_times(g.random(), events.size()), kernels);
  });
}

TEST(aggregate, nothing_happened) {
  one_case([](Generator&) {
    expect_aggregate({}, {}, 0);
    expect_aggregate({}, {}, 3);  // writes zeros
    expect_aggregate({1, -1}, {5, 5}, 3);
  });
}

TEST(aggregate, refuses_broken_traces) {
  one_case([](Generator&) {
    const Kept<std::int64_t> calls(3, -7), total(3, -7), self(3, -7);
    const auto refuse = [&](const std::string& why, const Numbers& events, const Numbers& times) {
      expect_refused(why, calls,
                     [&] { kernel().aggregate(events, times, calls.numbers(), total.numbers(), self.numbers()); });
      expect_untouched(why, total);
      expect_untouched(why, self);
    };
    refuse("events and times differ in size", {0, -1}, {0});
    refuse("a begin has no end", {0, -1, 1}, {0, 1, 2});
    refuse("an end has no begin", {0, -1, -1}, {0, 1, 2});
    refuse("the trace begins with an end", {-1, 0}, {0, 1});
    refuse("an event is no kernel", {0, -1, 3, -1}, {0, 1, 2, 3});
    refuse("an event is -2", {0, -2, -1}, {0, 1, 2});
    refuse("time goes backwards", {0, 1, -1, -1}, {5, 7, 6, 8});
    refuse("the first time is negative", {0, -1}, {-5, 8});
    expect_aggregate({0, -1}, {5, 8}, 3);
  });
}

TEST(aggregate, refuses_outputs_of_other_sizes) {
  one_case([](Generator&) {
    const Kept<std::int64_t> three(3, -7), two(2, -7);
    const auto refuse = [&](std::span<std::int64_t> calls, std::span<std::int64_t> total,
                            std::span<std::int64_t> self) {
      expect_refused("outputs differ in size", three, [&] {
        kernel().aggregate(Numbers{0, -1}, Numbers{0, 1}, calls, total, self);
      });
    };
    const Kept<std::int64_t> other(3, -7);
    refuse(three.numbers(), two.numbers(), other.numbers());
    refuse(three.numbers(), other.numbers(), two.numbers());
    expect_aggregate({0, -1}, {5, 8}, 3);
  });
}

// ---- speed: what the steps in module.toml are about

using Span = std::span<const std::int64_t>;
constexpr std::int64_t kCalls = 2048, kKernels = 24;

// One step of training is open all the time, with the others within it. The events stand first, then the times.
void draw_trace(std::span<std::int64_t> numbers, Random& random) {
  const std::span<std::int64_t> events = numbers.first(numbers.size() / 2), times = numbers.last(numbers.size() / 2);
  const Numbers steps = random_steps(random, kCalls - 1, kKernels, 12);
  events.front() = 0;
  std::copy(steps.begin(), steps.end(), events.begin() + 1);
  events.back() = -1;
  std::int64_t now = 0;
  for (std::int64_t& time : times) time = now += static_cast<std::int64_t>(random.below(3000));
}

const speed::SpeedCase aggregate_training = speed::speed_case<&ProfilingSlots::aggregate>(
    "aggregate.training_step",
    [](speed::SpeedArguments& s) {
      const Span numbers = s.numbers(4 * kCalls, draw_trace);
      using Out = std::span<std::int64_t>;
      return std::tuple<Span, Span, Out, Out, Out>(numbers.first(2 * kCalls), numbers.last(2 * kCalls),
                                                   s.numbers_out(kKernels), s.numbers_out(kKernels),
                                                   s.numbers_out(kKernels));
    },
    [](Span events, Span times, std::span<std::int64_t> calls, std::span<std::int64_t> total,
       std::span<std::int64_t> self) {
      return oracle::complaint_about_aggregate(oracle::aggregate(events, times, kKernels), calls, total, self);
    });

void draw_steps(std::span<std::int64_t> steps, Random& random) {
  const Numbers drawn = random_steps(random, kCalls, kKernels, 12);
  std::copy(drawn.begin(), drawn.end(), steps.begin());
}

const speed::SpeedCase recorder_overhead = speed::speed_case<&ProfilingSlots::drive_recorder>(
    "recorder.overhead",
    [](speed::SpeedArguments& s) {
      using Out = std::span<std::int64_t>;
      return std::tuple<Span, Out, Out>(s.numbers(2 * kCalls, draw_steps), s.numbers_out(2 * kCalls),
                                        s.numbers_out(2 * kCalls));
    },
    [](Span steps, std::span<std::int64_t> events, std::span<std::int64_t> times) {
      const oracle::Recorded expected = oracle::record(steps, events.size());
      if (std::equal(events.begin(), events.end(), expected.events.begin(), expected.events.end()) &&
          std::equal(times.begin(), times.end(), expected.times.begin(), expected.times.end()))
        return std::string();
      return std::string("the recorded events or times are not those of the steps");
    });

}  // namespace
