// The roofline (Williams, Waterman and Patterson, "Roofline: an insightful visual performance model", 2009): what each
// kernel reached, over how much it computes for each byte that must move, below what the machine can do.
#pragma once

#include <string>

#include "profile/summary.hpp"
#include "speed/roofs.hpp"

namespace kiln::profile {

/// The rate that the roofs allow at an intensity (operations a byte); where there is none, 0.
double attainable(const speed::Roofs& roofs, double intensity);

/// An SVG. Kernels without arithmetic are not on it.
std::string roofline_chart(const Summary& summary, const speed::Roofs& roofs, const std::string& title);

}  // namespace kiln::profile
