// What a worker reads: a request's slot, number of calls, guard pages and argument sets. The kernels here give back
// what they got, so a value that was read must come out as it would be read again; views must begin in an arena.
#include <array>

#include "grader/tests/fuzz/input.hpp"
#include "worker/dispatch.hpp"
#include "worker/remote.hpp"
#include "worker/tests/probe.hpp"

namespace {

using namespace kiln;
using namespace kiln::worker;

alignas(64) std::byte arenas[2][8192];

template <class T>
void inside(const T* data) {
  const auto* at = reinterpret_cast<const std::byte*>(data);
  fuzz::demand((at >= arenas[0] && at <= std::end(arenas[0])) || (at >= arenas[1] && at <= std::end(arenas[1])),
               "a view begins in an arena");
}

void check_views(ConstView a, BasicView<const double> b, BasicView<const std::int8_t> c,
                 BasicView<const std::int64_t> d, View e, BasicView<double> f, BasicView<std::int8_t> g,
                 BasicView<std::int64_t> h) {
  inside(a.data), inside(b.data), inside(c.data), inside(d.data);
  inside(e.data), inside(f.data), inside(g.data), inside(h.data);
}

std::int64_t check_layer(const Layer& layer) {
  inside(layer.weights.weight.data), inside(layer.weights.bias.data()), inside(layer.out.data);
  return static_cast<std::int64_t>(layer.name.size());
}

double check_parts(const std::vector<ConstView>& parts) {
  for (const ConstView& part : parts) inside(part.data);
  return 0;
}

ProbeSlots checking_table() {
  ProbeSlots table{};
  table.pack = [](bool flag, std::int8_t i8, std::uint16_t u16, std::int32_t i32, std::int64_t i64, std::uint64_t u64,
                  float f32, double f64, Mode mode,
                  char letter) { return Scalars{flag, i8, u16, i32, i64, u64, f32, f64, mode, letter}; };
  table.echo_scalars = [](const Scalars& value) { return value; };
  table.echo_bool = [](bool value) { return value; };
  table.echo_mode = [](Mode value) { return value; };
  table.echo_shape = [](Shape value) { return value; };
  table.echo_lists = [](const Lists& value) { return value; };
  table.join = [](const std::string& a, std::string_view b) { return a + std::string(b); };
  table.split = [](std::string_view text, char) { return std::vector<std::string>(2, std::string(text)); };
  table.shape_and_strides = [](ConstView in) { return std::array<Shape, 2>{in.shape, in.strides}; };
  table.nothing = [] {};
  table.copy_views = check_views;
  table.copy_spans = [](std::span<const float> a, std::span<const std::uint8_t> b, std::span<float> c,
                        std::span<std::uint8_t> d) {
    inside(a.data()), inside(b.data()), inside(c.data()), inside(d.data());
  };
  table.apply = check_layer;
  table.total = check_parts;
  return table;
}

/// What was written by one side reads back on the other, to the same bytes.
template <class T>
void check_round_trip(const Writer& results) {
  Reader reader{results.bytes.data(), results.bytes.data() + results.bytes.size(), {}, {}};
  Writer again;
  while (reader.left() > 0) write<T>(again, read<T>(reader));
  fuzz::demand(again.bytes == results.bytes, "a result reads back as it was written");
}

void check_results(std::uint32_t slot, const Writer& results) {
  if (slot == slot_index<ProbeSlots, &ProbeSlots::echo_scalars>()) check_round_trip<Scalars>(results);
  if (slot == slot_index<ProbeSlots, &ProbeSlots::echo_shape>()) check_round_trip<Shape>(results);
  if (slot == slot_index<ProbeSlots, &ProbeSlots::echo_lists>()) check_round_trip<Lists>(results);
  if (slot == slot_index<ProbeSlots, &ProbeSlots::split>()) check_round_trip<std::vector<std::string>>(results);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Dispatch dispatch = dispatch_of<ProbeSlots>();
  static const ProbeSlots table = checking_table();
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  Reader reader{bytes, bytes + size, {arenas[0], arenas[1]}, {sizeof arenas[0], sizeof arenas[1]}};
  Writer results;
  try {
    const Request request = read_request(reader, dispatch.family.slots.size());
    if (request.count > 1000 || dispatch.is_null(&table, static_cast<int>(request.slot))) return 0;
    for (const GuardPage& guard : request.guards) inside(reader.arenas[static_cast<int>(guard.arena)] + guard.offset);
    dispatch.invoke[request.slot](&table, request.count, reader, results);
    check_results(request.slot, results);
  } catch (const Error& error) {
    fuzz::demand(error.kind() == ErrorKind::protocol, "what cannot be read is told as a protocol error");
  }
  return 0;
}
