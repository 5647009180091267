// Words for what an untrusted file is and why it cannot be read.
#pragma once

#include <cstdint>
#include <string>

#include "grader/sandbox/descriptor.hpp"

namespace kiln::grader {

/// "cannot be read: Permission denied", for errno.
std::string unreadable(int error);

/// "256 KiB"
std::string size_text(std::uint64_t bytes);

/// What a file that is neither regular nor a folder is: "is a symbolic link, which is not followed".
std::string special_file_text(unsigned mode);

}  // namespace kiln::grader
