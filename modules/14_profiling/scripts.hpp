// What the tests of this module share: scripts and traces drawn at random, and what an error says.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "oracle.hpp"
#include "testing/kept.hpp"
#include "testing/testing.hpp"

namespace kiln::testing {

using Numbers = std::vector<std::int64_t>;

inline constexpr Roof kRoof{.flops = 100e9, .bytes = 25e9};  ///< the lesson's: ridge at 4 FLOPs a byte

inline std::int64_t below(Generator& g, std::int64_t bound) {
  return static_cast<std::int64_t>(g.random().below(static_cast<std::uint64_t>(bound)));
}

/// Expects Error(invalid_argument), and returns what it says; "" where there was none.
inline std::string expect_refusal(const std::string& situation, const std::function<void()>& call) {
  std::string text;
  expect_error(ErrorKind::invalid_argument, situation, [&] {
    try {
      call();
    } catch (const Error& error) {
      text = error.what();
      throw;
    }
  });
  return text;
}

inline void expect_no_complaint(const std::string& complaint, const std::string& about = "") {
  if (!complaint.empty()) ADD_FAILURE() << complaint << about;
}

inline void expect_words(const std::string& text, std::initializer_list<std::string> words) {
  for (const std::string& word : words)
    if (text.find(word) == text.npos) ADD_FAILURE() << "the error should hold \"" << word << "\", and says: " << text;
}

/// `slack` is what the result may be off beside a few roundings of its own.
inline void expect_number(const std::string& what, double actual, double expected, double slack = 0) {
  if (oracle::close(actual, expected) || std::abs(actual - expected) <= slack) return;
  ADD_FAILURE() << what << " is " << std::to_string(actual) << " (" << actual << "), expected " << expected;
}

// ---- timer

inline void expect_timer(const TimerScript& script) {
  expect_no_complaint(oracle::complaint_about_timer(script, under_test<ProfilingSlots>().drive_timer(script)));
}

inline TimerScript timing_script(TimerOptions options, Numbers run_ns, std::int64_t read_ns = 0) {
  TimerScript script;
  script.options = options;
  script.samples = options.runs;
  script.run_ns = std::move(run_ns);
  script.read_ns = read_ns;
  return script;
}

inline TimerScript calibration_script(std::int64_t run_ns, std::int64_t least_ns, std::int64_t most) {
  TimerScript script;
  script.run_ns = {run_ns};
  script.least_ns = least_ns;
  script.most = most;
  return script;
}

/// Expects the kernel to refuse the script before it runs or reads anything.
inline void expect_timer_refuses(const std::string& situation, const TimerScript& script) {
  const TimerTrace trace = under_test<ProfilingSlots>().drive_timer(script);
  EXPECT_NE(trace.refused, "") << "where " << situation << ": the kernel should throw Error(invalid_argument)";
  EXPECT_TRUE(trace.actions.empty()) << "where " << situation << ": check first, then run; but there was "
                                     << oracle::describe(trace.actions);
}

// ---- memory

/// `count` legal events on a few ids that are used again and again.
inline std::vector<MemoryEvent> random_memory(Generator& g, std::int64_t count) {
  static const char* const kNames[] = {"weights", "batch", "gradients", "loss"};
  std::vector<MemoryEvent> events;
  std::vector<bool> in_use(8);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto slot = static_cast<std::size_t>(below(g, 8));
    const std::int64_t id = 1000 - 7 * static_cast<std::int64_t>(slot);
    if (in_use[slot])
      events.push_back({false, id, 0, ""});
    else
      events.push_back({true, id, below(g, 5) * 100, kNames[below(g, 4)]});
    in_use[slot] = !in_use[slot];
  }
  return events;
}

inline void expect_memory(const std::vector<MemoryEvent>& events) {
  expect_no_complaint(oracle::complaint_about_memory(events, under_test<ProfilingSlots>().memory_trace(events)));
}

// ---- scopes

inline ScopeStep begin(std::string name) { return {ScopeAction::begin, 0, std::move(name)}; }
inline ScopeStep end() { return {ScopeAction::end, 0, ""}; }
inline ScopeStep work(std::int64_t ns) { return {ScopeAction::work, ns, ""}; }
inline ScopeStep allocate(std::int64_t mb) { return {ScopeAction::allocate, mb << 20, ""}; }
inline ScopeStep free(std::int64_t mb) { return {ScopeAction::free, mb << 20, ""}; }

inline std::string describe(const ScopeScript& script) {
  static const char* const kNames[] = {"begin", "end", "work", "allocate", "free"};
  std::string text = "the steps:";
  for (const ScopeStep& step : script.steps) {
    text += std::string(" ") + kNames[static_cast<int>(step.action)];
    if (step.action == ScopeAction::begin) text += " " + step.name;
    if (step.amount > 0) text += " " + std::to_string(step.amount);
    text += ";";
  }
  return text;
}

inline void expect_scopes(const ScopeScript& script) {
  expect_no_complaint(oracle::complaint_about_scopes(script, under_test<ProfilingSlots>().drive_scopes(script)),
                      describe(script));
}

inline ScopeScript random_scopes(Generator& g, std::int64_t count) {
  ScopeScript script;
  std::int64_t open = 0, in_use = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    ScopeStep step{static_cast<ScopeAction>(below(g, 5)), 0, ""};
    if (step.action == ScopeAction::end && open == 0) step.action = ScopeAction::begin;
    if (step.action == ScopeAction::begin) step.name = "scope " + std::to_string(i);
    if (step.action == ScopeAction::work) step.amount = below(g, 5'000'000);
    if (step.action == ScopeAction::allocate) step.amount = below(g, 1 << 24);
    if (step.action == ScopeAction::free) step.amount = below(g, in_use + 1);
    open += step.action == ScopeAction::begin ? 1 : step.action == ScopeAction::end ? -1 : 0;
    in_use += step.action == ScopeAction::allocate ? step.amount : step.action == ScopeAction::free ? -step.amount : 0;
    script.steps.push_back(step);
  }
  return script;
}

// ---- traces

/// Begins and ends of `calls` calls of `kernels` kernels, at most `depth` deep; every end has its begin.
inline Numbers random_steps(Random& random, std::size_t calls, std::int64_t kernels, std::size_t depth) {
  Numbers steps;
  std::size_t begun = 0, open = 0;
  while (begun < calls || open > 0) {
    const bool can_begin = begun < calls && open < depth;
    if (can_begin && (open == 0 || random.below(2) == 0)) {
      steps.push_back(static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(kernels))));
      ++begun, ++open;
    } else {
      steps.push_back(-1);
      --open;
    }
  }
  return steps;
}

/// Times that never fall, some of them equal.
inline Numbers random_times(Random& random, std::size_t count) {
  Numbers times;
  std::int64_t now = static_cast<std::int64_t>(random.below(1000));
  for (std::size_t i = 0; i < count; ++i) {
    times.push_back(now);
    now += random.below(4) == 0 ? 0 : static_cast<std::int64_t>(random.below(100'000));
  }
  return times;
}

inline std::string describe(const Numbers& numbers) {
  std::string text;
  for (const std::int64_t number : numbers) text += " " + std::to_string(number);
  return text;
}

/// Records the steps into a buffer of `size` events.
inline void expect_record(const Numbers& steps, std::size_t size) {
  Numbers events(size, -1000), times(size, -1000);
  const RecorderTrace trace = under_test<ProfilingSlots>().drive_recorder(steps, events, times);
  expect_no_complaint(oracle::complaint_about_record(steps, trace, events, times),
                      "the steps:" + describe(steps) + "; room for " + std::to_string(size) + " events");
}

inline void expect_aggregate(const Numbers& events, const Numbers& times, std::size_t kernels) {
  Numbers calls(kernels, -1), total(kernels, -1), self(kernels, -1);
  under_test<ProfilingSlots>().aggregate(events, times, calls, total, self);
  expect_no_complaint(oracle::complaint_about_aggregate(oracle::aggregate(events, times, kernels), calls, total, self),
                      "the events:" + describe(events) + "\nthe times:" + describe(times));
}

}  // namespace kiln::testing
