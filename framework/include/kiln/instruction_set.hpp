// Instruction sets: which of those that kernels were compiled for this processor has, asked when the program runs.
// KILN_MAX_INSTRUCTION_SET=avx2 in the environment hides what lies above, so that a wide machine runs a narrow one's
// kernels.
#pragma once

#include <string>

#include "kiln/backend.hpp"

namespace kiln {

/// In rising order; each holds those before it. On another architecture than x86-64 there is the baseline alone.
enum class InstructionSet {
  baseline,  ///< what every processor of the architecture has; on x86-64 SSE2
  avx2,      ///< AVX2 and FMA: x86-64-v3
  avx512,    ///< AVX-512 F, BW, CD, DQ and VL: x86-64-v4
};

/// "baseline", "avx2" or "avx512"
const char* to_string(InstructionSet set);

/// The widest that this processor and its operating system allow.
InstructionSet processor_instruction_set();
/// The same, where the environment allows it too; asked once.
InstructionSet best_instruction_set();

/// Registers one of several builds of a backend. "optimized" built for avx2 becomes "optimized_avx2", and "optimized"
/// itself where avx2 is the best there is. A build that this processor cannot run is not registered: who asks for it
/// is told why.
template <class Slots>
void register_backend_for(InstructionSet set, const std::string& name, const Slots& table) {
  const std::string own = name + "_" + to_string(set);
  if (set > best_instruction_set()) {
    mark_unavailable(own, std::string("this processor, or KILN_MAX_INSTRUCTION_SET, has ") +
                              to_string(best_instruction_set()) + " at most");
    return;
  }
  register_backend(own, table);
  if (set == best_instruction_set()) register_backend(name, table);
}

}  // namespace kiln
