// Intake: from the paths that an instructor gives to submissions that are safe to build.
// Every submission that is found becomes one result; what is wrong with one never keeps the others out. What is wrong
// with the call itself (a missing path, an empty folder) is of another type, CallError. Nothing is thrown, nothing is
// extracted.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "grader/course/course.hpp"
#include "grader/intake/layout.hpp"
#include "grader/intake/intake_limits.hpp"
#include "grader/intake/submission.hpp"

namespace kiln::grader {

/// How the paths of a call are understood, for help texts.
std::string_view intake_rule();

/// A path of the call that cannot be used, and why: "does not exist".
struct CallError {
  std::string path;
  std::string message;
};

std::string to_string(const CallError& error);

/// Where one submission lies, before it is opened.
struct Source {
  enum class Kind { folder, archive, refused };
  std::string name;
  std::filesystem::path path;
  Kind kind = Kind::refused;
  std::string refusal;             ///< for Kind::refused
  std::vector<std::string> notes;  ///< "another submission is named alice too"
};

struct Sources {
  std::vector<Source> sources;
  std::vector<CallError> call_errors;
  std::vector<std::string> notes;  ///< entries of a class's folder that are no submissions
};

/// Every exercise's file of `modules`, in order.
std::vector<WantedFile> wanted_files(const std::vector<const Module*>& modules);

/// Lists submissions in the order of `paths`, and of names within a folder. Names are unique; a path given twice counts
/// once.
Sources find_submissions(const std::vector<std::filesystem::path>& paths, const Layout& layout);

/// Takes one in. Independent of all others: may run in several threads, and holds one submission in memory at a time.
Submission take(const Source& source, const Layout& layout, const IntakeLimits& limits = {});

struct Intake {
  std::vector<Submission> submissions;
  std::vector<CallError> call_errors;
  std::vector<std::string> notes;
};

/// find_submissions, then take for each.
Intake take_in(const std::vector<std::filesystem::path>& paths, const std::vector<WantedFile>& wanted,
               const IntakeLimits& limits = {});

}  // namespace kiln::grader
