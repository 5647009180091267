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

/// In the place of a kernel whose arguments cannot travel.
template <class Slots, auto Member>
struct DrivenThunk;
template <class Slots, class R, class... A, R (*Slots::*Member)(A...)>
struct DrivenThunk<Slots, Member> {
  static R call(A...) {
    throw Error(ErrorKind::broken_promise, "a test called a kernel of " + std::string(Slots::kFamily) +
                                               " that only its driver calls, inside the worker");
  }
};

template <class Slots, class Slot>
constexpr auto thunk_of() {
  if constexpr (Slot::kKind == SlotKind::driven)
    return &DrivenThunk<Slots, Slot::kMember>::call;
  else
    return &Thunk<Slots, Slot::kMember>::call;
}

template <class Slots>
const Slots& remote_table() {
  static const Slots table = [] {
    Slots slots{};
    std::apply(
        [&](const auto&... slot) {
          ((slots.*(slot.kMember) = thunk_of<Slots, std::remove_cvref_t<decltype(slot)>>()), ...);
        },
        Slots::list());
    return slots;
  }();
  return table;
}

}  // namespace kiln::worker
