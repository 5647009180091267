// How much memory tensors hold: every tensor's memory comes from the aligned operator new, which this program replaces.
#pragma once

#include <cstdint>

namespace kiln::nn {

/// Bytes that tensors hold now.
std::int64_t live_bytes();
/// The most that they held at once since forget_peak().
std::int64_t peak_bytes();
void forget_peak();

}  // namespace kiln::nn
