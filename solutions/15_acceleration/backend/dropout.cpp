// dropout of dense tensors: random numbers in lanes, since drawing them one after the other is nearly all it costs.
#include <algorithm>

#include "kiln/kernels/layers.hpp"
#include "kiln/philox.hpp"

using namespace kiln;

namespace {

/// Blocks of four numbers that are drawn at once.
constexpr int kBlocks = 64;
constexpr std::int64_t kDraws = 4 * kBlocks;

/// What stays after `draws`, for n <= kDraws elements. A draw is a multiple of 2^-24.
void drop(const float* in, const std::uint32_t* draws, float p, float kept, float* out, float* mask, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    const bool dropped = static_cast<float>(static_cast<std::int32_t>(draws[i] >> 8)) * 0x1p-24f < p;
    // Choose the zero instead of multiplying by it: 0 times NaN or infinity is NaN.
    const float value = in[i] * kept;
    mask[i] = dropped ? 0.0f : kept;
    out[i] = dropped ? 0.0f : value;
  }
}

}  // namespace

void impl::dropout(ConstView in, float p, bool training, std::uint64_t seed, View out, View mask) {
  const bool fits = out.shape == in.shape && mask.shape == in.shape && p >= 0.0f && p < 1.0f;
  const bool dense = in.is_contiguous() && out.is_contiguous() && mask.is_contiguous();
  // The reference knows the words of every refusal; and in evaluation nothing is drawn.
  if (!fits || !dense || !training) return kernels<LayerSlots>("reference").dropout(in, p, training, seed, out, mask);
  const std::int64_t size = in.size();
  const float kept = 1.0f / (1.0f - p);
  for (std::int64_t at = 0; at < size; at += kDraws) {
    std::uint32_t draws[kDraws];
    philox::draw<kBlocks>(seed, static_cast<std::uint64_t>(at / 4), draws);
    drop(in.data + at, draws, p, kept, out.data + at, mask.data + at, std::min(kDraws, size - at));
  }
}
