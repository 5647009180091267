// Reads the listed files of a submission that is a folder.
// No symbolic link below `directory` is followed, also not by one who swaps entries meanwhile: every step is an openat
// with O_NOFOLLOW. Pipes and devices are not opened. Folders in which no listed file may lie are not entered.
#pragma once

#include <string>

#include "grader/intake/layout.hpp"
#include "grader/intake/intake_limits.hpp"

namespace kiln::grader {

/// `directory` is the descriptor of an open folder, which stays open. Gives the problem, "" where there is none.
std::string read_directory(int directory, const IntakeLimits& limits, Collector& collector);

}  // namespace kiln::grader
