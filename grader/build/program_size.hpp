// How much memory a linked program takes before its first instruction.
#pragma once

#include <cstdint>
#include <filesystem>

namespace kiln::grader {

/// The sum of the segments that an ELF program of 64 bits maps, static tables among them; 0 where `program` is none.
/// Past the limit on its address space the kernel kills it while it starts, which would look like a broken sandbox.
std::uint64_t memory_at_start(const std::filesystem::path& program);

}  // namespace kiln::grader
