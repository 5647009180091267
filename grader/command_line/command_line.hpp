// The words of kiln's command line: which commands there are, and what each takes. What they do is in commands/.
#pragma once

#include <string>
#include <vector>

#include "grader/commands/commands.hpp"

namespace CLI {
class App;
}

namespace kiln::grader {

/// What a call says, whatever its command.
struct Commands {
  std::string word, doctor_json;
  int level = 1;
  std::vector<std::string> arguments, signatures;
  CheckOptions check;
  LintOptions lint;
  GradeOptions grade;
  RejudgeOptions rejudge;
  BookOptions book;
  ExportCall export_call;
};

/// For students: check, status, hint and their kin.
void add_learning(CLI::App& cli, Commands& commands);
/// For authors and instructors: lint, grade, rejudge.
void add_teaching(CLI::App& cli, Commands& commands);
/// What is done with a gradebook: book, export.
void add_gradebook(CLI::App& cli, Commands& commands);

/// Refuses numbers with a sign, which CLI11 would wrap.
std::string no_sign(const std::string& text);

}  // namespace kiln::grader
