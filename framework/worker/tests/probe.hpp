// Probe: a contract that no module teaches. Its kernels carry every type that the line knows, and misbehave on request.
// The types stand outside the implementation's namespace, as a module's would.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kiln/kernels/contract.hpp"

namespace kiln {

enum class Mode : std::int16_t { low = -300, plain = 0, high = 300 };

/// As many members as an aggregate may have.
struct Scalars {
  bool flag;
  std::int8_t i8;
  std::uint16_t u16;
  std::int32_t i32;
  std::int64_t i64;
  std::uint64_t u64;
  float f32;
  double f64;
  Mode mode;
  char letter;
  friend bool operator==(const Scalars&, const Scalars&) = default;
};

struct Leaf {
  Shape shape;
  std::vector<std::int8_t> codes;
  friend bool operator==(const Leaf&, const Leaf&) = default;
};

struct Lists {
  std::vector<std::int64_t> numbers;
  std::vector<std::string> words;
  std::vector<bool> flags;
  std::vector<std::vector<double>> rows;
  std::array<float, 3> triple;
  std::array<Leaf, 2> leaves;
  std::vector<Leaf> tree;
  friend bool operator==(const Lists&, const Lists&) = default;
};

struct Weights {
  ConstView weight;
  std::span<const double> bias;
};

struct Layer {
  Weights weights;
  float scale;
  std::string_view name;
  View out;
};

enum class Fault : std::int32_t {
  none,
  // `by` counts elements
  write_behind,
  write_before,
  write_between,
  write_input,
  read_behind,
  read_before,
  // `by` has no say
  null_read,
  null_write,
  overflow_stack,
  abort,
  divide_by_zero,
  illegal_instruction,
  throw_standard,
  throw_number,
  allocate_too_much,
  endless,
  sleep,
  // `by` is the kind, the number of bytes, the status, the signal
  throw_error,
  throw_long,
  exit,
  quick_exit,
  raise,
  print,
  // these return a value: the errno that they met, a process id, how many bytes were taken
  map_inputs,
  protect_inputs,
  write_inputs,
  shrink_inputs,
  shrink_outputs,
  fork,
  flood,
  // of threads that outlive the call
  count_on,
  count_on_alone,
  fill_later,
  // `by` is an amount of work
  burn,
  reply_early,
  // `by` is milliseconds
  nap,
  // ignores the signal `by`; asks who handles it
  swallow,
  ask,
  // how many threads loops may use
  count_threads,
};

namespace KILN_IMPL {

// ---- values
KILN_DECLARE Scalars pack(bool flag, std::int8_t i8, std::uint16_t u16, std::int32_t i32, std::int64_t i64,
                          std::uint64_t u64, float f32, double f64, Mode mode, char letter);
KILN_DECLARE Scalars echo_scalars(const Scalars& value);
KILN_DECLARE bool echo_bool(bool value);
KILN_DECLARE float echo_float(float value);
KILN_DECLARE double echo_double(double value);
KILN_DECLARE Mode echo_mode(Mode value);
KILN_DECLARE Shape echo_shape(Shape value);
KILN_DECLARE Lists echo_lists(const Lists& value);
/// `a`, then `b`.
KILN_DECLARE std::string join(const std::string& a, std::string_view b);
KILN_DECLARE std::vector<std::string> split(std::string_view text, char at);
KILN_DECLARE std::array<Shape, 2> shape_and_strides(ConstView in);
KILN_DECLARE void nothing();

// ---- memory
/// Copies bits, element by element, each input to the output of its type.
KILN_DECLARE void copy_views(ConstView f32, BasicView<const double> f64, BasicView<const std::int8_t> i8,
                             BasicView<const std::int64_t> i64, View f32_out, BasicView<double> f64_out,
                             BasicView<std::int8_t> i8_out, BasicView<std::int64_t> i64_out);
KILN_DECLARE void copy_spans(std::span<const float> f32, std::span<const std::uint8_t> u8, std::span<float> f32_out,
                             std::span<std::uint8_t> u8_out);
/// out[i] = scale * weight[i] + bias[i] (rank 1); returns the length of the name.
KILN_DECLARE std::int64_t apply(const Layer& layer);
KILN_DECLARE double total(const std::vector<ConstView>& parts);
KILN_DECLARE void add(ConstView a, ConstView b, View out);
/// Bytes from a's first element to out's, as the kernel sees them.
KILN_DECLARE std::int64_t bytes_between(ConstView a, View out);
/// a.data[at]; `b` is not looked at.
KILN_DECLARE float peek(ConstView a, ConstView b, std::int64_t at);
/// out.data()[at] = 1.
KILN_DECLARE void poke(std::span<std::uint8_t> out, std::int64_t at);

// ---- faults
KILN_DECLARE std::int64_t misbehave(Fault fault, ConstView in, View out, std::int64_t by);
KILN_DECLARE void unfinished(View out);
KILN_DECLARE void absent(View out);

// ---- time
/// out[i] = x after 200 steps of x <- x / 2 + in[i], contiguous.
KILN_DECLARE void smooth(ConstView in, View out);
/// out[i] = 2 * labels[i] + numbers[i]
KILN_DECLARE void double_labels(std::span<const std::int32_t> labels, std::span<const std::int64_t> numbers,
                                std::span<std::int64_t> out);

}  // namespace KILN_IMPL

struct ProbeSlots {
  Scalars (*pack)(bool, std::int8_t, std::uint16_t, std::int32_t, std::int64_t, std::uint64_t, float, double, Mode,
                  char);
  Scalars (*echo_scalars)(const Scalars&);
  bool (*echo_bool)(bool);
  float (*echo_float)(float);
  double (*echo_double)(double);
  Mode (*echo_mode)(Mode);
  Shape (*echo_shape)(Shape);
  Lists (*echo_lists)(const Lists&);
  std::string (*join)(const std::string&, std::string_view);
  std::vector<std::string> (*split)(std::string_view, char);
  std::array<Shape, 2> (*shape_and_strides)(ConstView);
  void (*nothing)();
  void (*copy_views)(ConstView, BasicView<const double>, BasicView<const std::int8_t>, BasicView<const std::int64_t>,
                     View, BasicView<double>, BasicView<std::int8_t>, BasicView<std::int64_t>);
  void (*copy_spans)(std::span<const float>, std::span<const std::uint8_t>, std::span<float>, std::span<std::uint8_t>);
  std::int64_t (*apply)(const Layer&);
  double (*total)(const std::vector<ConstView>&);
  void (*add)(ConstView, ConstView, View);
  std::int64_t (*bytes_between)(ConstView, View);
  float (*peek)(ConstView, ConstView, std::int64_t);
  void (*poke)(std::span<std::uint8_t>, std::int64_t);
  std::int64_t (*misbehave)(Fault, ConstView, View, std::int64_t);
  void (*unfinished)(View);
  void (*absent)(View);
  void (*smooth)(ConstView, View);
  void (*double_labels)(std::span<const std::int32_t>, std::span<const std::int64_t>, std::span<std::int64_t>);

  static constexpr const char* kFamily = "probe";
  static constexpr auto list() {
    return std::tuple{
        slot<&ProbeSlots::pack>("pack", "flag", "i8", "u16", "i32", "i64", "u64", "f32", "f64", "mode", "letter"),
        slot<&ProbeSlots::echo_scalars>("echo_scalars", "value"),
        slot<&ProbeSlots::echo_bool>("echo_bool", "value"),
        slot<&ProbeSlots::echo_float>("echo_float", "value"),
        slot<&ProbeSlots::echo_double>("echo_double", "value"),
        slot<&ProbeSlots::echo_mode>("echo_mode", "value"),
        slot<&ProbeSlots::echo_shape>("echo_shape", "value"),
        slot<&ProbeSlots::echo_lists>("echo_lists", "value"),
        slot<&ProbeSlots::join>("join", "a", "b"),
        slot<&ProbeSlots::split>("split", "text", "at"),
        slot<&ProbeSlots::shape_and_strides>("shape_and_strides", "in"),
        slot<&ProbeSlots::nothing>("nothing"),
        slot<&ProbeSlots::copy_views>("copy_views", "f32", "f64", "i8", "i64", "f32_out", "f64_out", "i8_out",
                                      "i64_out"),
        slot<&ProbeSlots::copy_spans>("copy_spans", "f32", "u8", "f32_out", "u8_out"),
        slot<&ProbeSlots::apply>("apply", "layer"),
        slot<&ProbeSlots::total>("total", "parts"),
        slot<&ProbeSlots::add>("add", "a", "b", "out"),
        slot<&ProbeSlots::bytes_between>("bytes_between", "a", "out"),
        slot<&ProbeSlots::peek>("peek", "a", "b", "at"),
        slot<&ProbeSlots::poke>("poke", "out", "at"),
        slot<&ProbeSlots::misbehave>("misbehave", "fault", "in", "out", "by"),
        slot<&ProbeSlots::unfinished>("unfinished", "out"),
        slot<&ProbeSlots::absent>("absent", "out"),
        slot<&ProbeSlots::smooth>("smooth", "in", "out"),
        slot<&ProbeSlots::double_labels>("double_labels", "labels", "numbers", "out"),
    };
  }
};

static_assert(sizeof(ProbeSlots) == kSlotCount<ProbeSlots> * sizeof(void*), "list() names every slot");

namespace KILN_IMPL {
inline ProbeSlots table(const ProbeSlots*) {
  return {
      .pack = pack,
      .echo_scalars = echo_scalars,
      .echo_bool = echo_bool,
      .echo_float = echo_float,
      .echo_double = echo_double,
      .echo_mode = echo_mode,
      .echo_shape = echo_shape,
      .echo_lists = echo_lists,
      .join = join,
      .split = split,
      .shape_and_strides = shape_and_strides,
      .nothing = nothing,
      .copy_views = copy_views,
      .copy_spans = copy_spans,
      .apply = apply,
      .total = total,
      .add = add,
      .bytes_between = bytes_between,
      .peek = peek,
      .poke = poke,
      .misbehave = misbehave,
      .unfinished = unfinished,
      .absent = absent,
      .smooth = smooth,
      .double_labels = double_labels,
  };
}
}  // namespace KILN_IMPL

}  // namespace kiln
