// Reads the listed files of a submission that is an archive: zip, or tar with one compression.
// Entries are streamed through memory and never written to disk, so no name in an archive becomes a path of ours. An
// archive that holds what no honest tool packs by accident (absolute paths, "..", links, devices, secrets) is refused
// whole.
#pragma once

#include <string>
#include <string_view>

#include "grader/intake/layout.hpp"
#include "grader/intake/intake_limits.hpp"

namespace kiln::grader {

enum class ArchiveKind {
  none,         ///< no archive, by its name
  readable,     ///< zip, tar, tar.gz, tar.bz2, tar.xz, tar.zst and their short forms
  unsupported,  ///< rar, 7z and others
};

/// By the extension, whatever its case.
ArchiveKind archive_kind(std::string_view name);

/// `name` without the extension of a readable archive: "alice.tar.gz" gives "alice".
std::string_view without_archive_extension(std::string_view name);

/// For messages: ".zip, .tar, ..."
std::string readable_archives();

/// `file` is the descriptor of an open regular file, which stays open. Gives the problem, "" where there is none.
std::string read_archive(int file, const IntakeLimits& limits, Collector& collector);

}  // namespace kiln::grader
