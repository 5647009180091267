// What a problem's output must be, in double, and how far a float32 kernel may stray from it.
#pragma once

#include <string>
#include <vector>

#include "peers/peer.hpp"

namespace kiln::peers {

/// Of one set of operands. Not for networks, whose losses are compared with each other.
struct Truth {
  std::vector<double> value;
  std::vector<double> tolerance;      ///< an element's
  std::vector<std::int64_t> winners;  ///< of max_pool
};
Truth truth(const Problem& problem, const Operands& on);

/// "" where `on.out` agrees, and `on.winners` where the contestant wrote any; otherwise what is wrong, in words.
std::string disagreement(const Problem& problem, const Truth& truth, const Operands& on);

}  // namespace kiln::peers
