// Which implementation a network runs on.
#pragma once

#include <string>

namespace kiln::nn {

/// A table of every kernel that a network here may call: who answers it under the chosen backend, and why.
std::string report();

}  // namespace kiln::nn
