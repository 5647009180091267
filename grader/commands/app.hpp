// What every command stands on: the installation, the course, the terminal, and exit statuses.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "grader/course/course.hpp"
#include "grader/judge/installation.hpp"
#include "grader/report/terminal.hpp"

namespace kiln::grader {

/// Exit status of kiln: all well; something failed its test or step; the call was wrong; the judge itself failed.
enum Exit { kWell = 0, kFailed = 1, kBadCall = 2, kJudgeFailed = 3, kSkipped = 77, kInterrupted = 130 };

struct App {
  Installation installation;
  Course course;
  Terminal out;
};

/// Exercises that a word of the command line means, of one module.
struct Selection {
  const Module* module = nullptr;
  std::vector<const Exercise*> exercises;
};

/// "matmul", "01", "tensor", "01_tensor", or "" for every module. Where nothing has that name, prints what there is
/// (the nearest first) to stderr and gives nothing.
std::vector<Selection> select(const App& app, const std::string& word);

/// The one exercise that `word` names; nullptr, told on stderr, where there is none.
const Exercise* select_exercise(const App& app, const std::string& word, const Module*& module);

/// A file's text; nothing where it cannot be read.
std::optional<std::string> read_file(const std::filesystem::path& path);

/// Number of processors that this process may use, at least 1.
unsigned processors();

/// Whether a student's own code can be put into the sandbox here. Where it cannot, says so once on stderr: such code is
/// then compiled and run as any program of the student's is.
bool sandbox_for_own_code();

/// Whether the built parts of the module that checking needs are there; told on stderr where not.
bool can_judge(const App& app, const Module& module);

}  // namespace kiln::grader
