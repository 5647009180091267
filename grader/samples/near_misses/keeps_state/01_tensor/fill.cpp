// fill: static tables, made at the start and in the first call, and a counter a thread.
#include <array>
#include <vector>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

const std::array<float, 256> kOnes = [] {
  std::array<float, 256> ones;
  ones.fill(1);
  return ones;
}();

}  // namespace

void impl::fill(View out, float value) {
  static std::vector<std::int64_t> offsets(1);
  thread_local int calls = 0;
  ++calls;
  offsets.assign(1, 0);
  for (int d = 0; d < out.rank(); ++d) {
    std::vector<std::int64_t> wider;
    for (const std::int64_t offset : offsets)
      for (std::int64_t i = 0; i < out.shape[d]; ++i) wider.push_back(offset + i * out.strides[d]);
    offsets.swap(wider);
  }
  for (const std::int64_t offset : offsets) out.data[offset] = kOnes[static_cast<std::size_t>(calls % 256)] * value;
}
