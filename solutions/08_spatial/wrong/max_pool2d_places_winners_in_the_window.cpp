// Wrong: a winner is a place in its window, not in the image.
#include <cmath>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

namespace {

std::int64_t count_windows(std::int64_t extent, std::int64_t window, std::int64_t stride, std::int64_t padding) {
  KILN_REQUIRE("the image has no elements", extent >= 1);
  KILN_REQUIRE("the window is below 1", window >= 1);
  KILN_REQUIRE("the stride is below 1", stride >= 1);
  KILN_REQUIRE("the padding is below 0", padding >= 0);
  KILN_REQUIRE("the padding is above half of the window", padding <= window / 2);
  KILN_REQUIRE("the window does not fit", window <= extent + 2 * padding);
  return (extent + 2 * padding - window) / stride + 1;
}

}  // namespace

void impl::max_pool2d(ConstView in, Pool2dOptions options, View out, std::span<std::int64_t> winners) {
  KILN_REQUIRE("in has another rank than 4", in.rank() == 4);
  const std::int64_t height = in.shape[2], width = in.shape[3];
  const Shape expected{in.shape[0], in.shape[1],
                       count_windows(height, options.height, options.stride_height, options.padding_height),
                       count_windows(width, options.width, options.stride_width, options.padding_width)};
  KILN_REQUIRE("out has another shape", out.shape == expected);
  KILN_REQUIRE("winners have another number", static_cast<std::int64_t>(winners.size()) == out.size());
  std::size_t next = 0;
  for (std::int64_t n = 0; n < expected[0]; ++n)
    for (std::int64_t c = 0; c < expected[1]; ++c)
      for (std::int64_t y = 0; y < expected[2]; ++y)
        for (std::int64_t x = 0; x < expected[3]; ++x) {
          float most = 0;
          std::int64_t winner = -1;
          for (std::int64_t r = 0; r < options.height; ++r)
            for (std::int64_t s = 0; s < options.width; ++s) {
              const std::int64_t h = y * options.stride_height - options.padding_height + r;
              const std::int64_t w = x * options.stride_width - options.padding_width + s;
              if (h < 0 || h >= height || w < 0 || w >= width) continue;
              const float candidate = in(n, c, h, w);
              if (winner < 0 || candidate > most || (std::isnan(candidate) && !std::isnan(most))) {
                most = candidate;
                winner = r * options.width + s;
              }
            }
          out(n, c, y, x) = most;
          winners[next++] = winner;
        }
}

void impl::max_pool2d_backward(ConstView grad_out, std::span<const std::int64_t> winners, View grad_in) {
  KILN_REQUIRE("grad_out has another rank than 4", grad_out.rank() == 4);
  KILN_REQUIRE("grad_in has another rank than 4", grad_in.rank() == 4);
  KILN_REQUIRE("the batches differ", grad_out.shape[0] == grad_in.shape[0]);
  KILN_REQUIRE("the channels differ", grad_out.shape[1] == grad_in.shape[1]);
  KILN_REQUIRE("winners have another number", static_cast<std::int64_t>(winners.size()) == grad_out.size());
  const std::int64_t width = grad_in.shape[3];
  for (std::int64_t winner : winners) {
    KILN_REQUIRE("a winner is below 0", winner >= 0);
    KILN_REQUIRE("a winner lies outside the image", winner < grad_in.shape[2] * width);
  }
  std::size_t next = 0;
  for (std::int64_t n = 0; n < grad_out.shape[0]; ++n)
    for (std::int64_t c = 0; c < grad_out.shape[1]; ++c)
      for (std::int64_t y = 0; y < grad_out.shape[2]; ++y)
        for (std::int64_t x = 0; x < grad_out.shape[3]; ++x) {
          const std::int64_t winner = winners[next++];
          grad_in(n, c, winner / width, winner % width) += grad_out(n, c, y, x);
        }
}
