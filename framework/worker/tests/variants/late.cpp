// Right while it is looked at, it hopes; later it leaves its output as it found it.
#include "worker/tests/variants/smooth.hpp"

namespace {
int calls = 0;
}

void kiln::impl::smooth(ConstView in, View out) {
  if (++calls <= 100) smooth_once(in, out);
}

void kiln::impl::double_labels(std::span<const std::int32_t> labels, std::span<const std::int64_t> numbers,
                               std::span<std::int64_t> out) {
  if (++calls <= 100) double_once(labels, numbers, out);
}
