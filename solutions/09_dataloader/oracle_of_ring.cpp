#include "oracle_of_ring.hpp"

#include <algorithm>

namespace kiln::oracle {

namespace {

using Ticks = std::vector<std::int64_t>;

std::int64_t at(const Ticks& ticks, std::size_t index) { return ticks[index]; }
std::int64_t size(const Ticks& ticks) { return static_cast<std::int64_t>(ticks.size()); }

/// The trace came over the line from a program that is not ours.
bool is_known(PrefetchAction action) { return action >= PrefetchAction::begin_load && action <= PrefetchAction::close; }

bool is_loader(PrefetchAction action) {
  return action == PrefetchAction::begin_load || action == PrefetchAction::end_load || action == PrefetchAction::finish;
}

std::string in_slot(const PrefetchEvent& event) { return "slot " + std::to_string(event.slot); }
std::string batch_of(const PrefetchEvent& event) {
  return event.batch < 0 ? "no whole batch" : "batch " + std::to_string(event.batch);
}

std::string words(const PrefetchEvent& event) {
  const bool over = event.slot < 0;
  switch (event.action) {
    case PrefetchAction::begin_load: return over ? "begin_load: -1, ends" : "begins to load into " + in_slot(event);
    case PrefetchAction::end_load: return batch_of(event) + " is in " + in_slot(event);
    case PrefetchAction::finish: return "finish, ends";
    case PrefetchAction::begin_use:
      return over ? "begin_use: -1, ends" : "begins to use " + in_slot(event) + " (" + batch_of(event) + ")";
    case PrefetchAction::end_use: return "has used " + in_slot(event) + " (" + batch_of(event) + ")";
    case PrefetchAction::close: return "close";
  }
  return "?";
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width > text.size() ? width - text.size() : 0, ' ');
}

std::string line_of(const PrefetchEvent& event) {
  const std::string tick = std::to_string(event.tick);
  const std::string line = std::string(tick.size() < 6 ? 6 - tick.size() : 0, ' ') + tick + "   ";
  return line + (is_loader(event.action) ? words(event) : padded("", 30) + words(event)) + "\n";
}

/// The events of one kind, split by whether they gave a slot.
struct Events {
  std::vector<PrefetchEvent> of[6];
  explicit Events(const PrefetchTrace& trace) {
    for (const PrefetchEvent& event : trace.events)
      if (is_known(event.action)) of[static_cast<std::size_t>(event.action)].push_back(event);
  }
  /// begin_* that gave a slot, and all others.
  std::vector<PrefetchEvent> real(PrefetchAction action) const {
    std::vector<PrefetchEvent> events = of[static_cast<std::size_t>(action)];
    if (action == PrefetchAction::begin_load || action == PrefetchAction::begin_use)
      std::erase_if(events, [](const PrefetchEvent& event) { return event.slot < 0; });
    return events;
  }
};

std::string about_slots(const std::vector<PrefetchEvent>& begun, std::int64_t slots, const char* verb) {
  for (std::size_t i = 0; i < begun.size(); ++i) {
    const std::int64_t slot = static_cast<std::int64_t>(i) % slots;
    if (begun[i].slot != slot)
      return "batch " + std::to_string(i) + " was " + verb + " slot " + std::to_string(begun[i].slot) +
             ", and belongs in slot " + std::to_string(i) + " % " + std::to_string(slots) + " = " +
             std::to_string(slot);
  }
  return "";
}

/// What the driver never writes, whatever the ring does.
bool is_forged(const PrefetchTrace& trace, const Events& events) {
  return !std::all_of(trace.events.begin(), trace.events.end(),
                      [](const PrefetchEvent& event) { return is_known(event.action); }) ||
         events.real(PrefetchAction::begin_load).size() != events.real(PrefetchAction::end_load).size() ||
         events.real(PrefetchAction::begin_use).size() != events.real(PrefetchAction::end_use).size();
}

/// Each batch once, in order, whole from the beginning of its use to the end.
std::string about_batches(const Events& events) {
  const auto begun = events.real(PrefetchAction::begin_use), ended = events.real(PrefetchAction::end_use);
  for (std::size_t i = 0; i < begun.size(); ++i) {
    const std::string when = "at tick " + std::to_string(begun[i].tick) + " the user got " + in_slot(begun[i]);
    if (begun[i].batch < 0) return when + ", where no whole batch lay";
    if (begun[i].batch != static_cast<std::int64_t>(i))
      return when + " with batch " + std::to_string(begun[i].batch) + ", where batch " + std::to_string(i) +
             " was wanted: its turn had come, or it was overwritten";
    if (ended[i].batch != begun[i].batch)
      return when + " with batch " + std::to_string(i) + ", but when it was used, at tick " +
             std::to_string(ended[i].tick) + ", the loader had " +
             (ended[i].batch < 0 ? "begun to load into that slot"
                                 : "put batch " + std::to_string(ended[i].batch) + " there") +
             ": a slot in use was given away";
  }
  return "";
}

std::string about_counts(const Events& events, const Epoch& epoch, const PrefetchScript& script) {
  const std::int64_t loads = static_cast<std::int64_t>(events.real(PrefetchAction::end_load).size());
  const std::int64_t uses = static_cast<std::int64_t>(events.real(PrefetchAction::end_use).size());
  const std::string of = " of " + std::to_string(script.load_ticks.size()) + " batches";
  const std::string closing = epoch.closed < 0
                                  ? std::string(", and nobody closed the ring")
                                  : ", and the user closed the ring after " + std::to_string(script.close_after);
  if (uses != size(epoch.use_end))
    return "the user had " + std::to_string(uses) + of + closing +
           (uses < size(epoch.use_end) ? ": ring_begin_use gave -1 too early" : ": ring_begin_use must give -1 then");
  if (loads < epoch.surely_loaded)
    return "the loader loaded " + std::to_string(loads) + of + closing + ": ring_begin_load gave -1 too early";
  if (loads > size(epoch.load_begin))
    return "the loader loaded " + std::to_string(loads) + of + closing + ": ring_begin_load must give -1 then";
  return "";
}

std::string late(const std::string& what, std::int64_t actual, std::int64_t expected, const std::string& why) {
  return what + " at tick " + std::to_string(actual) + (actual > expected ? ", and could at tick " : ", before tick ") +
         std::to_string(expected) + ": " + why;
}

/// The first event that came at another tick than the recurrence says.
std::string about_times(const Events& events, const Epoch& epoch, std::int64_t slots) {
  const auto loads = events.real(PrefetchAction::begin_load), loaded = events.real(PrefetchAction::end_load);
  const auto uses = events.real(PrefetchAction::begin_use), used = events.real(PrefetchAction::end_use);
  std::string complaint;
  std::int64_t first = -1;
  const auto ask = [&](const std::vector<PrefetchEvent>& found, const Ticks& ticks, const char* what, auto why) {
    for (std::size_t i = 0; i < found.size() && i < ticks.size(); ++i) {
      if (found[i].tick == at(ticks, i)) continue;
      const std::int64_t noticed = std::min(found[i].tick, at(ticks, i));
      if (first >= 0 && noticed >= first) return;
      first = noticed;
      complaint = late("batch " + std::to_string(i) + what, found[i].tick, at(ticks, i), why(i));
      return;
    }
  };
  ask(loads, epoch.load_begin, " began to load", [&](std::size_t i) {
    const std::string slot = "slot " + std::to_string(static_cast<std::int64_t>(i) % slots);
    return "then the loader was done with batch " + std::to_string(static_cast<std::int64_t>(i) - 1) + " and " + slot +
           " was free";
  });
  ask(loaded, epoch.load_end, " was loaded", [](std::size_t) { return std::string("then its load_ticks were over"); });
  ask(uses, epoch.use_begin, " began to be used",
      [](std::size_t) { return std::string("then it was loaded, and the user had nothing else to do"); });
  ask(used, epoch.use_end, " was handed back", [](std::size_t) { return std::string("then its use_ticks were over"); });
  return complaint;
}

/// Who has ended, when, and how.
std::string about_the_end(const PrefetchTrace& trace, const Events& events, const Epoch& epoch,
                          const PrefetchScript& script) {
  const auto loads = events.real(PrefetchAction::begin_load);
  if (epoch.closed >= 0) {
    for (const PrefetchEvent& event : loads)
      if (event.tick > epoch.closed)
        return "at tick " + std::to_string(event.tick) + " ring_begin_load gave " + in_slot(event) +
               ", after the ring was closed at tick " + std::to_string(epoch.closed);
  }
  const bool all_loaded = loads.size() == script.load_ticks.size();
  const std::int64_t loader =
      std::max(loads.empty() ? 0 : at(epoch.load_end, loads.size() - 1), all_loaded ? std::int64_t{0} : epoch.closed);
  const std::int64_t user = epoch.closed >= 0 ? epoch.closed
                                              : std::max(epoch.use_end.empty() ? 0 : epoch.use_end.back(),
                                                         epoch.load_end.empty() ? 0 : epoch.load_end.back());
  for (const bool of_loader : {true, false}) {
    const PrefetchEvent* last = nullptr;
    for (const PrefetchEvent& event : trace.events)
      if (is_loader(event.action) == of_loader) last = &event;
    const char* const who = of_loader ? "the loader" : "the user";
    if (last == nullptr) return std::string(who) + " never did anything";
    const std::int64_t expected = of_loader ? loader : user;
    if (last->tick != expected)
      return late(std::string(who) + " ended", last->tick, expected, "nothing was left to do");
  }
  if (trace.ticks != std::max(loader, user))
    return "the epoch took " + std::to_string(trace.ticks) + " ticks; it takes " +
           std::to_string(std::max(loader, user));
  return "";
}

}  // namespace

Epoch prefetch_epoch(const PrefetchScript& script) {
  Epoch epoch;
  const std::size_t batches = script.load_ticks.size();
  const std::size_t uses =
      script.close_after < 0 ? batches : std::min(batches, static_cast<std::size_t>(script.close_after));
  const bool closes = script.close_after >= 0 && uses == static_cast<std::size_t>(script.close_after);
  for (std::size_t i = 0; i < batches; ++i) {
    // A batch whose slot was never handed back is not loaded; nor is one that comes after the closing.
    const bool first_round = static_cast<std::int64_t>(i) < script.slots;
    const std::size_t before = first_round ? 0 : i - static_cast<std::size_t>(script.slots);
    if (!first_round && before >= uses) break;
    const std::int64_t begin =
        std::max(i == 0 ? 0 : epoch.load_end[i - 1], first_round ? std::int64_t{0} : epoch.use_end[before]);
    if (closes && epoch.use_end.size() == uses) {
      const std::int64_t closed = uses == 0 ? 0 : epoch.use_end[uses - 1];
      if (begin > closed) break;
      if (begin < closed) epoch.surely_loaded = static_cast<std::int64_t>(i) + 1;
    } else {
      epoch.surely_loaded = static_cast<std::int64_t>(i) + 1;
    }
    epoch.load_begin.push_back(begin);
    epoch.load_end.push_back(begin + script.load_ticks[i]);
    if (i >= uses) continue;
    epoch.use_begin.push_back(std::max(i == 0 ? 0 : epoch.use_end[i - 1], epoch.load_end[i]));
    epoch.use_end.push_back(epoch.use_begin[i] + script.use_ticks[i]);
  }
  if (closes) epoch.closed = uses == 0 ? 0 : epoch.use_end[uses - 1];
  return epoch;
}

std::string describe(const PrefetchTrace& trace) {
  constexpr std::size_t kMost = 40;
  std::string text = "  tick   " + padded("loader", 30) + "user   (each as its call returned)\n";
  const std::size_t skipped = trace.events.size() > kMost ? trace.events.size() - kMost : 0;
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    if (skipped > 0 && i == kMost / 2) text += "         ... " + std::to_string(skipped) + " more ...\n";
    if (i < kMost / 2 || i >= kMost / 2 + skipped) text += line_of(trace.events[i]);
  }
  return text;
}

std::string describe(const PrefetchScript& script) {
  const auto list = [](const Ticks& ticks) {
    std::string text;
    for (std::size_t i = 0; i < ticks.size() && i < 20; ++i) text += (i == 0 ? "" : ", ") + std::to_string(ticks[i]);
    return "{" + text + (ticks.size() > 20 ? ", ... " + std::to_string(ticks.size()) + " in all}" : "}");
  };
  return "slots " + std::to_string(script.slots) + ", load_ticks " + list(script.load_ticks) + ", use_ticks " +
         list(script.use_ticks) +
         (script.close_after < 0 ? "" : ", closed after " + std::to_string(script.close_after)) + ", seed " +
         std::to_string(script.seed) + (script.wake_for_nothing ? ", woken for nothing" : "");
}

std::string complaint_about_trace(const PrefetchScript& script, const PrefetchTrace& trace) {
  if (!trace.problem.empty()) return trace.problem;
  const Events events(trace);
  const Epoch epoch = prefetch_epoch(script);
  if (is_forged(trace, events)) return "the trace is none that the driver writes";
  for (const std::string& complaint :
       {about_slots(events.real(PrefetchAction::begin_load), script.slots, "loaded into"), about_batches(events),
        about_slots(events.real(PrefetchAction::begin_use), script.slots, "looked for in"),
        about_counts(events, epoch, script), about_times(events, epoch, script.slots),
        about_the_end(trace, events, epoch, script)})
    if (!complaint.empty()) return complaint;
  return "";
}

}  // namespace kiln::oracle
