// book: what an instructor puts into the gradebook and takes out of it. Nothing replaces a good document before its
// successor was read and found good.
#include <fmt/format.h>

#include <cstdio>
#include <set>

#include "grader/book/class_book.hpp"
#include "grader/book/erase.hpp"
#include "grader/commands/book.hpp"
#include "grader/commands/grading.hpp"

namespace kiln::grader {

void complain(const App& app, const std::string& text) {
  fmt::print(stderr, "kiln: {}\n", app.out.safe_lines(text.ends_with('\n') ? text.substr(0, text.size() - 1) : text));
}

std::optional<Store> open_book(const App& app, const BookOptions& options, bool make) {
  auto store = Store::open(book_file(options.book.empty() ? kDefaultRun : options.book), make);
  if (store) return std::move(*store);
  complain(app, store.error());
  return std::nullopt;
}

namespace {

std::optional<std::string> read_document(const App& app, const std::string& file) {
  auto text = read_file(file);
  if (!text) complain(app, file + ": cannot be read");
  return text;
}

/// Keeps a document; the same one twice in a row is one version.
void keep_document(Store& store, const char* kind, const std::string& text) {
  if (store.document(kind) != text) store.keep_document(kind, text);
}

int set_roster(const App& app, const BookOptions& options) {
  const auto text = read_document(app, options.file);
  if (!text) return kBadCall;
  const auto roster = parse_roster(*text, options.file);
  if (!roster) {
    complain(app, roster.error());
    return kBadCall;
  }
  auto store = open_book(app, options, true);
  if (!store) return kBadCall;
  keep_document(*store, kRosterDocument, *text);
  std::set<std::string> groups;
  for (const Student& student : roster->students)
    if (!student.group.empty()) groups.insert(student.group);
  fmt::print("{}: {} student{}, {} group{}\n", store->path().string(), roster->students.size(),
             roster->students.size() == 1 ? "" : "s", groups.size(), groups.size() == 1 ? "" : "s");
  for (const std::string& problem : roster->problems) complain(app, problem);
  return roster->problems.empty() ? kWell : kBadCall;
}

int set_policy(const App& app, const BookOptions& options) {
  const auto text = read_document(app, options.file);
  if (!text) return kBadCall;
  const auto policy = parse_policy(*text, options.file);
  std::string problems = policy ? "" : policy.error();
  std::vector<std::string> modules;
  for (const Module& module : app.course.modules) modules.push_back(module.id);
  if (policy)
    for (const std::string& problem : check_policy(*policy, modules)) problems += options.file + ": " + problem + '\n';
  if (!problems.empty()) {
    complain(app, problems + "the book's policy is what it was");
    return kBadCall;
  }
  auto store = open_book(app, options, true);
  if (!store) return kBadCall;
  keep_document(*store, kPolicyDocument, *text);
  fmt::print("{}: {} attempts count; {} due moment{}, {} extension{}\n", store->path().string(),
             to_string(policy->counted), policy->due.size(), policy->due.size() == 1 ? "" : "s",
             policy->extensions.size(), policy->extensions.size() == 1 ? "" : "s");
  for (const auto& [module, due] : policy->due) fmt::print("  {}  {}\n", module, zone_time(due, policy->time_zone));
  return kWell;
}

void tell_count(int count, const char* what) {
  if (count > 0) fmt::print("  {} {}{}\n", count, what, count == 1 ? "" : "s");
}

void tell_erasure(const App& app, const Erasure& erasure) {
  tell_count(static_cast<int>(erasure.submissions.size()), "submission");
  for (const std::string& name : erasure.submissions) fmt::print("    {}\n", app.out.safe(name));
  tell_count(erasure.attempts, "attempt");
  tell_count(erasure.results, "result");
  tell_count(erasure.files, "file");
  tell_count(erasure.judgements, "judgement");
  tell_count(erasure.refusals, "refusal");
  tell_count(erasure.faults, "fault");
  tell_count(erasure.overrides, "override");
  tell_count(erasure.roster_lines, "roster line");
  tell_count(erasure.extensions, "extension");
  if (erasure.shared_files > 0)
    fmt::print("{} somebody else handed in too, and they stay.\n",
               erasure.shared_files == 1 ? "1 file" : fmt::format("{} files", erasure.shared_files));
  if (!erasure.partners.empty())
    fmt::print("These submissions counted for the group: {} lose them.\n",
               app.out.safe(fmt::format("{}", fmt::join(erasure.partners, ", "))));
}

int erase_student(const App& app, const BookOptions& options) {
  auto store = open_book(app, options, false);
  if (!store) return kBadCall;
  const auto erasure = options.yes ? erase(*store, options.student) : plan_erasure(*store, options.student);
  if (!erasure) {
    complain(app, erasure.error());
    return kJudgeFailed;
  }
  if (erasure->nothing()) {
    complain(app, fmt::format("the book holds nothing of \"{}\"", options.student));
    return kBadCall;
  }
  fmt::print("{} of {}:\n", options.yes ? "Erased" : "To be erased", app.out.safe(options.student));
  tell_erasure(app, *erasure);
  for (const std::string& left : erasure->left) complain(app, left);
  if (options.yes) {
    fmt::print("Pages, exports and submissions outside the book are not touched: make them anew, or delete them.\n");
    return erasure->left.empty() ? kWell : kBadCall;
  }
  fmt::print("Nothing was changed. It cannot be undone; to do it, say the same with --yes.\n");
  return kBadCall;
}

}  // namespace

int book(const App& app, const BookOptions& options) {
  if (options.what == "show") return show_book(app, options);
  if (options.what == "roster") return set_roster(app, options);
  if (options.what == "policy") return set_policy(app, options);
  if (options.what == "override") return override_points(app, options);
  if (options.what == "withdraw") return withdraw_override(app, options);
  return erase_student(app, options);
}

}  // namespace kiln::grader
