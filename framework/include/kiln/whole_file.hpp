// Writing files that are whole or not there: results, reports and checkpoints.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kiln {

/// Writes a temporary file beside `path` and renames it over `path`, making missing folders; a symlink at `path` is
/// replaced, not followed. A device, a pipe, and whatever stands in /dev is written to as it is. A reader sees the old
/// file or the new one, whole; after a power cut, perhaps the old. Returns nothing where it is written, else what went
/// wrong, where, and what to do.
std::optional<std::string> write_atomically(const std::filesystem::path& path, std::string_view content);

/// The same of a content that is not in memory as a whole: `produce` hands it to `sink` piece by piece. What it throws
/// passes through, and leaves the old file.
using Sink = std::function<void(std::string_view)>;
std::optional<std::string> write_atomically(const std::filesystem::path& path,
                                            const std::function<void(const Sink& sink)>& produce);

/// Why write_atomically(path) would fail, found by making the missing folders and a temporary file beside `path`;
/// nothing where it would not.
std::optional<std::string> why_not_writable(const std::filesystem::path& path);

}  // namespace kiln
