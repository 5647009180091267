// The probe's kernels that do what they should.
#include "worker/tests/probe.hpp"

#include <cstddef>
#include <cstring>

using namespace kiln;

namespace {

template <class T>
void copy_bits(BasicView<const T> in, BasicView<T> out) {
  if (in.size() == 0) return;
  Shape index = Shape::filled(in.rank(), 0);
  for (;;) {
    std::int64_t from = 0, to = 0;
    for (int d = 0; d < in.rank(); ++d) {
      from += index[d] * in.strides[d];
      to += index[d] * out.strides[d];
    }
    std::memcpy(out.data + to, in.data + from, sizeof(T));
    int d = in.rank() - 1;
    while (d >= 0 && ++index[d] == in.shape[d]) index[d--] = 0;
    if (d < 0) return;
  }
}

}  // namespace

Scalars impl::pack(bool flag, std::int8_t i8, std::uint16_t u16, std::int32_t i32, std::int64_t i64, std::uint64_t u64,
                   float f32, double f64, Mode mode, char letter) {
  return {flag, i8, u16, i32, i64, u64, f32, f64, mode, letter};
}

Scalars impl::echo_scalars(const Scalars& value) { return value; }
bool impl::echo_bool(bool value) { return value; }
float impl::echo_float(float value) { return value; }
double impl::echo_double(double value) { return value; }
Mode impl::echo_mode(Mode value) { return value; }
Shape impl::echo_shape(Shape value) { return value; }
Lists impl::echo_lists(const Lists& value) { return value; }

std::string impl::join(const std::string& a, std::string_view b) { return a + std::string(b); }

std::vector<std::string> impl::split(std::string_view text, char at) {
  std::vector<std::string> parts(1);
  for (char letter : text) {
    if (letter == at)
      parts.emplace_back();
    else
      parts.back() += letter;
  }
  return parts;
}

std::array<Shape, 2> impl::shape_and_strides(ConstView in) { return {in.shape, in.strides}; }

void impl::nothing() {}

void impl::copy_views(ConstView f32, BasicView<const double> f64, BasicView<const std::int8_t> i8,
                      BasicView<const std::int64_t> i64, View f32_out, BasicView<double> f64_out,
                      BasicView<std::int8_t> i8_out, BasicView<std::int64_t> i64_out) {
  copy_bits(f32, f32_out);
  copy_bits(f64, f64_out);
  copy_bits(i8, i8_out);
  copy_bits(i64, i64_out);
}

void impl::copy_spans(std::span<const float> f32, std::span<const std::uint8_t> u8, std::span<float> f32_out,
                      std::span<std::uint8_t> u8_out) {
  for (std::size_t i = 0; i < f32.size(); ++i) f32_out[i] = f32[i];
  for (std::size_t i = 0; i < u8.size(); ++i) u8_out[i] = u8[i];
}

std::int64_t impl::apply(const Layer& layer) {
  const auto& [weight, bias] = layer.weights;
  for (std::int64_t i = 0; i < layer.out.size(); ++i)
    layer.out(i) = layer.scale * weight(i) + static_cast<float>(bias[static_cast<std::size_t>(i)]);
  return static_cast<std::int64_t>(layer.name.size());
}

double impl::total(const std::vector<ConstView>& parts) {
  double sum = 0;
  for (const ConstView& part : parts)
    for (std::int64_t i = 0; i < part.size(); ++i) sum += part(i);
  return sum;
}

void impl::add(ConstView a, ConstView b, View out) {
  for (std::int64_t i = 0; i < out.size(); ++i) out(i) = a(i) + b(i);
}

std::int64_t impl::bytes_between(ConstView a, View out) {
  return reinterpret_cast<const std::byte*>(out.data) - reinterpret_cast<const std::byte*>(a.data);
}

float impl::peek(ConstView a, ConstView, std::int64_t at) { return a.data[at]; }

void impl::poke(std::span<std::uint8_t> out, std::int64_t at) { out.data()[at] = 1; }

void impl::unfinished(View) { STUB(); }
