// Names of reports that are safe whatever a submission is called.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::grader {

/// `name` as a file's base name: ASCII letters, digits, '.', '_' and '-' stay, all else becomes '_'; no leading '.' or
/// '-', at most 80 characters, never empty. A changed name ends in '-' and eight hexadecimal digits of its hash, so
/// that two names which look alike once changed stay apart.
std::string safe_file_name(std::string_view name);

/// One safe name each, all different, also where a file system ignores case; none is "index".
std::vector<std::string> distinct_file_names(std::span<const std::string> names);

}  // namespace kiln::grader
