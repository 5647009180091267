// Loads one module or the whole course, and checks modules against each other.
#include "grader/course/load.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <system_error>

#include "grader/course/module_parser.hpp"

namespace kiln::grader {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFileName = "module.toml";

bool is_module_folder(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.size() > 3 && std::isdigit(static_cast<unsigned char>(name[0])) &&
         std::isdigit(static_cast<unsigned char>(name[1])) && name[2] == '_';
}

std::vector<fs::path> module_folders(const fs::path& modules, Problems& problems) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator entry(modules, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (is_module_folder(entry->path()) && entry->is_directory(ignored)) folders.push_back(entry->path());
  }
  if (error)
    problems.push_back({modules.string(), 0, 0, "the folder", "must be readable", error.message()});
  else if (folders.empty())
    problems.push_back(
        {modules.string(), 0, 0, "the folder", "must hold at least one module such as 01_tensor", "none"});
  std::sort(folders.begin(), folders.end());
  return folders;
}

void check_needs(const ParsedModule& parsed, const std::vector<std::string>& ids, Problems& problems) {
  for (const Located& need : parsed.needs) {
    // A later module was reported where the file was parsed.
    if (need.text.empty() || need.text >= parsed.module.id || std::find(ids.begin(), ids.end(), need.text) != ids.end())
      continue;
    const std::string guess = nearest(need.text, ids);
    problems.push_back({parsed.file, static_cast<int>(need.at.line), static_cast<int>(need.at.column), "needs",
                        "must name modules of this course",
                        in_quotes(need.text) + (guess.empty() ? "" : ": did you mean " + in_quotes(guess) + "?")});
  }
}

/// Names of one kind that two modules have. Twice in one module was reported where the file was parsed.
void check_unique(const std::vector<ParsedModule>& modules, std::vector<Located> ParsedModule::*names,
                  const std::string& kind, const std::string& key, Problems& problems) {
  std::map<std::string, std::string> first;
  for (const ParsedModule& parsed : modules) {
    for (const Located& name : parsed.*names) {
      const auto [owner, inserted] = first.emplace(name.text, parsed.module.id);
      if (inserted || name.text.empty() || owner->second == parsed.module.id) continue;
      problems.push_back({parsed.file, static_cast<int>(name.at.line), static_cast<int>(name.at.column),
                          kind + " " + in_quotes(name.text) + ": " + key,
                          "must be unique in the course, but " + owner->second + " has it too", ""});
    }
  }
}

}  // namespace

Expected<Module, Problems> load_module(const fs::path& path) {
  std::error_code ignored;
  Problems problems;
  ParsedModule parsed = parse_module(fs::is_directory(path, ignored) ? path / kFileName : path, problems);
  if (!problems.empty()) return problems;
  return std::move(parsed.module);
}

Expected<Course, Problems> load_course(const fs::path& root) {
  Problems problems;
  std::vector<ParsedModule> modules;
  std::vector<std::string> ids;
  for (const fs::path& folder : module_folders(root / "modules", problems)) {
    modules.push_back(parse_module(folder / kFileName, problems));
    ids.push_back(folder.filename().string());
  }
  for (const ParsedModule& parsed : modules) check_needs(parsed, ids, problems);
  check_unique(modules, &ParsedModule::exercise_ids, "exercise", "id", problems);
  // Stubs are listed by the kernel's name alone.
  check_unique(modules, &ParsedModule::slots, "kernel", "slots", problems);
  check_unique(modules, &ParsedModule::milestones, "milestone", "name", problems);
  if (!problems.empty()) return problems;
  Course course{root, {}};
  for (ParsedModule& parsed : modules) course.modules.push_back(std::move(parsed.module));
  return course;
}

}  // namespace kiln::grader
