// remote_table<Slots>(): a family's table whose kernels run in the current session's worker.
// A thunk has no state; Session::current() names the worker.
#pragma once

#include <tuple>

#include "worker/codec.hpp"
#include "worker/session.hpp"

namespace kiln::worker {

/// Writes one argument set of a slot.
template <class... A>
void write_arguments(Writer& writer, const HeldType<A>&... arguments) {
  writer.parameter = 0;
  ((write<HeldType<A>>(writer, arguments), ++writer.parameter), ...);
}

template <class Slots, auto Member>
struct Thunk;

template <class Slots, class R, class... A, R (*Slots::*Member)(A...)>
struct Thunk<Slots, Member> {
  static_assert(std::is_void_v<R> || is_value<R>(), "a kernel returns values, never views: outputs are parameters");
  using Arguments = std::tuple<HeldType<A>...>;
  static constexpr int kIndex = slot_index<Slots, Member>();

  static R call(A... arguments) {
    thread_local Writer writer;
    writer.clear();
    write_arguments<A...>(writer, arguments...);
    Session& session = Session::current();
    Reader reader = session.transact(kIndex, 1, writer);
    return read_results(session, reader);
  }

  /// The result that stands alone in `reader`.
  static R read_results(Session& session, Reader& reader) {
    try {
      if constexpr (std::is_void_v<R>) {
        reader.finish();
      } else {
        R result = read<R>(reader);
        reader.finish();
        return result;
      }
    } catch (const Error& error) {
      session.refuse_result(kIndex, error.what());
    }
  }

  static void write_set(Writer& writer, const Arguments& set) {
    std::apply([&](const auto&... argument) { write_arguments<A...>(writer, argument...); }, set);
  }
};

template <class Slots>
const Slots& remote_table() {
  static const Slots table = [] {
    Slots slots{};
    std::apply(
        [&](const auto&... slot) {
          ((slots.*(slot.kMember) = &Thunk<Slots, std::remove_cvref_t<decltype(slot)>::kMember>::call), ...);
        },
        Slots::list());
    return slots;
  }();
  return table;
}

}  // namespace kiln::worker
