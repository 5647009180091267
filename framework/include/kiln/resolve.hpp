// Resolution: who answers each slot of a family. The student where the kernel is written, the reference where it is
// still a stub or has no definition, and where neither has one a function that throws Error(missing), never null.
// The result is a table to call and a report that says who and why.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "kiln/kernels/contract.hpp"

namespace kiln {

using StubList = std::span<const StubRecord* const>;

/// The unfinished kernels linked into this program, found without calling any. They name no implementation: a program
/// has one implementation with stubs, the student's.
StubList linked_stubs();

/// "modules/01_tensor/matmul.cpp:12"
std::string location(const StubRecord& record);

enum class Answer { student, reference, missing };
enum class Reason {
  written,        ///< the student's kernel is there
  stub,           ///< the student's is a stub
  no_definition,  ///< the student has none
  override_,      ///< asked for by option
  own,            ///< the reference answers for itself
};

std::string_view to_string(Answer answer);

/// One line of the report.
struct SlotReport {
  std::string family;
  std::string kernel;
  Answer answer = Answer::missing;
  Reason reason = Reason::no_definition;
  std::string where;  ///< the stub's place, "" where there is none
};

/// "matmul=reference": let the reference answer although the student's is written. "matmul=student": the student's,
/// although it is a stub, which then throws.
struct Override {
  std::string kernel;
  Answer answer = Answer::reference;
};

/// Error(invalid_argument) where `text` is not KERNEL=student or KERNEL=reference.
Override parse_override(std::string_view text);

/// Error(invalid_argument), listing the known ones, where an override names a kernel that no report has: an override
/// that takes no effect is a typing error.
void require_known(std::span<const Override> overrides, std::span<const SlotReport> reports);

/// An aligned table: family, kernel, who answers, why. Ends with a count of each answer.
std::string format_report(std::span<const SlotReport> reports);

namespace detail {

struct Decision {
  Answer answer;
  Reason reason;
  const StubRecord* stub;
};
Decision decide(std::string_view kernel, bool student_has, bool reference_has, StubList stubs,
                std::span<const Override> overrides);

[[noreturn]] void throw_missing(const char* family, const char* kernel);

/// A function of a slot's own signature for a kernel that nobody defines.
template <class Slots, std::size_t Index, class Function>
struct MissingKernel;
template <class Slots, std::size_t Index, class R, class... A>
struct MissingKernel<Slots, Index, R (*Slots::*)(A...)> {
  static R call(A...) { throw_missing(Slots::kFamily, std::get<Index>(Slots::list()).name); }
};

/// visit(slot, call): each slot of the family with the function that throws Error(missing) in its place.
template <class Slots, class Visit>
void for_each_slot(Visit visit) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    constexpr auto slots = Slots::list();
    (visit(std::get<I>(slots),
           MissingKernel<Slots, I, std::remove_const_t<decltype(std::get<I>(slots).kMember)>>::call),
     ...);
  }
  (std::make_index_sequence<kSlotCount<Slots>>());
}

}  // namespace detail

template <class Slots>
struct Resolution {
  Slots table;  ///< no slot is null
  std::vector<SlotReport> slots;
};

/// Decides for each slot. `stubs` are the student's; a record of another family's kernel does no harm. An override of a
/// kernel that this family lacks is passed over: ask require_known once all families are resolved.
template <class Slots>
Resolution<Slots> resolve(const Slots& student, StubList stubs, const Slots& reference,
                          std::span<const Override> overrides = {}) {
  Resolution<Slots> result{};
  detail::for_each_slot<Slots>([&](const auto& slot, auto missing) {
    constexpr auto member = std::remove_cvref_t<decltype(slot)>::kMember;
    const detail::Decision decision =
        detail::decide(slot.name, student.*member != nullptr, reference.*member != nullptr, stubs, overrides);
    switch (decision.answer) {
      case Answer::student: result.table.*member = student.*member; break;
      case Answer::reference: result.table.*member = reference.*member; break;
      case Answer::missing: result.table.*member = missing; break;
    }
    // A driver is no kernel of anybody's: nobody asks who answers it.
    if constexpr (std::remove_cvref_t<decltype(slot)>::kKind != SlotKind::driver)
      result.slots.push_back({Slots::kFamily, slot.name, decision.answer, decision.reason,
                              decision.stub == nullptr ? std::string() : location(*decision.stub)});
  });
  return result;
}

/// The reference by itself.
template <class Slots>
Resolution<Slots> resolve_reference(const Slots& reference) {
  Resolution<Slots> result = resolve(Slots{}, {}, reference);
  for (SlotReport& slot : result.slots)
    if (slot.answer == Answer::reference) slot.reason = Reason::own;
  return result;
}

}  // namespace kiln
