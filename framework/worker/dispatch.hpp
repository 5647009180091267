// The worker's side of the line: decodes a request's argument sets, runs the kernel on each, encodes the results.
// Generated from the slots' types; the sets of a request are decoded first, so that the calls follow each other.
#pragma once

#include <optional>
#include <tuple>
#include <vector>

#include "worker/codec.hpp"
#include "worker/family.hpp"

namespace kiln::worker {

/// Runs `count` calls of one slot of `table`; results go to `results` one behind the other.
using Invoke = void (*)(const void* table, std::uint32_t count, Reader& arguments, Writer& results);

/// What stands in front of a request's argument sets.
struct Request {
  std::uint32_t slot = 0;
  std::uint32_t count = 0;  ///< of argument sets
  std::vector<GuardPage> guards;
};

/// Throws Error(protocol) for a slot of `slots` that is none, or a guard page outside the arenas.
inline Request read_request(Reader& reader, std::size_t slots) {
  Request request;
  request.slot = reader.plain<std::uint32_t>();
  request.count = reader.plain<std::uint32_t>();
  if (request.slot >= slots) throw Error(ErrorKind::protocol, "the judge called a slot that the family does not have");
  request.guards.resize(reader.count(sizeof(GuardPage)));
  reader.raw(request.guards.data(), request.guards.size() * sizeof(GuardPage));
  for (const GuardPage& guard : request.guards) {
    const auto arena = static_cast<std::size_t>(guard.arena);
    if (arena > 1 || guard.offset >= reader.arena_bytes[arena])
      throw Error(ErrorKind::protocol, "the judge named a guard page outside the arenas");
  }
  return request;
}

struct Dispatch {
  Family family;
  std::vector<Invoke> invoke;  ///< by slot
  bool (*is_null)(const void* table, int slot) = nullptr;
};

template <class Slots, auto Member>
struct Invoker;

template <class Slots, class R, class... A, R (*Slots::*Member)(A...)>
struct Invoker<Slots, Member> {
  static void run(const void* table, std::uint32_t count, Reader& arguments, Writer& results) {
    using Set = std::tuple<HeldType<A>...>;
    R (*const kernel)(A...) = static_cast<const Slots*>(table)->*Member;
    // A set takes at least a byte: more of them than bytes are no reason to ask for memory.
    if (sizeof...(A) > 0 && count > arguments.left())
      throw Error(ErrorKind::protocol, "the judge promised more argument sets than it sent");
    std::vector<Set> sets;
    sets.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) sets.push_back(Set{read<HeldType<A>>(arguments)...});
    for (Set& set : sets) {
      if constexpr (std::is_void_v<R>)
        std::apply(kernel, set);
      else
        write<R>(results, std::apply(kernel, set));
    }
  }
};

/// In the place of a kernel that only its driver calls.
[[noreturn]] inline void refuse_driven(const void*, std::uint32_t, Reader&, Writer&) {
  throw Error(ErrorKind::protocol, "this kernel is called by its driver only");
}

template <class Slots, class Slot>
constexpr Invoke invoke_of() {
  if constexpr (Slot::kKind == SlotKind::driven)
    return &refuse_driven;
  else
    return &Invoker<Slots, Slot::kMember>::run;
}

template <class Slots>
Dispatch dispatch_of() {
  Dispatch dispatch;
  dispatch.family = family_of<Slots>();
  std::apply(
      [&](const auto&... slot) {
        (dispatch.invoke.push_back(invoke_of<Slots, std::remove_cvref_t<decltype(slot)>>()), ...);
      },
      Slots::list());
  dispatch.is_null = [](const void* table, int wanted) {
    int index = 0;
    bool null = true;
    std::apply(
        [&](const auto&... slot) {
          ((null = index++ == wanted ? static_cast<const Slots*>(table)->*(slot.kMember) == nullptr : null), ...);
        },
        Slots::list());
    return null;
  };
  return dispatch;
}

/// What the worker serves: defined once a module, in family.cpp.
const Dispatch& served_family();

/// An implementation that is linked into this worker.
struct Implementation {
  const char* name;
  const void* table;
  Implementation* next = nullptr;
};

/// The implementations linked in, newest first. Registration happens in static initialisers and allocates nothing.
Implementation*& implementations();

struct Register {
  explicit Register(Implementation& implementation) {
    implementation.next = implementations();
    implementations() = &implementation;
  }
};

}  // namespace kiln::worker
