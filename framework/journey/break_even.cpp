// A walk from the largest problem down.
#include "journey/break_even.hpp"

#include <algorithm>

namespace kiln::journey {
namespace {

BreakEven between(const Ladder& ladder, std::size_t earlier, std::size_t later,
                  const std::vector<const Measured*>& by_size) {
  BreakEven found{ladder.rungs[earlier].id, ladder.rungs[later].id, {}, false, 0};
  bool stays = true;
  for (auto it = by_size.rbegin(); it != by_size.rend(); ++it) {
    const Result& slow = (*it)->results[earlier];
    const Result& fast = (*it)->results[later];
    if (slow.seconds <= 0 || fast.seconds <= 0) continue;
    ++found.compared;
    stays = stays && fast.seconds < slow.seconds;
    if (stays) found.at = (*it)->problem;
    found.from_the_first = stays;
  }
  return found;
}

}  // namespace

std::vector<BreakEven> break_even_points(const Ladder& ladder, const std::vector<Measured>& measured) {
  std::vector<const Measured*> by_size;
  for (const Measured& each : measured) by_size.push_back(&each);
  std::ranges::stable_sort(by_size, {}, [](const Measured* each) { return each->problem.size; });
  std::vector<BreakEven> points;
  std::optional<std::size_t> last;
  for (std::size_t i = 0; i < ladder.rungs.size(); ++i) {
    const Rung& rung = ladder.rungs[i];
    if (!rung.work || rung.yours) continue;
    if (last) points.push_back(between(ladder, *last, i, by_size));
    last = i;
  }
  return points;
}

}  // namespace kiln::journey
