// Days, shares and words of lateness.
#include "grader/book/late.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "grader/record/result.hpp"

namespace kiln::grader {

namespace {

std::string days_in_words(int days) { return fmt::format("{} day{} late", days, days == 1 ? "" : "s"); }

}  // namespace

const Extension* extension_for(const Policy& policy, const std::string& module, const std::string& student,
                               const std::string& group) {
  const Extension* latest = nullptr;
  for (const Extension& extension : policy.extensions) {
    const bool meant = extension.student == student || (!group.empty() && extension.student == group);
    if (!meant || extension.module != module) continue;
    if (latest == nullptr || extension.due > latest->due) latest = &extension;
  }
  return latest;
}

int late_days(const Policy& policy, std::optional<UnixSeconds> due, UnixSeconds handed_in) {
  constexpr UnixSeconds kDay = 24 * 60 * 60;
  if (!due) return 0;
  const UnixSeconds late = handed_in - (*due + UnixSeconds{60} * policy.grace_minutes);
  if (late <= 0) return 0;
  return static_cast<int>(std::min<UnixSeconds>((late - 1) / kDay + 1, std::numeric_limits<int>::max()));
}

Worth worth_of(const Policy& policy, double points, double max, int days, int free_left) {
  Worth worth{.late_days = days, .points = points};
  worth.too_late = policy.max_late_days && days > *policy.max_late_days;
  if (worth.too_late) {
    worth.penalty = points;
    return worth;
  }
  worth.free_days = std::min(days, std::max(free_left, 0));
  const double share = std::min(policy.penalty_per_day * (days - worth.free_days), policy.max_penalty);
  worth.penalty = std::clamp(share * max, 0.0, points);
  return worth;
}

std::string lateness_in_words(const Policy& policy, const Worth& worth) {
  if (worth.late_days == 0) return "";
  std::string text = days_in_words(worth.late_days);
  if (worth.too_late)
    return text + fmt::format(", and {} at most are accepted: it counts nothing", *policy.max_late_days);
  if (worth.free_days == worth.late_days) return text + ", covered by free late days";
  if (worth.free_days > 0) text += fmt::format(", {} of them free", worth.free_days);
  const double uncapped = policy.penalty_per_day * (worth.late_days - worth.free_days);
  text += fmt::format(", {} % a day", format_points(100 * policy.penalty_per_day));
  if (uncapped > policy.max_penalty) text += fmt::format(" and {} % at most", format_points(100 * policy.max_penalty));
  return text + fmt::format(": {} points taken", format_points(worth.penalty));
}

}  // namespace kiln::grader
