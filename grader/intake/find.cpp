// Finds submissions: tells one submission from a class's folder, and names apart.
#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include "grader/intake/archive.hpp"
#include "grader/intake/file.hpp"
#include "grader/intake/intake.hpp"
#include "grader/intake/text.hpp"

namespace kiln::grader {

namespace fs = std::filesystem;

namespace {

constexpr const char* kClassMarker = ".kiln-class";

class Finder {
 public:
  explicit Finder(const Layout& layout) : layout_(layout) {}

  void path(const fs::path& given);
  Sources result();

 private:
  void class_folder(const fs::path& folder, const fs::path& given);
  bool class_entry(const fs::path& path);
  void add(Source source);
  bool is_submission(const fs::path& folder) const;
  bool is_class(const fs::path& folder) const;
  void call_error(const fs::path& given, std::string message) {
    result_.call_errors.push_back({given.string(), std::move(message)});
  }

  const Layout& layout_;
  Sources result_;
  std::set<fs::path> seen_;
};

bool Finder::is_submission(const fs::path& folder) const {
  for (const std::string& place : layout_.places()) {
    std::error_code error;
    if (fs::exists(fs::symlink_status(folder / place, error))) return true;
  }
  return false;
}

/// Whether a folder in a class's folder is a class of its own. Only a marker says so: whatever a student hands in, even
/// an empty folder or one with folders in folders, is a submission.
bool Finder::is_class(const fs::path& folder) const {
  std::error_code error;
  return fs::is_regular_file(fs::symlink_status(folder / kClassMarker, error)) && !is_submission(folder);
}

void Finder::add(Source source) {
  if (!seen_.insert(source.path).second) return;
  const std::string name = source.path.filename().string();
  source.name = file_name_from(source.kind == Source::Kind::archive ? without_archive_extension(name) : name);
  result_.sources.push_back(std::move(source));
}

void Finder::path(const fs::path& given) {
  // What the call names is followed; nothing below it is.
  std::error_code error;
  const fs::path path = fs::canonical(given, error);
  if (error == std::errc::no_such_file_or_directory) return call_error(given, "does not exist");
  if (error) return call_error(given, unreadable(error.value()));
  const fs::file_status status = fs::status(path, error);
  if (error) return call_error(given, unreadable(error.value()));
  const ArchiveKind kind = archive_kind(path.filename().string());
  if (fs::is_regular_file(status) && kind == ArchiveKind::readable)
    return add({"", path, Source::Kind::archive, "", {}});
  if (!fs::is_directory(status))
    return call_error(given, "is neither a folder nor an archive that can be read (" + readable_archives() +
                                 "); give the folder or the archive that holds the files");
  if (is_submission(path)) return add({"", path, Source::Kind::folder, "", {}});
  class_folder(path, given);
}

/// One entry of a class's folder; false where it is no submission.
bool Finder::class_entry(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name[0] == '.' || name == "__MACOSX") return false;
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  const ArchiveKind kind = archive_kind(name);
  if (fs::is_directory(status) && is_class(path))
    result_.notes.push_back(shown(path.string(), 500) + " is a class of its own, as " + kClassMarker +
                            " in it says, and was left out; to grade it, name it");
  else if (fs::is_directory(status))
    add({"", path, Source::Kind::folder, "", {}});
  else if (fs::is_symlink(status))
    add({"", path, Source::Kind::refused, "it is a symbolic link, which is not followed", {}});
  else if (kind == ArchiveKind::readable)
    add({"", path, Source::Kind::archive, "", {}});
  else if (kind == ArchiveKind::unsupported)
    add({"",
         path,
         Source::Kind::refused,
         "this kind of archive cannot be read; hand in one of " + readable_archives(),
         {}});
  else
    return false;
  return true;
}

void Finder::class_folder(const fs::path& folder, const fs::path& given) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    entries.push_back(entry->path());
  if (error) return call_error(given, unreadable(error.value()));
  if (entries.empty()) return call_error(given, "is an empty folder");
  std::sort(entries.begin(), entries.end());
  std::vector<std::string> others;
  for (const fs::path& entry : entries)
    if (!class_entry(entry)) others.push_back(entry.filename().string());
  if (others.size() == entries.size())
    return call_error(given, "holds no submission: none of the listed files, no folder and no archive; looked for " +
                                 layout_.looked_for());
  if (others.empty()) return;
  std::string note = shown(given.string()) + ": " + std::to_string(others.size()) + " entries are no submissions: ";
  for (std::size_t i = 0; i < others.size() && i < 5; ++i) note += (i ? ", " : "") + shown(others[i], 60);
  result_.notes.push_back(note + (others.size() > 5 ? ", ..." : ""));
}

/// Tells submissions of one name apart: the first keeps it, the others get a number; all of them say so.
Sources Finder::result() {
  std::map<std::string, std::vector<Source*>> by_name;
  for (Source& source : result_.sources) by_name[source.name].push_back(&source);
  std::set<std::string> taken;
  for (const auto& [name, sources] : by_name) taken.insert(name);
  for (const auto& [name, sources] : by_name) {
    for (std::size_t i = 1, number = 2; i < sources.size(); ++i) {
      while (!taken.insert(name + '-' + std::to_string(number)).second) ++number;
      sources[i]->name = name + '-' + std::to_string(number);
    }
    for (Source* source : sources)
      if (sources.size() > 1)
        source->notes.push_back(std::to_string(sources.size()) + " submissions are named " + name + "; this one is " +
                                shown(source->path.filename().string()));
  }
  return std::move(result_);
}

}  // namespace

Sources find_submissions(const std::vector<fs::path>& paths, const Layout& layout) {
  Finder finder(layout);
  for (const fs::path& path : paths) finder.path(path);
  return finder.result();
}

}  // namespace kiln::grader
