// Reads the program headers; trusts no number in them.
#include "grader/build/program_size.hpp"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <limits>

namespace kiln::grader {

std::uint64_t memory_at_start(const std::filesystem::path& program) {
  std::ifstream file(program, std::ios::binary);
  Elf64_Ehdr header{};
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header)) return 0;
  const bool known = std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64;
  if (!known || header.e_phentsize != sizeof(Elf64_Phdr)) return 0;
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  std::uint64_t sum = 0;
  Elf64_Phdr segment{};
  for (unsigned i = 0; i < header.e_phnum && file.read(reinterpret_cast<char*>(&segment), sizeof segment); ++i) {
    // A thread's copy of its variables comes on top of the image that it is made from.
    if (segment.p_type != PT_LOAD && segment.p_type != PT_TLS) continue;
    if (segment.p_memsz > std::numeric_limits<std::uint64_t>::max() - sum)
      return std::numeric_limits<std::uint64_t>::max();
    sum += segment.p_memsz;
  }
  return sum;
}

}  // namespace kiln::grader
