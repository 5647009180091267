// How each type of a slot's signature travels: scalars, enums, shapes, views, spans, strings, vectors, arrays,
// small aggregates of these. The compiler refuses what cannot: pointers, callbacks, mutable references.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "kiln/check.hpp"
#include "kiln/shape.hpp"
#include "kiln/view.hpp"
#include "worker/aggregate.hpp"
#include "worker/wire.hpp"

namespace kiln::worker {

template <class T>
inline constexpr bool kIsView = false;
template <class T>
inline constexpr bool kIsView<BasicView<T>> = true;
template <class T>
inline constexpr bool kIsSpan = false;
template <class T>
inline constexpr bool kIsSpan<std::span<T>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsArray = false;
template <class T, std::size_t N>
inline constexpr bool kIsArray<std::array<T, N>> = true;
template <class T>
inline constexpr bool kIsScalar = std::is_arithmetic_v<T> || std::is_enum_v<T>;
template <class T>
inline constexpr bool kIsText = std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>;
template <class T>
inline constexpr bool kIsPlainAggregate = std::is_class_v<T>&& std::is_aggregate_v<T>;

template <class T>
inline constexpr bool kNever = false;

/// A parameter as the worker holds it during the call: the type without const and reference.
template <class T>
struct Held {
  static_assert(!std::is_pointer_v<T>, "a kernel takes no bare pointers or callbacks: use a View, a span or a value");
  static_assert(!std::is_lvalue_reference_v<T> || std::is_const_v<std::remove_reference_t<T>>,
                "a kernel takes no mutable references: use a View, a span, or return a value");
  static_assert(!std::is_rvalue_reference_v<T>, "a kernel takes no rvalue references");
  using type = std::remove_cvref_t<T>;
};
template <class T>
using HeldType = typename Held<T>::type;

/// Notes the memory of a view: its byte extent, and where its Location is to be patched in.
template <class T>
void write_memory(Writer& writer, T* data, const Shape& shape, const Strides& strides) {
  static_assert(std::is_arithmetic_v<std::remove_const_t<T>>, "views and spans hold numbers");
  static_assert(!std::is_same_v<T, bool>, "a kernel writes no bools, of which most bytes are none: use std::uint8_t");
  Extent extent;
  extent.position = writer.bytes.size();
  extent.element_bytes = sizeof(T);
  extent.shape = shape;
  extent.strides = strides;
  extent.writable = !std::is_const_v<T>;
  extent.parameter = writer.parameter;
  std::int64_t low = 0, high = shape.elements() == 0 ? 0 : 1;
  if (high > 0) {
    for (int d = 0; d < shape.rank(); ++d) {
      const std::int64_t reach = (shape[d] - 1) * strides[d];
      (reach < 0 ? low : high) += reach;
    }
  }
  auto* first = reinterpret_cast<std::byte*>(const_cast<std::remove_const_t<T>*>(data));
  extent.data = first;
  extent.begin = first + low * static_cast<std::int64_t>(sizeof(T));
  extent.end = first + high * static_cast<std::int64_t>(sizeof(T));
  writer.extents.push_back(extent);
  writer.plain(Location{});
}

inline void write_shape(Writer& writer, const Shape& shape) {
  writer.plain<std::int32_t>(shape.rank());
  for (std::int64_t extent : shape) writer.plain(extent);
}

template <class T>
void write(Writer& writer, const T& value) {
  if constexpr (kIsScalar<T>) {
    writer.plain(value);
  } else if constexpr (std::is_same_v<T, Shape>) {
    write_shape(writer, value);
  } else if constexpr (kIsView<T>) {
    KILN_CHECK(value.shape.rank() == value.strides.rank());
    write_memory(writer, value.data, value.shape, value.strides);
    write_shape(writer, value.shape);
    write_shape(writer, value.strides);
  } else if constexpr (kIsSpan<T>) {
    const auto count = static_cast<std::int64_t>(value.size());
    write_memory(writer, value.data(), Shape{count}, Strides{1});
    writer.plain(count);
  } else if constexpr (kIsText<T>) {
    writer.text(std::string(value));
  } else if constexpr (kIsVector<T>) {
    writer.plain<std::uint64_t>(value.size());
    for (const auto& element : value) write<typename T::value_type>(writer, element);
  } else if constexpr (kIsArray<T>) {
    for (const auto& element : value) write(writer, element);
  } else if constexpr (kIsPlainAggregate<T>) {
    std::apply([&](const auto&... field) { (write(writer, field), ...); }, fields(value));
  } else {
    static_assert(kNever<T>, "the protocol cannot carry this type");
  }
}

inline Shape read_shape(Reader& reader) {
  const auto rank = reader.plain<std::int32_t>();
  if (rank < 0 || rank > kMaxRank)
    throw Error(ErrorKind::protocol, "the worker sent a shape of rank " + std::to_string(rank));
  Shape shape;
  for (int d = 0; d < rank; ++d) shape.push_back(reader.plain<std::int64_t>());
  return shape;
}

template <class T>
T* read_memory(Reader& reader) {
  const auto location = reader.plain<Location>();
  const auto arena = static_cast<std::size_t>(location.arena);
  if (arena > 1 || location.offset > reader.arena_bytes[arena])
    throw Error(ErrorKind::protocol, "the judge sent a view that begins in no arena");
  return reinterpret_cast<T*>(reader.arenas[arena] + location.offset);
}

template <class T>
T read(Reader& reader) {
  if constexpr (std::is_same_v<T, bool>) {
    return reader.plain<std::uint8_t>() != 0;  // any other byte would be no bool
  } else if constexpr (kIsScalar<T>) {
    return reader.plain<T>();
  } else if constexpr (std::is_same_v<T, Shape>) {
    return read_shape(reader);
  } else if constexpr (kIsView<T>) {
    T view;
    view.data = read_memory<std::remove_pointer_t<decltype(view.data)>>(reader);
    view.shape = read_shape(reader);
    view.strides = read_shape(reader);
    return view;
  } else if constexpr (kIsSpan<T>) {
    auto* data = read_memory<typename T::element_type>(reader);
    return T(data, static_cast<std::size_t>(reader.plain<std::int64_t>()));
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    const std::size_t size = reader.count(1);
    const auto* text = reinterpret_cast<const char*>(reader.next);
    reader.next += size;
    return T(text, size);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return reader.text();
  } else if constexpr (kIsVector<T>) {
    const std::size_t size = reader.count(1);
    T values;
    for (std::size_t i = 0; i < size; ++i) values.push_back(read<typename T::value_type>(reader));
    return values;
  } else if constexpr (kIsArray<T>) {
    T values{};
    for (auto& element : values) element = read<typename T::value_type>(reader);
    return values;
  } else if constexpr (kIsPlainAggregate<T>) {
    T value{};
    std::apply([&](auto&... field) { ((field = read<std::remove_reference_t<decltype(field)>>(reader)), ...); },
               fields(value));
    return value;
  } else {
    static_assert(kNever<T>, "the protocol cannot carry this type");
  }
}

/// Whether values of T hold no view or span: only such types can be returned.
template <class T>
constexpr bool is_value() {
  if constexpr (kIsView<T> || kIsSpan<T> || std::is_same_v<T, std::string_view> || std::is_pointer_v<T>) {
    return false;
  } else if constexpr (kIsVector<T> || kIsArray<T>) {
    return is_value<typename T::value_type>();
  } else if constexpr (kIsPlainAggregate<T>) {
    using Fields = decltype(fields(std::declval<T&>()));
    return []<class... Field>(std::type_identity<std::tuple<Field&...>>) {
      return (is_value<std::remove_const_t<Field>>() && ...);
    }(std::type_identity<Fields>());
  } else {
    return true;
  }
}

}  // namespace kiln::worker
