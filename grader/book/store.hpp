// The gradebook's store: one SQLite file that is journal and gradebook at once.
// Every call is one transaction: after a crash each is there whole or not at all, and two processes may use one file.
// A method throws SQLite::Exception where the disk or the file fails; nothing of earlier calls is lost then.
// What the tables hold, schema.cpp says.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grader/book/grades.hpp"
#include "grader/intake/submission.hpp"
#include "grader/record/expected.hpp"
#include "grader/record/result.hpp"

namespace SQLite {
class Database;
}

namespace kiln::grader {

using RowId = std::int64_t;

/// What one attempt at one module handed in: the digest of each exercise's file.
struct StoredAttempt {
  RowId id = 0;
  std::string submission, module;
  int number = 1;
  UnixSeconds handed_in = 0;
  std::map<std::string, std::string>
      files;  ///< exercise -> digest of its text; one that is not there was not handed in
  std::vector<std::string> notes;
};

/// One exercise's file judged: the journal's unit and the cache's. Its key says all that the outcome depends on.
struct Judgement {
  std::string key;
  std::string module, exercise, file;  ///< `file`: digest of its text
  bool done = false;                   ///< false: tested, and its speed is not measured yet
  ExerciseResult result;
  UnixSeconds at = 0;
  double seconds = 0;  ///< that it took
};

/// What a run was asked to do, and how it ended.
struct Run {
  RowId id = 0;
  std::string state;  ///< "running", "stopped", "finished"
  std::string kind;   ///< "grade", "rejudge"
  std::string call;   ///< JSON: paths and options, by which it is resumed
  std::string owner;  ///< the process that works on it
  UnixSeconds started = 0, ended = 0;
  Receipt receipt;
};

/// How a result stands in the book.
enum class Standing {
  current,     ///< the one that counts for its attempt
  superseded,  ///< replaced by a later judgement of the same attempt
  proposed,    ///< of a rejudging that was not applied yet
  dropped,     ///< of one that was refused
};
std::string_view to_string(Standing standing);

struct StoredResult {
  RowId id = 0, attempt = 0, run = 0;
  Standing standing = Standing::current;
  ModuleResult result;
  Receipt receipt;
};

/// An override that was taken back.
struct Withdrawal {
  std::string author, reason;
  UnixSeconds at = 0;
};

class Store {
 public:
  /// Opens `file`; `make`: makes it and its folder where it is not there. The error says what is wrong and what to do.
  static Expected<Store, std::string> open(const std::filesystem::path& file, bool make);
  Store(Store&&) noexcept;
  ~Store();

  const std::filesystem::path& path() const { return path_; }

  // ---- the book's own

  /// The hidden tests' seed, the same for every run of this book: drawn when the book was made.
  std::uint64_t seed() const;
  /// The newest document of a kind ("roster", "policy"), "" where there is none; earlier ones stay.
  std::string document(const std::string& kind) const;
  void keep_document(const std::string& kind, const std::string& text);

  // ---- runs

  RowId begin_run(const std::string& kind, const std::string& call, const Receipt& receipt);
  void end_run(RowId run, const std::string& state);
  /// The newest run that was begun and not finished and that no living process works on; it becomes the caller's.
  std::optional<Run> adopt_run(const std::string& kind, const std::string& call = "");
  std::optional<Run> find_run(RowId run) const;
  std::vector<Run> runs() const;

  // ---- hand-ins

  /// Takes a submission's files of `module` (exercise -> text) into the book. Where they are those of its latest
  /// attempt it is that attempt; else a new one.
  StoredAttempt hand_in(RowId run, const Submission& submission, const std::string& module,
                        const std::map<std::string, std::string>& texts, UnixSeconds handed_in);
  /// A submission that could not be taken in.
  void refuse(RowId run, const Submission& submission);
  /// The text that a digest stands for; nothing where it was erased.
  std::optional<std::string> file(const std::string& digest) const;
  /// Of every submission and module, or of those asked for; by submission, module and number.
  std::vector<StoredAttempt> attempts(const std::string& submission = "", const std::string& module = "") const;
  std::vector<StoredAttempt> attempts_of_run(RowId run) const;

  // ---- the journal

  std::optional<Judgement> judgement(const std::string& key) const;
  void keep(const Judgement& judgement);
  /// Whether this process may judge `key` now: no other living process does.
  bool claim(const std::string& key);
  void release(const std::string& key);
  /// A fault of the judge's or the machine's, told apart from the submission's.
  void note_fault(RowId run, const std::string& submission, const std::string& module, const std::string& exercise,
                  const std::string& reason);

  // ---- results

  /// Enters an attempt's result. A `current` one supersedes the one before, unless it says the same by the same
  /// judgements: then nothing changes. `keys` are the judgements behind it, by exercise.
  void enter(RowId attempt, RowId run, Standing standing, const ModuleResult& result, const Receipt& receipt,
             const std::map<std::string, std::string>& keys);
  std::vector<StoredResult> results(Standing standing, std::optional<RowId> run = {}) const;
  /// Every result of an attempt, the newest first.
  std::vector<StoredResult> results_of(RowId attempt) const;
  /// The proposed results of a rejudging become current, or dropped. Returns how many.
  int settle(RowId run, Standing standing);

  // ---- people

  RowId add_override(const Override& override);
  /// False where there is no such override, or it was withdrawn already.
  bool withdraw_override(RowId override, const std::string& author, const std::string& reason);
  /// Those in force; `all`: the withdrawn ones too.
  std::vector<Override> overrides(bool all = false) const;
  /// Who withdrew which, by its id.
  std::map<RowId, Withdrawal> withdrawals() const;

  /// What grades are made of, without roster and policy: those are documents, and theirs is the parsing.
  GradeInputs grade_inputs(const std::vector<GradedModule>& modules) const;

  /// For what has no method here: erasure, repair. Hold lock() meanwhile.
  SQLite::Database& database() const { return *database_; }
  std::unique_lock<std::recursive_mutex> lock() const { return std::unique_lock(*mutex_); }

 private:
  Store(const std::filesystem::path& path, std::unique_ptr<SQLite::Database> database);

  std::filesystem::path path_;
  std::unique_ptr<SQLite::Database> database_;
  std::unique_ptr<std::recursive_mutex> mutex_ = std::make_unique<std::recursive_mutex>();
};

/// The book that a word of the command line means: a file, or the one in a folder.
std::filesystem::path book_file(const std::filesystem::path& word);

/// This process, as no later one will be named: host's boot, number and start.
std::string this_process();
/// Whether the process of that name still runs on this machine.
bool is_alive(const std::string& process);

}  // namespace kiln::grader
