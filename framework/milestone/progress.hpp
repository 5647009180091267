// The line that shows how far a run is: a bar, the loss, and how long it will still take.
#pragma once

#include <string>

#include "milestone/milestone.hpp"

namespace kiln::milestone {

/// "epoch 3 of 20  [#####---------------]  loss 0.312  12 s, about 45 s left". `done` is the share of this run that is
/// over and `seconds` what it took.
std::string draw_progress(const Moment& moment, double done, double seconds);

/// On a terminal, one line on stderr that is written over; elsewhere nothing.
Progress progress_line();
/// Wipes that line.
void end_progress_line();

}  // namespace kiln::milestone
