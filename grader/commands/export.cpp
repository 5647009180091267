// export: grades, computed anew from the gradebook, as other programs read them. What goes to standard output is the
// export alone; what was left out, and why, goes to standard error.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "grader/book/class_book.hpp"
#include "grader/book/store.hpp"
#include "grader/commands/commands.hpp"
#include "grader/commands/grading.hpp"
#include "grader/export/formats.hpp"
#include "kiln/whole_file.hpp"

namespace kiln::grader {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostTold = 10;

void tell(const App& app, const std::string& what) { fmt::print(stderr, "kiln: {}\n", app.out.safe(what)); }

/// A few of a list that may be long.
void tell_some(const App& app, const std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < std::min(lines.size(), kMostTold); ++i) tell(app, lines[i]);
  if (lines.size() > kMostTold) tell(app, fmt::format("and {} more such notes", lines.size() - kMostTold));
}

std::string some(std::vector<std::string> names) {
  const bool more = names.size() > kMostTold;
  names.resize(std::min(names.size(), kMostTold));
  return fmt::format("{}{}", fmt::join(names, ", "), more ? ", ..." : "");
}

/// One of `known`, or "" where that is a choice; else told.
bool is_one_of(const App& app, const char* option, const std::string& value, const std::vector<std::string>& known) {
  if (std::ranges::find(known, value) != known.end()) return true;
  tell(app, fmt::format("{} \"{}\": there are {}", option, value, fmt::join(known, ", ")));
  return false;
}

/// The module's id that the call names; "" for all. False, told, where it names none or several.
bool module_of(const App& app, const std::string& word, std::string& id) {
  if (word.empty()) return true;
  const auto selections = select(app, word);
  if (selections.size() > 1) tell(app, fmt::format("--module {} names several modules; give one", word));
  if (selections.size() != 1) return false;
  id = selections[0].module->id;
  return true;
}

std::optional<ExportOptions> options_of(const App& app, const ExportCall& call, const FormatInfo& format) {
  ExportOptions options;
  if (!module_of(app, call.module, options.module)) return std::nullopt;
  if (!is_one_of(app, "--visibility", call.visibility, gradescope_visibilities()) ||
      !is_one_of(app, "--hidden-tests", call.hidden_tests, gradescope_visibilities()))
    return std::nullopt;
  options.student = call.student;
  options.audience = format.audience;
  if (!call.audience.empty()) {
    if (!is_one_of(app, "--audience", call.audience, {"instructor", "student"})) return std::nullopt;
    options.audience = call.audience == "student" ? Audience::student : Audience::instructor;
  }
  if (format.format == ExportFormat::gradescope && options.audience == Audience::instructor) {
    tell(app, "Gradescope shows results.json to students, so there is none for instructors; use --format json");
    return std::nullopt;
  }
  options.visibility = call.visibility;
  options.hidden_visibility = call.hidden_tests;
  options.leaderboard = !call.no_leaderboard;
  options.wide = call.wide;
  options.missing_as_zero = call.missing_as_zero;
  for (const std::string& assignment : call.assignments) {
    const std::size_t equals = assignment.find('=');
    std::string id;
    if (equals == std::string::npos || equals == 0 || equals + 1 == assignment.size()) {
      tell(app, fmt::format("--assignment \"{}\": expected MODULE=HEADER, such as 01_tensor=\"Homework 1 (4711)\"",
                            assignment));
      return std::nullopt;
    }
    if (!module_of(app, assignment.substr(0, equals), id)) return std::nullopt;
    options.assignments[id] = assignment.substr(equals + 1);
  }
  return options;
}

/// Whether there is what the call asks for.
bool has_asked(const App& app, const Grades& grades, const ExportOptions& options, const fs::path& book) {
  if (grades.students.empty() && grades.pending.empty()) {
    tell(app, fmt::format("{}: nothing was graded yet; grade first: kiln grade SUBMISSIONS --out {}", book.string(),
                          book.parent_path().string()));
    return false;
  }
  std::vector<std::string> modules, students;
  for (const GradedModule& module : grades.modules) modules.push_back(module.id);
  for (const StudentGrade& student : grades.students) students.push_back(student.id);
  if (!options.module.empty() && std::ranges::find(modules, options.module) == modules.end()) {
    tell(app, fmt::format("{}: nothing of {} was graded; there are: {}", book.string(), options.module, some(modules)));
    return false;
  }
  if (!options.student.empty() && std::ranges::find(students, options.student) == students.end()) {
    tell(app, fmt::format("{}: there is no student \"{}\"; there are {}: {}", book.string(), options.student,
                          students.size(), some(students)));
    return false;
  }
  return true;
}

/// Submissions without a grade: what is exported now may change.
std::vector<std::string> without_grade(const Grades& grades) {
  std::vector<std::string> lines;
  for (const Pending& pending : grades.pending)
    lines.push_back(fmt::format("{}{}{}: no grade yet: {}", pending.submission, pending.module.empty() ? "" : ", ",
                                pending.module, pending.reason));
  return lines;
}

/// The name that an export has in a folder.
std::string file_name(const FormatInfo& format) {
  switch (format.format) {
    case ExportFormat::gradescope: return "results.json";
    case ExportFormat::canvas: return "canvas.csv";
    case ExportFormat::junit: return "junit.xml";
    case ExportFormat::csv: return "grades.csv";
    case ExportFormat::json: break;
  }
  return "grades.json";
}

/// False, told, where the file could not be written.
bool write_file(const App& app, const fs::path& path, const std::string& text) {
  const auto problem = write_atomically(path, text);
  if (problem) tell(app, *problem);
  return !problem;
}

bool print_text(const App& app, const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) tell(app, "standard output could not be written; give a file with --out");
  return written;
}

/// Folders of earlier exports that this one has no student for: nobody should upload them by mistake.
std::vector<std::string> others_in(const fs::path& folder, const std::vector<ExportFile>& files) {
  std::set<std::string> ours;
  for (const ExportFile& file : files) ours.insert(fs::path(file.path).begin()->string());
  std::vector<std::string> others;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (!ours.contains(entry->path().filename().string())) others.push_back(entry->path().filename().string());
  std::ranges::sort(others);
  return others;
}

bool write_folder(const App& app, const fs::path& folder, const std::vector<ExportFile>& files) {
  for (const ExportFile& file : files)
    if (!write_file(app, folder / file.path, file.text)) return false;
  if (const auto others = others_in(folder, files); !others.empty())
    tell(app, fmt::format("{}: not of this export, perhaps of an earlier one: {}", folder.string(), some(others)));
  fmt::print("{}: results.json of {} student{}\n", folder.string(), files.size(), files.size() == 1 ? "" : "s");
  return true;
}

bool write_out(const App& app, const ExportCall& call, const FormatInfo& format, const fs::path& book,
               const Exported& exported) {
  if (format.folder && call.student.empty())
    return write_folder(app, call.out.empty() ? book.parent_path() / "gradescope" : fs::path(call.out), exported.files);
  const std::string& text = exported.files.at(0).text;
  if (call.out.empty() || call.out == "-") return print_text(app, text);
  const bool folder = fs::is_directory(call.out) || call.out.ends_with('/');
  return write_file(app, folder ? fs::path(call.out) / file_name(format) : fs::path(call.out), text);
}

}  // namespace

int export_book(const App& app, const ExportCall& call) {
  const FormatInfo* format = find_format(call.format);
  if (!format) {
    std::vector<std::string_view> names;
    for (const FormatInfo& one : export_formats()) names.push_back(one.name);
    tell(app, fmt::format("there is no format \"{}\"; there are: {}", call.format, fmt::join(names, ", ")));
    return kBadCall;
  }
  const auto options = options_of(app, call, *format);
  if (!options) return kBadCall;
  const auto store = Store::open(book_file(call.book.empty() ? kDefaultRun : call.book), false);
  if (!store) {
    tell(app, store.error());
    return kBadCall;
  }
  const auto inputs = inputs_of(*store, app.course);
  if (!inputs) {
    fmt::print(stderr, "kiln: {}\n", app.out.safe_lines(inputs.error()));
    return kBadCall;
  }
  const Grades grades = compute_grades(*inputs);
  if (!has_asked(app, grades, *options, store->path())) return kBadCall;
  const Exported exported = export_grades(format->format, grades, inputs->roster, *options);
  if (!write_out(app, call, *format, store->path(), exported)) return kJudgeFailed;
  tell_some(app, exported.notes);
  tell_some(app, without_grade(grades));
  tell_some(app, grades.problems);
  return kWell;
}

}  // namespace kiln::grader
