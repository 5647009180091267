// Settles one module after the other, the one handed in first before the others, because each leaves fewer free days.
#include "grader/book/settle.hpp"

#include <tuple>

namespace kiln::grader {

namespace {

Settled weighed(const Policy& policy, const Desk& desk, const Attempt& attempt, int free_left) {
  const int days = late_days(policy, desk.due, attempt.handed_in);
  return {&attempt, worth_of(policy, desk.overrides.points(&attempt.result), desk.max, days, free_left)};
}

/// Whether `later` counts and `earlier`, handed in before it, does not.
bool replaces(Counted counted, const Settled& earlier, const Settled& later) {
  // What comes too late counts nothing, and takes nothing away either.
  if (earlier.worth.too_late != later.worth.too_late) return earlier.worth.too_late;
  switch (counted) {
    case Counted::latest: return true;
    case Counted::latest_on_time: return later.worth.late_days == 0 || earlier.worth.late_days > 0;
    case Counted::best: break;
  }
  // Of equals the one that costs fewer free days, then the latest.
  return std::tuple(later.worth.left(), -later.worth.free_days) >=
         std::tuple(earlier.worth.left(), -earlier.worth.free_days);
}

/// The attempt at one module that counts where `free_left` free days are left.
Settled choose(const Policy& policy, const Desk& desk, int free_left) {
  Settled chosen;
  for (const Attempt* attempt : desk.attempts) {
    const Settled next = weighed(policy, desk, *attempt, free_left);
    if (chosen.counted == nullptr || replaces(policy.counted, chosen, next)) chosen = next;
  }
  // Nobody is late with what a person gave points for and nobody handed in.
  if (chosen.counted == nullptr) chosen.worth.points = desk.overrides.points(nullptr);
  return chosen;
}

}  // namespace

std::vector<Settled> settle(const Policy& policy, std::span<const Desk> desks) {
  std::vector<Settled> settled(desks.size());
  std::vector<bool> done(desks.size(), false);
  int free_left = policy.free_late_days;
  for (std::size_t round = 0; round < desks.size(); ++round) {
    std::optional<std::size_t> first;
    for (std::size_t i = 0; i < desks.size(); ++i) {
      if (done[i]) continue;
      settled[i] = choose(policy, desks[i], free_left);
      const bool handed_in = settled[i].counted != nullptr;
      if (!first || (handed_in && (settled[*first].counted == nullptr ||
                                   settled[i].counted->handed_in < settled[*first].counted->handed_in)))
        first = i;
    }
    done[*first] = true;
    free_left -= settled[*first].worth.free_days;
  }
  return settled;
}

}  // namespace kiln::grader
