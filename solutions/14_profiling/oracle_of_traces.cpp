// The oracles of what happens in time: a timer's actions, memory, scopes, the recorder, and the aggregate of a trace.
#include <algorithm>
#include <set>
#include <sstream>

#include "oracle.hpp"

namespace kiln::oracle {

namespace {

class Words {
 public:
  template <class T>
  void compare(const std::string& what, const T& actual, const T& expected) {
    bool same = actual == expected;
    if constexpr (std::is_same_v<T, double>) same = close(actual, expected);
    if (same) return;
    text_.precision(12);
    text_ << what << " is " << actual << ", expected " << expected << "\n";
  }
  void say(const std::string& line) { text_ << line << "\n"; }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
};

/// The time of `count` runs from run `first` on.
std::int64_t time_of(const TimerScript& script, std::int64_t first, std::int64_t count) {
  std::int64_t ns = 0;
  const auto known = static_cast<std::int64_t>(script.run_ns.size());
  for (std::int64_t run = first; run < first + count && known > 0; ++run)
    ns += script.run_ns[static_cast<std::size_t>(run < known ? run : known - 1)];
  return ns;
}

void calibrate(const TimerScript& script, TimerTrace& trace) {
  std::int64_t first = 0;
  for (std::int64_t repeats = 1; repeats <= script.most; repeats *= 2) {
    trace.actions.push_back(TimerAction::read);
    trace.actions.insert(trace.actions.end(), static_cast<std::size_t>(repeats), TimerAction::run);
    trace.actions.push_back(TimerAction::read);
    trace.repeats = repeats;
    if (time_of(script, first, repeats) + script.read_ns >= script.least_ns) return;
    first += repeats;
  }
  trace.repeats = script.most;
}

/// Cut after the run that throws.
void cut(TimerTrace& trace, std::int64_t throws_at) {
  std::int64_t runs = 0;
  for (std::size_t i = 0; i < trace.actions.size(); ++i) {
    if (trace.actions[i] != TimerAction::run || runs++ != throws_at) continue;
    trace.actions.resize(i + 1);
    trace.threw = true;
    return;
  }
}

std::string describe(const MemoryBlock& block) {
  return "block " + std::to_string(block.id) + " (" + std::to_string(block.bytes) + " bytes, " + block.who + ")";
}

std::string describe(const std::vector<MemoryBlock>& blocks) {
  std::string text = blocks.empty() ? "nothing" : "";
  for (const MemoryBlock& block : blocks) text += (text.empty() ? "" : ", ") + describe(block);
  return text;
}

/// What is in use after the events up to `moment`, found by looking for the event that gave each back.
std::vector<MemoryBlock> in_use(const std::vector<MemoryEvent>& events, std::size_t moment) {
  std::vector<MemoryBlock> blocks;
  for (std::size_t i = 0; i <= moment; ++i) {
    bool freed = !events[i].allocates;
    for (std::size_t j = i + 1; j <= moment && !freed; ++j)
      freed = !events[j].allocates && events[j].id == events[i].id;
    if (!freed) blocks.push_back({events[i].id, events[i].bytes, events[i].who});
  }
  return blocks;
}

std::int64_t bytes_of(const std::vector<MemoryBlock>& blocks) {
  std::int64_t bytes = 0;
  for (const MemoryBlock& block : blocks) bytes += block.bytes;
  return bytes;
}

std::string list(std::span<const std::int64_t> numbers) {
  std::string text = "{";
  for (std::size_t i = 0; i < numbers.size() && i < 40; ++i) text += (i > 0 ? ", " : "") + std::to_string(numbers[i]);
  return text + (numbers.size() > 40 ? ", ...}" : "}");
}

void compare_lists(Words& words, const std::string& what, std::span<const std::int64_t> actual,
                   std::span<const std::int64_t> expected) {
  if (!std::equal(actual.begin(), actual.end(), expected.begin(), expected.end()))
    words.say(what + " are " + list(actual) + ", expected " + list(expected));
}

}  // namespace

TimerTrace timer_trace(const TimerScript& script) {
  TimerTrace trace;
  trace.seconds.assign(static_cast<std::size_t>(script.samples), -1.0);
  if (script.most != 0) {
    calibrate(script, trace);
  } else {
    const TimerOptions& options = script.options;
    trace.actions.assign(static_cast<std::size_t>(options.warmup), TimerAction::run);
    std::int64_t first = options.warmup;
    for (double& sample : trace.seconds) {
      trace.actions.push_back(TimerAction::read);
      trace.actions.insert(trace.actions.end(), static_cast<std::size_t>(options.repeats), TimerAction::run);
      trace.actions.push_back(TimerAction::read);
      const std::int64_t ns = time_of(script, first, options.repeats) + script.read_ns;
      sample = static_cast<double>(static_cast<long double>(ns) / 1e9L / static_cast<long double>(options.repeats));
      first += options.repeats;
    }
  }
  cut(trace, script.throws_at);
  return trace;
}

std::string describe(std::span<const TimerAction> actions) {
  std::string text;
  for (std::size_t i = 0; i < actions.size();) {
    std::size_t end = i;
    while (end < actions.size() && actions[end] == actions[i]) ++end;
    const char* one = actions[i] == TimerAction::run ? "run" : "reading";
    text += (i > 0 ? ", " : "") + std::to_string(end - i) + " " + one + (end - i > 1 ? "s" : "");
    i = end;
    if (text.size() > 400) return text + ", ...";
  }
  return text.empty() ? "nothing" : text;
}

std::string complaint_about_timer(const TimerScript& script, const TimerTrace& trace) {
  const TimerTrace expected = timer_trace(script);
  Words words;
  if (!trace.problem.empty()) words.say(trace.problem);
  if (!trace.refused.empty()) words.say("the kernel refused its arguments: " + trace.refused);
  if (trace.actions != expected.actions)
    words.say("what happened: " + describe(trace.actions) + "; expected: " + describe(expected.actions));
  words.compare("whether the task's exception came out", trace.threw, expected.threw);
  if (expected.threw) return words.text();
  words.compare("repeats", trace.repeats, expected.repeats);
  for (std::size_t i = 0; i < expected.seconds.size() && i < trace.seconds.size(); ++i)
    words.compare("seconds[" + std::to_string(i) + "]", trace.seconds[i], expected.seconds[i]);
  return words.text();
}

MemoryReport memory_trace(const std::vector<MemoryEvent>& events) {
  MemoryReport report;
  for (std::size_t moment = 0; moment < events.size(); ++moment) {
    const std::vector<MemoryBlock> blocks = in_use(events, moment);
    report.current = bytes_of(blocks);
    if (report.current > report.peak) {
      report.peak = report.current;
      report.peak_event = static_cast<std::int64_t>(moment);
      report.at_peak = blocks;
    }
    report.leaks = blocks;
  }
  return report;
}

std::string complaint_about_memory(const std::vector<MemoryEvent>& events, const MemoryReport& report) {
  const MemoryReport expected = memory_trace(events);
  Words words;
  words.compare("current", report.current, expected.current);
  words.compare("peak", report.peak, expected.peak);
  words.compare("peak_event", report.peak_event, expected.peak_event);
  words.compare("at_peak", describe(report.at_peak), describe(expected.at_peak));
  words.compare("leaks", describe(report.leaks), describe(expected.leaks));
  return words.text();
}

ScopeTrace scope_trace(const ScopeScript& script) {
  // What is in use after each step.
  std::vector<std::int64_t> in_use;
  std::int64_t now_in_use = 0;
  for (const ScopeStep& step : script.steps) {
    if (step.action == ScopeAction::allocate) now_in_use += step.amount;
    if (step.action == ScopeAction::free) now_in_use -= step.amount;
    in_use.push_back(now_in_use);
  }
  ScopeTrace trace;
  std::vector<std::size_t> begins;
  for (std::size_t i = 0; i < script.steps.size(); ++i) {
    if (script.steps[i].action == ScopeAction::begin) begins.push_back(i);
    if (script.steps[i].action != ScopeAction::end) continue;
    const std::size_t begin = begins.back();
    begins.pop_back();
    ScopeFigures figures;
    figures.name = script.steps[begin].name;
    figures.depth = static_cast<std::int64_t>(begins.size());
    const auto first = in_use.begin() + static_cast<std::ptrdiff_t>(begin);
    figures.peak_memory_mb =
        static_cast<double>(*std::max_element(first, in_use.begin() + static_cast<std::ptrdiff_t>(i) + 1)) / 1048576;
    figures.current_memory_mb = static_cast<double>(in_use[i]) / 1048576;
    // Work inside, the second of its own two readings, and one for each begin and end within.
    std::int64_t ns = script.read_ns;
    for (std::size_t j = begin + 1; j < i; ++j) {
      const ScopeStep& step = script.steps[j];
      if (step.action == ScopeAction::work) ns += step.amount;
      if (step.action == ScopeAction::begin || step.action == ScopeAction::end) ns += script.read_ns;
    }
    figures.time_ms = static_cast<double>(ns) / 1e6;
    trace.figures.push_back(figures);
  }
  trace.left_open = static_cast<std::int64_t>(begins.size());
  return trace;
}

std::string complaint_about_scopes(const ScopeScript& script, const ScopeTrace& trace) {
  const ScopeTrace expected = scope_trace(script);
  Words words;
  words.compare("the step that was refused", trace.refused_at, expected.refused_at);
  words.compare("the number of scopes that ended", trace.figures.size(), expected.figures.size());
  words.compare("the number of scopes left open", trace.left_open, expected.left_open);
  // How often the counter is asked within an outer scope is the kernels' affair.
  const auto ends = std::count_if(script.steps.begin(), script.steps.end(),
                                  [](const ScopeStep& step) { return step.action == ScopeAction::end; });
  for (std::size_t i = 0; i < std::min(trace.figures.size(), expected.figures.size()); ++i) {
    const ScopeFigures &actual = trace.figures[i], &right = expected.figures[i];
    const std::string of = "scope \"" + right.name + "\" (number " + std::to_string(i) + " to end): ";
    words.compare(of + "name", actual.name, right.name);
    words.compare(of + "depth", actual.depth, right.depth);
    if (script.counter_ns == 0 || ends == 1) words.compare(of + "time_ms", actual.time_ms, right.time_ms);
    if (script.counter_bytes > 0) {
      // How much more is in use depends on the questions; their order must not.
      if (actual.peak_memory_mb < actual.current_memory_mb)
        words.say(of + "peak_memory_mb is less than current_memory_mb: the counter was asked for the peak first");
      continue;
    }
    words.compare(of + "peak_memory_mb", actual.peak_memory_mb, right.peak_memory_mb);
    words.compare(of + "current_memory_mb", actual.current_memory_mb, right.current_memory_mb);
  }
  return words.text();
}

Recorded record(std::span<const std::int64_t> steps, std::size_t size) {
  Recorded recorded;
  std::vector<bool> kept;  // of the open ones, innermost last
  const auto room = static_cast<std::int64_t>(size);
  for (std::size_t now = 0; now < steps.size(); ++now) {
    RecorderTrace& trace = recorded.trace;
    bool keep = true;
    if (steps[now] >= 0) {
      // Its own two events, and an end for each kept one that is open.
      keep = (kept.empty() || kept.back()) && trace.count + 2 + std::count(kept.begin(), kept.end(), true) <= room;
      kept.push_back(keep);
      trace.dropped += keep ? 0 : 1;
    } else {
      keep = kept.back();
      kept.pop_back();
    }
    if (keep) {
      recorded.events.push_back(steps[now]);
      recorded.times.push_back(static_cast<std::int64_t>(now));
      ++trace.count;
    }
  }
  recorded.trace.open = std::count(kept.begin(), kept.end(), true);
  recorded.trace.dropped_open = std::count(kept.begin(), kept.end(), false);
  return recorded;
}

std::string complaint_about_record(std::span<const std::int64_t> steps, const RecorderTrace& trace,
                                   std::span<const std::int64_t> events, std::span<const std::int64_t> times) {
  Recorded expected = record(steps, events.size());
  expected.events.resize(events.size(), -1000);
  expected.times.resize(times.size(), -1000);
  Words words;
  words.compare("the step that was refused", trace.refused_at, expected.trace.refused_at);
  words.compare("count", trace.count, expected.trace.count);
  words.compare("open", trace.open, expected.trace.open);
  words.compare("dropped", trace.dropped, expected.trace.dropped);
  words.compare("dropped_open", trace.dropped_open, expected.trace.dropped_open);
  compare_lists(words, "events", events, expected.events);
  compare_lists(words, "times", times, expected.times);
  return words.text();
}

Aggregated aggregate(std::span<const std::int64_t> events, std::span<const std::int64_t> times, std::size_t kernels) {
  Aggregated figures{std::vector<std::int64_t>(kernels), std::vector<std::int64_t>(kernels),
                     std::vector<std::int64_t>(kernels)};
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i] >= 0) {
      open.push_back(static_cast<std::size_t>(events[i]));
      ++figures.calls[open.back()];
    } else {
      open.pop_back();
    }
    if (open.empty()) continue;
    // Until the next event: the innermost one works, and each that is open at all is open.
    const std::int64_t span = times[i + 1] - times[i];
    figures.self_ns[open.back()] += span;
    for (const std::size_t kernel : std::set<std::size_t>(open.begin(), open.end())) figures.total_ns[kernel] += span;
  }
  return figures;
}

std::string complaint_about_aggregate(const Aggregated& expected, std::span<const std::int64_t> calls,
                                      std::span<const std::int64_t> total_ns, std::span<const std::int64_t> self_ns) {
  Words words;
  compare_lists(words, "calls", calls, expected.calls);
  compare_lists(words, "total_ns", total_ns, expected.total_ns);
  compare_lists(words, "self_ns", self_ns, expected.self_ns);
  return words.text();
}

}  // namespace kiln::oracle
