// fields(value): the members of a small aggregate as a tuple of references, by structured bindings.
// The number of members is found by trying how many initialisers the type takes (Boost.PFR's method).
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>

namespace kiln::worker {

struct AnyField {
  template <class T>
  operator T() const;
};

template <class T, class... Fields>
concept TakesFields = requires {
  T{Fields{}...};
};

template <class T, class... Fields>
constexpr std::size_t field_count() {
  if constexpr (TakesFields<T, Fields..., AnyField>)
    return field_count<T, Fields..., AnyField>();
  else
    return sizeof...(Fields);
}

inline constexpr std::size_t kMaxFields = 10;

template <class T>
constexpr auto fields(T& value) {
  constexpr std::size_t kCount = field_count<std::remove_const_t<T>>();
  static_assert(kCount <= kMaxFields, "an aggregate in a kernel's signature has at most ten members");
  if constexpr (kCount == 0) {
    return std::tuple<>();
  } else if constexpr (kCount == 1) {
    auto& [a] = value;
    return std::tie(a);
  } else if constexpr (kCount == 2) {
    auto& [a, b] = value;
    return std::tie(a, b);
  } else if constexpr (kCount == 3) {
    auto& [a, b, c] = value;
    return std::tie(a, b, c);
  } else if constexpr (kCount == 4) {
    auto& [a, b, c, d] = value;
    return std::tie(a, b, c, d);
  } else if constexpr (kCount == 5) {
    auto& [a, b, c, d, e] = value;
    return std::tie(a, b, c, d, e);
  } else if constexpr (kCount == 6) {
    auto& [a, b, c, d, e, f] = value;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (kCount == 7) {
    auto& [a, b, c, d, e, f, g] = value;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (kCount == 8) {
    auto& [a, b, c, d, e, f, g, h] = value;
    return std::tie(a, b, c, d, e, f, g, h);
  } else if constexpr (kCount == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = value;
    return std::tie(a, b, c, d, e, f, g, h, i);
  } else {
    auto& [a, b, c, d, e, f, g, h, i, j] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  }
}

}  // namespace kiln::worker
