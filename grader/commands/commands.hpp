// The commands of kiln: each takes its options and returns an exit status. What they print is for people; --json is
// for programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grader/commands/app.hpp"
#include "grader/judge/judge.hpp"

namespace kiln::grader {

int list_course(const App& app);
int show_status(const App& app, const std::string& word);

struct CheckOptions {
  std::string word, test, json;
  std::uint64_t seed = 0;
  int only_case = -1;
  bool sanitize = false, in_process = false, no_speed = false;
  bool meson = false;  ///< as `meson test` wants it: 77 where all is still a stub
};
int check(const App& app, const CheckOptions& options);
/// The tests linked with the student's kernels, in one process; with sanitizers where asked for.
int check_in_process(const App& app, const Selection& selection, const CheckOptions& options);

int show_hint(const App& app, const std::string& word, int level);
int reset(const App& app, const std::string& word);
int bench(const App& app, const std::string& word, const std::vector<std::string>& arguments);
/// "" lists them; `arguments` go to the milestone's own program.
int run_milestone(const App& app, const std::string& name, const std::vector<std::string>& arguments);
/// The same network with every kernel timed; `arguments` go to the program around it.
int profile_milestone(const App& app, const std::string& name, const std::vector<std::string>& arguments);
/// A kernel from textbook loops to the library; `arguments` go to the program that measures.
int journey(const App& app, const std::string& kernel, const std::vector<std::string>& arguments);
int doctor(const App& app, const std::string& json);

/// For authors: a new exercise or module, laid out by tools/new.py.
int lay_out_new(const App& app, const std::vector<std::string>& arguments);

struct LintOptions {
  std::string word;
  bool no_speed = false;
};
int lint(const App& app, const LintOptions& options);

struct GradeOptions {
  std::vector<std::string> paths;
  std::string module, json, out;
  std::string book;       ///< "": in `out`
  std::string handed_in;  ///< a table of times; "": files' own
  bool resume = false;    ///< go on with the last run that was not finished; without paths, with its own
  bool no_cache = false;  ///< judge again what the book knows
  SanitizerStage sanitize = SanitizerStage::off;
  unsigned jobs = 0;      ///< 0: one a processor
  std::uint64_t seed = 0;
  bool unsafe = false;
};
int grade(const App& app, const GradeOptions& options);

struct RejudgeOptions {
  std::string book, module, json;
  std::string select = "latest";         ///< "latest", "failed" or "all" attempts
  std::vector<std::string> submissions;  ///< empty: all
  unsigned jobs = 0;
  std::uint64_t seed = 0;
  std::int64_t apply = 0, drop = 0;  ///< a set's number
  SanitizerStage sanitize = SanitizerStage::off;
  bool list = false, resume = false, unsafe = false;
};
int rejudge(const App& app, const RejudgeOptions& options);

/// `kiln book ...`: the gradebook of a class. `what` is the sub-command.
struct BookOptions {
  std::string what, book;
  std::string student, module, points, file, author, reason, json;
  std::int64_t id = 0;  ///< of an override
  bool yes = false;
};
int book(const App& app, const BookOptions& options);
struct ExportCall {
  std::string format, book, out, module, student, audience;
  std::string visibility = "visible", hidden_tests = "after_published";
  std::vector<std::string> assignments;  ///< "01_tensor=Homework 1 (4711)"
  bool no_leaderboard = false, wide = false, missing_as_zero = false;
};
int export_book(const App& app, const ExportCall& call);

}  // namespace kiln::grader
