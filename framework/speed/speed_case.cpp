// Tensors of timed calls: where they lie and how they are filled anew.
#include "speed/speed_case.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace kiln::speed {

namespace {

// Sixteen generators side by side, in vector registers of whatever width there is.
constexpr std::size_t kLanes = 16;
using Lanes [[gnu::vector_size(4 * kLanes)]] = std::uint32_t;
using Floats [[gnu::vector_size(4 * kLanes)]] = float;

// Every number is drawn anew: were they stretches of a pool, a kernel that knows the pool could look its answers up.
// Xorshift ("Xorshift RNGs", Marsaglia, 2003) costs about as much as a copy would.
void fill_fresh(const View& view, float low, float high, Random& random) {
  Lanes state;
  for (std::size_t lane = 0; lane < kLanes; ++lane) state[lane] = random.next_u32() | 1u;
  const float step = (high - low) * 0x1p-23f;
  const auto size = static_cast<std::size_t>(view.size());
  for (std::size_t done = 0; done < size; done += kLanes) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    const Floats values = low + step * __builtin_convertvector(state >> 9, Floats);
    std::memcpy(view.data + done, &values, sizeof(float) * std::min(kLanes, size - done));
  }
}

Strides row_major(const Shape& shape) {
  Strides strides = Strides::filled(shape.rank(), 1);
  for (int d = shape.rank() - 2; d >= 0; --d) strides[d] = strides[d + 1] * std::max<std::int64_t>(shape[d + 1], 1);
  return strides;
}

}  // namespace

template <class T>
std::span<T> SpeedArguments::take(worker::Arena arena, std::int64_t count) {
  const auto bytes = static_cast<std::size_t>(count) * sizeof(T);
  bytes_ += bytes;
  return {reinterpret_cast<T*>(session_.keep(arena, bytes)), static_cast<std::size_t>(count)};
}

View SpeedArguments::take_view(worker::Arena arena, const Shape& shape) {
  return {take<float>(arena, shape.elements()).data(), shape, row_major(shape)};
}

View SpeedArguments::input(const Shape& shape, float low, float high) {
  filled_.push_back({take_view(worker::Arena::read_only, shape), low, high});
  return filled_.back().view;
}

View SpeedArguments::output(const Shape& shape) {
  outputs_.push_back(take_view(worker::Arena::read_write, shape));
  spoiled_.push_back(outputs_.back());
  return outputs_.back();
}

View SpeedArguments::in_out(const Shape& shape, float low, float high) {
  outputs_.push_back(take_view(worker::Arena::read_write, shape));
  filled_.push_back({outputs_.back(), low, high});
  return outputs_.back();
}

std::span<const std::int32_t> SpeedArguments::labels(std::int64_t count, std::int32_t classes) {
  labels_.push_back({take<std::int32_t>(worker::Arena::read_only, count), classes});
  return labels_.back().values;
}

std::span<const std::int64_t> SpeedArguments::numbers(std::int64_t count,
                                                      std::function<void(std::span<std::int64_t>, Random&)> fill) {
  drawn_.push_back({take<std::int64_t>(worker::Arena::read_only, count), std::move(fill)});
  return drawn_.back().values;
}

std::span<std::int64_t> SpeedArguments::numbers_out(std::int64_t count) {
  numbers_.push_back(take<std::int64_t>(worker::Arena::read_write, count));
  return numbers_.back();
}

void SpeedArguments::refill(Random random) {
  for (const Filled& filled : filled_) fill_fresh(filled.view, filled.low, filled.high, random);
  for (const View& view : spoiled_) std::fill_n(view.data, view.size(), std::numeric_limits<float>::quiet_NaN());
  for (const auto& [values, classes] : labels_)
    for (std::int32_t& label : values)
      label = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(classes)));
  for (const Drawn& drawn : drawn_) drawn.fill(drawn.values, random);
  for (const std::span<std::int64_t> numbers : numbers_) std::fill(numbers.begin(), numbers.end(), -1);
}

SpeedCase::SpeedCase(std::string name, double factor, Prepare prepare)
    : name(std::move(name)), factor(factor), prepare(std::move(prepare)) {
  speed_cases().push_back(this);
}

std::vector<const SpeedCase*>& speed_cases() {
  static std::vector<const SpeedCase*> cases;
  return cases;
}

}  // namespace kiln::speed
