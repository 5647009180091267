// Writing reports: names that are safe whatever a submission is called, and files that are whole or not there.
#pragma once

#include <filesystem>
#include <optional>
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

/// Writes a temporary file beside `path` and renames it over `path`, making missing folders; a symlink at `path` is
/// replaced, not followed. A device, a pipe, and whatever stands in /dev is written to as it is. A reader sees the old file or the new one, whole; after a power cut, perhaps the old.
/// Returns nothing where it is written, else what went wrong, where, and what to do.
std::optional<std::string> write_atomically(const std::filesystem::path& path, std::string_view content);

/// Why write_atomically(path) would fail, found by making the missing folders and a temporary file beside `path`;
/// nothing where it would not.
std::optional<std::string> why_not_writable(const std::filesystem::path& path);

}  // namespace kiln::grader
