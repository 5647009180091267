// drive_prefetch: a loader and a user around one ring, and the notes that they take.
// It runs where the ring's kernels run, so it trusts no answer of theirs: a slot is a number to write down, never a
// place in memory.
#include <limits>
#include <map>

#include "kiln/kernels/data.hpp"
#include "kiln/scheduler.hpp"

namespace kiln {

namespace {

constexpr std::size_t kMostBatches = 100'000;

class Drive {
 public:
  Drive(const RingKernels& kernels, const PrefetchScript& script)
      : kernels_(kernels), script_(script), scheduler_(script.seed, script.wake_for_nothing) {
    ring_.slots = script.slots;
    scheduler_.guard(std::as_bytes(std::span(&ring_, 1)));
  }

  PrefetchTrace run() {
    scheduler_.add("the loader", [this] { load_all(); });
    scheduler_.add("the user", [this] { use_all(); });
    scheduler_.run();
    trace_.ticks = scheduler_.now();
    if (!scheduler_.problem().empty()) trace_.problem = scheduler_.problem() + describe_ring();
    return std::move(trace_);
  }

 private:
  void load_all() {
    for (std::size_t batch = 0; batch < script_.load_ticks.size(); ++batch) {
      const std::int64_t slot = begin("ring_begin_load", kernels_.begin_load);
      if (slot >= 0) content_.erase(slot);
      note(PrefetchAction::begin_load, slot, -1);
      if (slot < 0) return;
      scheduler_.sleep(script_.load_ticks[batch]);
      content_[slot] = static_cast<std::int64_t>(batch);
      call("ring_end_load", kernels_.end_load);
      note(PrefetchAction::end_load, slot, static_cast<std::int64_t>(batch));
    }
    call("ring_finish", kernels_.finish);
    note(PrefetchAction::finish, -1, -1);
  }

  void use_all() {
    std::int64_t used = 0;
    for (;;) {
      if (used == script_.close_after) {
        call("ring_close", kernels_.close);
        note(PrefetchAction::close, -1, -1);
      }
      const std::int64_t slot = begin("ring_begin_use", kernels_.begin_use);
      note(PrefetchAction::begin_use, slot, lies_in(slot));
      if (slot < 0) return;
      if (used >= static_cast<std::int64_t>(script_.use_ticks.size()))
        scheduler_.fail("ring_begin_use gave slot " + std::to_string(slot) + " although all " +
                        std::to_string(script_.use_ticks.size()) + " batches of the script were used");
      scheduler_.sleep(script_.use_ticks[static_cast<std::size_t>(used)]);
      const std::int64_t batch = lies_in(slot);
      call("ring_end_use", kernels_.end_use);
      note(PrefetchAction::end_use, slot, batch);
      ++used;
    }
  }

  std::int64_t begin(const char* name, decltype(RingKernels::begin_load) kernel) {
    std::int64_t slot = -1;
    scheduler_.call(name, [&] { slot = kernel(ring_, scheduler_.monitor()); });
    check_slots();
    if (slot < -1 || slot >= script_.slots)
      scheduler_.fail(std::string(name) + " returned " + std::to_string(slot) + ", which is no slot of a ring of " +
                      std::to_string(script_.slots) + (slot < -1 ? ", and not -1 either" : ""));
    return slot;
  }

  void call(const char* name, decltype(RingKernels::end_load) kernel) {
    scheduler_.call(name, [&] { kernel(ring_, scheduler_.monitor()); });
    check_slots();
  }

  void check_slots() {
    if (ring_.slots != script_.slots)
      scheduler_.fail("the ring's number of slots was changed from " + std::to_string(script_.slots) + " to " +
                      std::to_string(ring_.slots));
  }

  std::int64_t lies_in(std::int64_t slot) const {
    const auto found = content_.find(slot);
    return found == content_.end() ? -1 : found->second;
  }

  void note(PrefetchAction action, std::int64_t slot, std::int64_t batch) {
    trace_.events.push_back({scheduler_.now(), action, slot, batch});
  }

  std::string describe_ring() const {
    return ". The ring: slots " + std::to_string(ring_.slots) + ", loaded " + std::to_string(ring_.loaded) + ", used " +
           std::to_string(ring_.used) + ", finished " + (ring_.finished ? "yes" : "no") + ", closed " +
           (ring_.closed ? "yes" : "no");
  }

  const RingKernels& kernels_;
  const PrefetchScript& script_;
  PrefetchRing ring_;
  std::map<std::int64_t, std::int64_t> content_;  ///< which batch lies in which slot
  Scheduler scheduler_;
  PrefetchTrace trace_;
};

void require_kernels(const RingKernels& kernels) {
  const std::pair<bool, const char*> known[] = {
      {kernels.begin_load != nullptr, "ring_begin_load"}, {kernels.end_load != nullptr, "ring_end_load"},
      {kernels.finish != nullptr, "ring_finish"},         {kernels.begin_use != nullptr, "ring_begin_use"},
      {kernels.end_use != nullptr, "ring_end_use"},       {kernels.close != nullptr, "ring_close"}};
  for (const auto& [is_there, name] : known)
    if (!is_there) throw Error(ErrorKind::missing, std::string(name) + " has no definition: write it in its file");
}

void require_ticks(const char* message, const std::vector<std::int64_t>& ticks, std::int64_t& left) {
  for (const std::int64_t count : ticks) {
    KILN_REQUIRE(std::string(message) + " is negative", count >= 0);
    KILN_REQUIRE(std::string(message) + " goes past the clock's end", count <= left);
    left -= count;
  }
}

}  // namespace

PrefetchTrace drive_prefetch(const RingKernels& kernels, const PrefetchScript& script) {
  require_kernels(kernels);
  KILN_REQUIRE("drive_prefetch: load_ticks and use_ticks differ in number",
               script.load_ticks.size() == script.use_ticks.size());
  KILN_REQUIRE("drive_prefetch: too many batches", script.load_ticks.size() <= kMostBatches);
  std::int64_t left = std::numeric_limits<std::int64_t>::max();
  require_ticks("drive_prefetch: one of load_ticks", script.load_ticks, left);
  require_ticks("drive_prefetch: one of use_ticks", script.use_ticks, left);
  return Drive(kernels, script).run();
}

}  // namespace kiln
