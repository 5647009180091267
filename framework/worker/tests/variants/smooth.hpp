// The loop that all timed variants share: 200 dependent steps an element, so that it takes time and no memory.
#pragma once

#include "worker/tests/probe.hpp"

namespace {

inline void smooth_once(kiln::ConstView in, kiln::View out) {
  for (std::int64_t i = 0; i < out.size(); ++i) {
    float x = 0;
    for (int step = 0; step < 200; ++step) x = 0.5f * x + in.data[i];
    out.data[i] = x;
  }
}

}  // namespace
