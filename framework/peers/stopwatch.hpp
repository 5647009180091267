// Clocks, and what else the machine does while they run.
#pragma once

#include <time.h>

namespace kiln::peers {

/// Seconds of the clock.
double now(clockid_t clock);

/// Waits until threads that the last turn left spinning have gone to sleep, at most a tenth of a second.
void rest();

/// What computes beside this process.
class Others {
 public:
  Others();
  /// Processors that other processes used since the construction, on average.
  double processors() const;

 private:
  double busy_, own_, wall_;
};

}  // namespace kiln::peers
