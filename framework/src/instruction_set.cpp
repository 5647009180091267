// The compiler's own question to the processor, which asks the operating system too (XGETBV).
#include "kiln/instruction_set.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace kiln {
namespace {

constexpr InstructionSet kAll[] = {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512};

bool processor_has(InstructionSet set) {
#ifdef __x86_64__
  switch (set) {
    case InstructionSet::baseline: return true;
    case InstructionSet::avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case InstructionSet::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl");
  }
#endif
  return set == InstructionSet::baseline;
}

InstructionSet most_wanted() {
  const char* const text = std::getenv("KILN_MAX_INSTRUCTION_SET");
  if (text == nullptr || *text == '\0') return InstructionSet::avx512;
  for (const InstructionSet set : kAll)
    if (std::string_view(text) == to_string(set)) return set;
  std::fprintf(stderr,
               "kiln: KILN_MAX_INSTRUCTION_SET is \"%s\"; it may be baseline, avx2 or avx512, and counts for nothing now\n",
               text);
  return InstructionSet::avx512;
}

}  // namespace

const char* to_string(InstructionSet set) {
  switch (set) {
    case InstructionSet::baseline: return "baseline";
    case InstructionSet::avx2: return "avx2";
    case InstructionSet::avx512: return "avx512";
  }
  return "unknown";
}

InstructionSet processor_instruction_set() {
  InstructionSet found = InstructionSet::baseline;
  for (const InstructionSet set : kAll)
    if (processor_has(set)) found = set;
  return found;
}

InstructionSet best_instruction_set() {
  static const InstructionSet best = std::min(processor_instruction_set(), most_wanted());
  return best;
}

}  // namespace kiln
