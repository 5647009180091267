// When submissions were handed in: as a file tells it, or else as their own files do.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "grader/book/moment.hpp"
#include "grader/intake/intake.hpp"
#include "grader/record/expected.hpp"

namespace kiln::grader {

/// Reads a CSV file with the columns "submission" and "time"; times are ISO 8601, without an offset those of `time_zone`.
/// The error names the line.
Expected<std::map<std::string, UnixSeconds>, std::string> read_handed_in(const std::filesystem::path& file,
                                                                         const std::string& time_zone);

/// The newest time of a submission's files, or of its archive; 0 where it cannot be known.
UnixSeconds newest_file(const Source& source);

}  // namespace kiln::grader
