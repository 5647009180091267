// Every kernel of a backend with a clock around it, as a backend of its own: code above runs on "profiled:NAME" and
// does not change. A slot's stand-in has the slot's own type; it notes kernel, layer, time and cost, and calls the
// kernel of the backend that was instrumented last. Without recording it costs one load and a call.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "kiln/backend.hpp"
#include "profile/call_tree.hpp"

namespace kiln::profile {

/// The kernel's stand-in.
template <class Slots, std::size_t Index, auto Member, class Function>
struct Instrumented;
template <class Slots, std::size_t Index, auto Member, class R, class... A>
struct Instrumented<Slots, Index, Member, R (*Slots::*)(A...)> {
  static inline R (*kernel)(A...) = nullptr;

  static R call(A... arguments) {
    Recorder& recorder = Recorder::instance();
    if (!recorder.recording()) return kernel(std::forward<A>(arguments)...);
    static const char* const name = std::get<Index>(Slots::list()).name;
    static const Kernel noted{Slots::kFamily, name, cost_rule(name)};
    Cost cost;
    if (noted.rule != nullptr) {
      const std::array<Operand, sizeof...(A)> operands{operand_of(arguments)...};
      cost = cost_of(*noted.rule, operands);
    }
    Recorder::Call call(recorder, noted);
    if constexpr (std::is_void_v<R>) {
      kernel(std::forward<A>(arguments)...);
      call.returned(cost);
    } else {
      R result = kernel(std::forward<A>(arguments)...);
      call.returned(cost);
      return result;
    }
  }
};

/// The family's table of stand-ins for the kernels of `of`. One table a family: an earlier one now calls `of` as well.
template <class Slots>
Slots instrumented(const Slots& of) {
  Slots table{};
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (
        [&] {
          constexpr auto member = std::get<I>(Slots::list()).kMember;
          using StandIn = Instrumented<Slots, I, member, std::remove_const_t<decltype(member)>>;
          StandIn::kernel = of.*member;
          table.*member = &StandIn::call;
        }(),
        ...);
  }
  (std::make_index_sequence<kSlotCount<Slots>>());
  return table;
}

/// Registers the instrumented twin of a backend, of every family that networks use, and returns its name
/// ("profiled:reference"). Overrides that stand now are built in.
/// Error(invalid_argument), listing the known ones, where there is no such backend.
std::string instrument_backend(std::string_view backend);

/// Records with the machine's steady clock, and the layer that nn says.
RecorderHooks wall_clock_hooks();

}  // namespace kiln::profile
