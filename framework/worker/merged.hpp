// Session::Merged: extents of one call that overlap, copied to shared memory as one.
#pragma once

#include "worker/session.hpp"

namespace kiln::worker {

struct Session::Merged {
  std::byte* begin = nullptr;  ///< in the caller's memory
  std::byte* end = nullptr;
  bool writable = false;
  std::byte* shared = nullptr;     ///< the same bytes in the arena
  bool direct = false;             ///< the caller's memory is the arena's: nothing to copy
  std::vector<std::size_t> parts;  ///< indices of the call's extents
};

}  // namespace kiln::worker
