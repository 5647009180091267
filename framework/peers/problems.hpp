// The cases of tools/peers, by name: shapes, and what a call costs at least.
#pragma once

#include <vector>

#include "peers/peer.hpp"

namespace kiln::peers {

/// In the order in which they are measured.
std::vector<Problem> problems();

/// The product of all extents.
std::int64_t elements(const Extents& extents);
/// "32x64x56x56"
std::string to_string(const Extents& extents);

}  // namespace kiln::peers
