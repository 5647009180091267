// What is asked, once; also the reference.
#include "worker/tests/variants/smooth.hpp"

void kiln::impl::smooth(ConstView in, View out) { smooth_once(in, out); }

void kiln::impl::double_labels(std::span<const std::int32_t> labels, std::span<const std::int64_t> numbers,
                               std::span<std::int64_t> out) {
  double_once(labels, numbers, out);
}
