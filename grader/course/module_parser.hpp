// Parses one module.toml; what load.cpp needs to check modules against each other comes with its place in the file.
#pragma once

#include <filesystem>

#include "grader/course/course.hpp"
#include "grader/course/table_reader.hpp"

namespace kiln::grader {

struct ParsedModule {
  Module module;
  std::string file;  ///< as problems name it
  std::vector<Located> needs;
  std::vector<Located> exercise_ids, slots, milestones;  ///< names that are unique in the course
};

/// Appends what is wrong to `problems`; the result is to be used only where none was added.
ParsedModule parse_module(const std::filesystem::path& file, Problems& problems);
/// The same for a text; `file` is where it stands, which need not exist.
ParsedModule parse_module_text(std::string_view text, const std::filesystem::path& file, Problems& problems);

}  // namespace kiln::grader
