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

inline void double_once(std::span<const std::int32_t> labels, std::span<const std::int64_t> numbers,
                        std::span<std::int64_t> out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = 2 * labels[i] + numbers[i];
}

}  // namespace
