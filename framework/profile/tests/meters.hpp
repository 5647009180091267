// A clock and a counter that move as a test says.
#pragma once

#include "kiln/meter.hpp"

namespace kiln::profile::testing {

class FakeClock final : public Clock {
 public:
  std::int64_t now() override {
    ++readings;
    return time;
  }
  std::int64_t time = 0;
  int readings = 0;
};

}  // namespace kiln::profile::testing
