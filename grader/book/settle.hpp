// Settling: for one student, which attempt at each module counts, and where the free late days go.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "grader/book/late.hpp"
#include "grader/book/overrides.hpp"

namespace kiln::grader {

/// One module as it stands for one student.
struct Desk {
  std::string module;
  double max = 0;
  std::optional<UnixSeconds> due;
  std::vector<const Attempt*> attempts;  ///< in the order of handing in
  OverridesOfModule overrides;
};

struct Settled {
  const Attempt* counted = nullptr;  ///< nullptr where nothing was handed in
  Worth worth;
};

/// Free late days go to the attempts that count, in the order in which these were handed in. With `best` an attempt is
/// weighed with the free days that are left when its turn comes.
std::vector<Settled> settle(const Policy& policy, std::span<const Desk> desks);

}  // namespace kiln::grader
