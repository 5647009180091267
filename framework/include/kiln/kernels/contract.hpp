// What every contract header stands on: the namespace of an implementation, slots, and STUB().
// A twin compiles the same sources with another KILN_IMPL: student, reference, naive, or a variant's name.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>

#include "kiln/check.hpp"
#include "kiln/error.hpp"
#include "kiln/shape.hpp"
#include "kiln/view.hpp"

#ifndef KILN_IMPL
#define KILN_IMPL reference
#endif

/// Put before each declaration of a contract. Weak where a table is made, so that a kernel without a definition
/// leaves a null slot; empty where kernels are defined.
#ifndef KILN_DECLARE
#define KILN_DECLARE
#endif

namespace kiln {

namespace KILN_IMPL {}
namespace impl = KILN_IMPL;  ///< write `void impl::matmul(...) { ... }`

/// How the judge reaches a slot.
enum class SlotKind {
  kernel,  ///< it is called across the worker's line
  driven,  ///< its arguments cannot travel (threads share them, or a clock): a driver calls it inside the worker
  driver,  ///< ours, and no kernel: runs the driven kernels of its own table and returns what happened
};

/// One kernel of a family: the table's member and the names that errors use.
template <auto Member, std::size_t N, SlotKind Kind = SlotKind::kernel>
struct Slot {
  static constexpr auto kMember = Member;
  static constexpr SlotKind kKind = Kind;
  const char* name;
  std::array<const char*, N> parameters;
};

template <class Function>
inline constexpr std::size_t kArity = 0;
template <class Slots, class R, class... A>
inline constexpr std::size_t kArity<R (*Slots::*)(A...)> = sizeof...(A);

/// slot<&TensorSlots::fill>("fill", "out", "value"): the name, then one word a parameter.
template <auto Member, SlotKind Kind = SlotKind::kernel, class... Names>
constexpr auto slot(const char* name, Names... parameters) {
  static_assert(sizeof...(Names) == kArity<decltype(Member)>, "a slot names each of its kernel's parameters");
  return Slot<Member, sizeof...(Names), Kind>{name, {parameters...}};
}
template <auto Member, class... Names>
constexpr auto driven_slot(const char* name, Names... parameters) {
  return slot<Member, SlotKind::driven>(name, parameters...);
}
template <auto Member, class... Names>
constexpr auto driver_slot(const char* name, Names... parameters) {
  return slot<Member, SlotKind::driver>(name, parameters...);
}

template <class Slots>
inline constexpr std::size_t kSlotCount = std::tuple_size_v<decltype(Slots::list())>;

/// The kernels of a family as this program resolves them, no slot null: so a kernel that is composed of earlier ones
/// calls them, `kernels<TensorSlots>().matmul(a, b, c)`. A worker gives it the reference's kernels of whatever stands
/// before its exercise in the course. Defined in kiln/backend.hpp; each twin instantiates it for its family.
template <class Slots>
const Slots& kernels();

/// The same of one backend by name. Error(invalid_argument) where it is unknown.
template <class Slots>
const Slots& kernels(std::string_view backend);

/// Where an unfinished kernel stands. STUB() leaves a pointer to one in the linker section `kiln_stubs`.
struct StubRecord {
  const char* kernel;
  const char* file;
  int line;
};

[[noreturn]] void throw_stub(const StubRecord& record);

}  // namespace kiln

/// Marks a kernel that is not written yet: calling it throws Error(stub), and it is listed without being called.
#define STUB()                                                                                                        \
  do {                                                                                                                \
    static constexpr ::kiln::StubRecord kiln_stub_record{__func__, __FILE__, __LINE__};                               \
    [[gnu::section("kiln_stubs"), gnu::used, gnu::retain]] static const ::kiln::StubRecord* const kiln_stub_pointer = \
        &kiln_stub_record;                                                                                            \
    (void)kiln_stub_pointer;                                                                                          \
    ::kiln::throw_stub(kiln_stub_record);                                                                             \
  } while (false)
