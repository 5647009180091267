// The most that one submission may be; past it the submission is refused, or the one file is not taken.
#pragma once

#include <cstdint>

namespace kiln::grader {

struct IntakeLimits {
  std::uint64_t archive_bytes = 32u << 20;  ///< of an archive as it was handed in
  std::uint64_t total_bytes = 256u << 20;   ///< of all that an archive expands to
  std::uint64_t entry_bytes = 64u << 20;    ///< of any file in an archive, listed or not
  std::uint64_t listed_bytes = 256u << 10;  ///< of a listed file; past it that file alone is not taken
  std::uint64_t entries = 10'000;           ///< files and folders in an archive, or in the folders that are searched
  std::uint64_t ratio = 100;                ///< of expanded to compressed bytes, once past free_bytes
  std::uint64_t free_bytes = 1u << 20;      ///< expansion that is never called a bomb
};

}  // namespace kiln::grader
