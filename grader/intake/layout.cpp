// Matches paths with places; judges what was found.
#include "grader/intake/layout.hpp"

#include <algorithm>
#include <set>

#include "grader/intake/archive.hpp"
#include "grader/intake/text.hpp"

namespace kiln::grader {

namespace {

constexpr std::size_t kNamesShown = 5;

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    parts.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// A top folder is a student's repository: neither hidden, nor what macOS adds, nor the mirror of modules/.
bool may_be_top(const std::string& name) { return name[0] != '.' && name != "__MACOSX" && name != "solutions"; }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

Layout::Layout(std::vector<WantedFile> wanted) : wanted_(std::move(wanted)) {
  std::set<std::string> modules;
  for (const WantedFile& file : wanted_) modules.insert(file.module);
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    const auto& [module, file] = wanted_[i];
    accepted_.push_back({{"modules", module, file}, i});
    accepted_.push_back({{module, file}, i});
    if (modules.size() == 1) accepted_.push_back({{file}, i});
  }
}

std::optional<Layout::Place> Layout::match(std::string_view path) const {
  const Parts parts = split(path);
  for (const Accepted& place : accepted_)
    if (place.parts == parts) return Place{place.wanted, ""};
  if (!may_be_top(parts[0])) return std::nullopt;
  for (const Accepted& place : accepted_)
    if (std::equal(place.parts.begin(), place.parts.end(), parts.begin() + 1, parts.end()))
      return Place{place.wanted, parts[0]};
  return std::nullopt;
}

bool Layout::leads_to_place(std::string_view path) const {
  const Parts parts = split(path);
  const auto begins = [&](std::size_t skipped) {
    return std::any_of(accepted_.begin(), accepted_.end(), [&](const Accepted& place) {
      const std::size_t length = parts.size() - skipped;
      return length < place.parts.size() && std::equal(parts.begin() + skipped, parts.end(), place.parts.begin());
    });
  };
  return begins(0) || (may_be_top(parts[0]) && begins(1));
}

std::vector<std::string> Layout::places() const {
  std::vector<std::string> paths;
  for (const Accepted& place : accepted_) {
    std::string path = place.parts[0];
    for (std::size_t i = 1; i < place.parts.size(); ++i) path += '/' + place.parts[i];
    paths.push_back(path);
  }
  return paths;
}

std::string Layout::looked_for() const {
  std::vector<std::string> files;
  for (const WantedFile& file : wanted_)
    if (files.size() < 2 * kNamesShown) files.push_back("modules/" + file.path());
  if (files.size() < wanted_.size()) files.push_back("...");
  const bool one_module = accepted_.size() == 3 * wanted_.size();
  return joined(files) +
         (one_module ? " (the folders modules/ and its module's may be missing"
                     : " (the folder modules/ may be missing") +
         ", and one top folder may lie around all)";
}

Collector::Found* Collector::claim(std::string_view path, const Layout::Place& place) {
  Found& found = found_[place.wanted];
  if (found.any) {
    if (found.second_path.empty()) found.second_path = path;
    return nullptr;
  }
  found.any = true;
  found.path = path;
  found.top = place.top;
  return &found;
}

void Collector::take(std::string_view path, const Layout::Place& place, std::string contents) {
  Found* found = claim(path, place);
  if (!found) return;
  found->refusal = why_not_text(contents);
  if (found->refusal.empty())
    found->contents = std::move(contents);
  else
    found->refusal = "is not source text: " + found->refusal;
}

void Collector::refuse(std::string_view path, const Layout::Place& place, std::string reason) {
  if (Found* found = claim(path, place)) found->refusal = std::move(reason);
}

void Collector::ignore(std::string_view path) {
  ++ignored_count_;
  if (ignored_.size() < kNamesShown) ignored_.push_back(shown(path, 60));
  if (inner_archive_.empty() && archive_kind(path) != ArchiveKind::none) inner_archive_ = shown(path, 60);
}

std::string Collector::ambiguity() const {
  const Found* first = nullptr;
  for (std::size_t i = 0; i < found_.size(); ++i) {
    const Found& found = found_[i];
    if (!found.any) continue;
    if (!found.second_path.empty())
      return layout_.wanted()[i].path() + " is there twice, as " + shown(found.path) + " and as " +
             shown(found.second_path) + ": hand in one attempt only";
    if (!first) first = &found;
    if (found.top != first->top)
      return "the listed files lie in two places, " + shown(first->path) + " and " + shown(found.path) +
             ": put all of them below the same folder, and hand in one attempt only";
  }
  return "";
}

std::string Collector::nothing_found() const {
  for (const Found& found : found_)
    if (found.any && found.refusal.empty()) return "";
  std::string problem;
  for (const Found& found : found_)
    if (found.any && problem.size() < 400)
      problem += (problem.empty() ? "" : "; ") + shown(found.path) + ' ' + found.refusal;
  if (!problem.empty()) return "no listed file could be taken: " + problem;
  problem = "it holds none of the listed files; looked for " + layout_.looked_for();
  if (!inner_archive_.empty())
    problem += "; it holds the archive " + inner_archive_ + ", but archives inside are not opened";
  return problem;
}

void Collector::note_rest(Submission& submission) const {
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < found_.size(); ++i) {
    if (!found_[i].any)
      missing.push_back(layout_.wanted()[i].path());
    else if (!found_[i].refusal.empty())
      submission.notes.push_back(shown(found_[i].path) + " was not taken: it " + found_[i].refusal);
  }
  if (!missing.empty() && submission.problem.empty()) submission.notes.push_back("missing: " + joined(missing));
  if (ignored_count_ == 0) return;
  const bool one = ignored_count_ == 1;
  submission.notes.push_back(std::to_string(ignored_count_) +
                             (one ? " other entry was ignored: " : " other entries were ignored: ") + joined(ignored_) +
                             (ignored_count_ > ignored_.size() ? ", ..." : ""));
}

void Collector::finish(Submission& submission) {
  submission.problem = ambiguity();
  if (submission.problem.empty()) submission.problem = nothing_found();
  note_rest(submission);
  if (!submission.problem.empty()) return;
  for (std::size_t i = 0; i < found_.size(); ++i)
    if (found_[i].any && found_[i].refusal.empty())
      submission.files.emplace(layout_.wanted()[i].path(), std::move(found_[i].contents));
}

}  // namespace kiln::grader
