// One transaction finds and deletes; a plan is the same transaction rolled back, so that it cannot differ.
#include "grader/book/erase.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "grader/book/class_book.hpp"
#include "grader/book/csv.hpp"
#include "grader/book/student_of.hpp"

namespace kiln::grader {

namespace {

class Eraser {
 public:
  Eraser(Store& store, const std::string& student) : database_(store.database()) {
    found_.student = student;
    ids_.insert(student);
    if (const auto roster = parse_roster(store.document(kRosterDocument), "roster")) read_group(*roster);
    if (const auto policy = parse_policy(store.document(kPolicyDocument), "policy")) student_of_ = policy->student_of;
  }

  Erasure run() {
    find_submissions();
    for (const std::string& name : found_.submissions) erase_submission(name);
    for (const std::string& digest : files_) erase_file(digest);
    for (const std::string& id : ids_) found_.overrides += execute("DELETE FROM overrides WHERE student = ?", id);
    erase_calls();
    erase_roster_lines();
    erase_extensions();
    if (!found_.nothing())
      database_.exec(
          "INSERT INTO meta VALUES('erased', '1') ON CONFLICT(key) DO UPDATE SET value = CAST(value AS INTEGER) + 1");
    return std::move(found_);
  }

 private:
  template <class... T>
  int execute(const char* sql, const T&... values) {
    SQLite::Statement statement(database_, sql);
    SQLite::bind(statement, values...);
    return statement.exec();
  }

  std::vector<std::string> column(const char* sql, const std::string& value = "") {
    std::vector<std::string> values;
    SQLite::Statement query(database_, sql);
    if (query.getBindParameterCount() > 0) query.bind(1, value);
    while (query.executeStep()) values.push_back(query.getColumn(0).getString());
    return values;
  }

  /// The group is the student's own where nobody else is in it.
  void read_group(const Roster& roster) {
    const auto me = std::ranges::find(roster.students, found_.student, &Student::id);
    if (me == roster.students.end() || me->group.empty()) return;
    for (const Student& other : roster.students)
      if (other.group == me->group && other.id != me->id) found_.partners.push_back(other.id);
    if (found_.partners.empty()) ids_.insert(me->group);
  }

  void find_submissions() {
    const StudentOf student_of(student_of_);
    for (const std::string& name : column(
             "SELECT name FROM submissions UNION SELECT submission FROM refusals UNION SELECT submission FROM faults"))
      if (ids_.contains(student_of(name))) found_.submissions.insert(name);
    if (found_.submissions.empty()) found_.partners.clear();
  }

  void erase_submission(const std::string& name) {
    for (std::string& digest : column("SELECT DISTINCT file FROM attempt_files JOIN attempts ON attempts.id = attempt "
                                      "JOIN submissions ON submissions.id = submission WHERE name = ?",
                                      name))
      files_.insert(std::move(digest));
    constexpr const char* kTheirs =
        "DELETE FROM results WHERE attempt IN (SELECT attempts.id FROM attempts "
        "JOIN submissions ON submissions.id = submission WHERE name = ?)";
    found_.results += execute(kTheirs, name);
    found_.attempts +=
        execute("DELETE FROM attempts WHERE submission IN (SELECT id FROM submissions WHERE name = ?)", name);
    found_.refusals += execute("DELETE FROM refusals WHERE submission = ?", name);
    found_.faults += execute("DELETE FROM faults WHERE submission = ?", name);
    execute("DELETE FROM submissions WHERE name = ?", name);
  }

  /// Of two students who hand in the same file each is entitled to it.
  void erase_file(const std::string& digest) {
    SQLite::Statement others(database_, "SELECT 1 FROM attempt_files WHERE file = ? LIMIT 1");
    others.bind(1, digest);
    if (others.executeStep()) {
      ++found_.shared_files;
      return;
    }
    found_.files += execute("DELETE FROM files WHERE digest = ?", digest);
    execute("DELETE FROM claims WHERE key IN (SELECT key FROM judgements WHERE file = ?)", digest);
    found_.judgements += execute("DELETE FROM judgements WHERE file = ?", digest);
  }

  bool is_theirs(const std::filesystem::path& path) const {
    return std::ranges::any_of(path, [&](const std::filesystem::path& part) {
      const std::string name = part.string();
      const auto names = [&](const std::string& own) { return name == own || name.starts_with(own + '.'); };
      return std::ranges::any_of(found_.submissions, names) || std::ranges::any_of(ids_, names);
    });
  }

  /// A run remembers what it was called with. A gap stays in its place: an empty list would mean everybody.
  void erase_calls() {
    std::vector<std::pair<RowId, std::string>> calls;
    SQLite::Statement query(database_, "SELECT id, call FROM runs");
    while (query.executeStep()) calls.emplace_back(query.getColumn(0).getInt64(), query.getColumn(1).getString());
    for (const auto& [run, text] : calls) {
      auto call = nlohmann::ordered_json::parse(text, nullptr, false);
      if (!call.is_object()) continue;
      for (const char* key : {"paths", "submissions"})
        if (call.contains(key) && call[key].is_array())
          for (auto& path : call[key])
            if (path.is_string() && is_theirs(path.get<std::string>())) path = "(erased)";
      if (call.dump() != text) execute("UPDATE runs SET call = ? WHERE id = ?", call.dump(), run);
    }
  }

  struct Document {
    RowId id = 0;
    std::string text;
  };

  /// The newest first.
  std::vector<Document> documents(const char* kind) {
    std::vector<Document> documents;
    SQLite::Statement query(database_, "SELECT id, text FROM documents WHERE kind = ? ORDER BY id DESC");
    query.bind(1, kind);
    while (query.executeStep()) documents.push_back({query.getColumn(0).getInt64(), query.getColumn(1).getString()});
    return documents;
  }

  /// An earlier version is history: where it still names the student it goes as a whole. The one in force stays.
  void replace(const Document& document, const std::string& text, bool in_force, const char* kind) {
    const bool named = mentions(text, found_.student);
    if (text != document.text) execute("UPDATE documents SET text = ? WHERE id = ?", text, document.id);
    if (named && in_force)
      found_.left.push_back(
          fmt::format("the {} still names {}: give one that does not (kiln book {} FILE), then erase "
                      "once more",
                      kind, found_.student, kind));
    else if (named || (text.empty() && !in_force))
      execute("DELETE FROM documents WHERE id = ?", document.id);
  }

  void erase_roster_lines() {
    bool in_force = true;
    for (const Document& document : documents(kRosterDocument)) {
      const RosterErasure erasure = erase_from_roster(document.text, found_.student);
      found_.roster_lines += erasure.lines;
      replace(document, erasure.lines > 0 ? erasure.text : document.text, in_force, kRosterDocument);
      in_force = false;
    }
  }

  void erase_extensions() {
    bool in_force = true;
    for (const Document& document : documents(kPolicyDocument)) {
      std::string text = document.text;
      for (const std::string& id : ids_)
        if (const auto erasure = erase_from_policy(text, id)) {
          text = erasure->text;
          found_.extensions += erasure->extensions;
        }
      replace(document, text, in_force, kPolicyDocument);
      in_force = false;
    }
  }

  SQLite::Database& database_;
  std::string student_of_;
  std::set<std::string> ids_;    ///< the student's, and a group's of one
  std::set<std::string> files_;  ///< digests
  Erasure found_;
};

/// Rewrites the file without the pages that were freed, and empties its write-ahead log. False where another process
/// reads the book meanwhile.
bool compact(SQLite::Database& database) {
  database.exec("VACUUM");
  SQLite::Statement checkpoint(database, "PRAGMA wal_checkpoint(TRUNCATE)");
  return checkpoint.executeStep() && checkpoint.getColumn(0).getInt() == 0;
}

std::string busy_words(const Store& store) {
  return store.path().string() + ": another process is at work on the book; try again when it has ended";
}

bool somebody_works(const Store& store) {
  return std::ranges::any_of(store.runs(),
                             [](const Run& run) { return run.state == "running" && is_alive(run.owner); });
}

}  // namespace

bool Erasure::nothing() const { return submissions.empty() && overrides == 0 && roster_lines == 0 && extensions == 0; }

Expected<Erasure, std::string> plan_erasure(Store& store, const std::string& student) {
  const auto guard = store.lock();
  SQLite::Transaction transaction(store.database(), SQLite::TransactionBehavior::IMMEDIATE);
  return Eraser(store, student).run();  // rolled back
}

Expected<Erasure, std::string> erase(Store& store, const std::string& student) {
  const auto guard = store.lock();
  if (somebody_works(store)) return busy_words(store);
  SQLite::Transaction transaction(store.database(), SQLite::TransactionBehavior::IMMEDIATE);
  Erasure erasure = Eraser(store, student).run();
  transaction.commit();
  // Also where nothing was found: an earlier erasure may have been broken off here.
  if (!compact(store.database()))
    return fmt::format(
        "{}: {} is erased, but another process reads the book and keeps its old pages; say it once more "
        "when it has ended",
        store.path().string(), student);
  return erasure;
}

int erased_students(const Store& store) {
  const auto guard = store.lock();
  SQLite::Statement query(store.database(), "SELECT value FROM meta WHERE key = 'erased'");
  return query.executeStep() ? query.getColumn(0).getInt() : 0;
}

}  // namespace kiln::grader
