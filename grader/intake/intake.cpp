// Takes submissions in, one by one.
#include "grader/intake/intake.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "grader/intake/archive.hpp"
#include "grader/intake/directory.hpp"
#include "grader/intake/file.hpp"
#include "grader/intake/text.hpp"

namespace kiln::grader {

std::string_view intake_rule() {
  return "Each PATH is a submission, an archive of one, or a folder of submissions. A folder that holds a listed file, "
         "as "
         "modules/MODULE/FILE, MODULE/FILE or (where one module is graded) FILE, is one submission; of any other "
         "folder each folder "
         "and each archive in it is one, and the rest is ignored. Archives are .zip, .tar, .tar.gz, .tar.bz2, .tar.xz "
         "or .tar.zst. "
         "Within a submission the listed files lie at these places, or all of them so below one top folder. Only "
         "listed files "
         "are taken. Symbolic links are not followed; an archive with links, absolute paths or \"..\" is refused.";
}

std::string to_string(const CallError& error) { return shown(error.path, 500) + ' ' + error.message; }

std::vector<WantedFile> wanted_files(const std::vector<const Module*>& modules) {
  std::vector<WantedFile> wanted;
  for (const Module* module : modules)
    for (const Exercise& exercise : module->exercises) wanted.push_back({module->id, exercise.file});
  return wanted;
}

namespace {

std::string read_source(const Source& source, const IntakeLimits& limits, Collector& collector) {
  if (source.kind == Source::Kind::refused) return source.refusal;
  const bool folder = source.kind == Source::Kind::folder;
  // O_NONBLOCK: an entry that became a pipe since it was listed must not stop the class.
  const int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (folder ? O_DIRECTORY : O_NONBLOCK | O_NOCTTY);
  struct stat status {};
  if (lstat(source.path.c_str(), &status) != 0) return "it " + unreadable(errno);
  if (!folder && !S_ISREG(status.st_mode)) return "it " + special_file_text(status.st_mode);
  const Descriptor fd(open(source.path.c_str(), flags));
  if (!fd || fstat(fd.get(), &status) != 0) return "it " + unreadable(errno);
  if (folder) return read_directory(fd.get(), limits, collector);
  if (!S_ISREG(status.st_mode)) return "it " + special_file_text(status.st_mode);
  return read_archive(fd.get(), limits, collector);
}

}  // namespace

Submission take(const Source& source, const Layout& layout, const IntakeLimits& limits) {
  Submission submission{source.name, source.path.string(), {}, source.notes, ""};
  Collector collector(layout);
  submission.problem = read_source(source, limits, collector);
  if (submission.problem.empty()) collector.finish(submission);
  return submission;
}

Intake take_in(const std::vector<std::filesystem::path>& paths, const std::vector<WantedFile>& wanted,
               const IntakeLimits& limits) {
  const Layout layout(wanted);
  Sources found = find_submissions(paths, layout);
  Intake intake{{}, std::move(found.call_errors), std::move(found.notes)};
  for (const Source& source : found.sources) intake.submissions.push_back(take(source, layout, limits));
  return intake;
}

}  // namespace kiln::grader
