// Properties: one body, many seeded cases, each in both placements (against a guard page, and between canaries).
#pragma once

#include <functional>

#include "testing/generate.hpp"

namespace kiln::testing {

/// Runs `body` on `count` cases. Case i draws from (the run's seed, the test's name, i). Stops at the first case that
/// fails and prints its operands, its seed and the command that runs it alone.
void for_each_case(int count, const std::function<void(Generator&)>& body);

/// The same for one case that draws nothing or little: count = 1.
inline void one_case(const std::function<void(Generator&)>& body) { for_each_case(1, body); }

}  // namespace kiln::testing
