// The tables, and what each row is.
#include "grader/book/schema.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <random>
#include <stdexcept>

namespace kiln::grader {

namespace {

/// "Kiln" in ASCII: tells a gradebook from any other SQLite file.
constexpr int kApplication = 0x4b696c6e;

constexpr const char* kTables = R"sql(
-- What is the book's own: the seed of its hidden tests.
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- Roster and policy as they were given; the newest of a kind counts.
CREATE TABLE documents(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL);

-- One call of `kiln grade` or `kiln rejudge`, over all its resumptions.
CREATE TABLE runs(id INTEGER PRIMARY KEY, kind TEXT NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('running', 'stopped', 'finished')),
  call TEXT NOT NULL, owner TEXT NOT NULL, receipt TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER);

-- Texts that were handed in, each once.
CREATE TABLE files(digest TEXT PRIMARY KEY, text BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE submissions(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
-- One hand-in of one module; the same files twice in a row are one attempt.
CREATE TABLE attempts(id INTEGER PRIMARY KEY, submission INTEGER NOT NULL REFERENCES submissions, module TEXT NOT NULL,
  number INTEGER NOT NULL, digest TEXT NOT NULL, handed_in INTEGER NOT NULL, notes TEXT NOT NULL,
  UNIQUE(submission, module, number));
CREATE TABLE attempt_files(attempt INTEGER NOT NULL REFERENCES attempts ON DELETE CASCADE, exercise TEXT NOT NULL,
  file TEXT NOT NULL REFERENCES files, PRIMARY KEY(attempt, exercise)) WITHOUT ROWID;
CREATE TABLE run_attempts(run INTEGER NOT NULL REFERENCES runs, attempt INTEGER NOT NULL
  REFERENCES attempts ON DELETE CASCADE, PRIMARY KEY(run, attempt)) WITHOUT ROWID;
-- Submissions that could not be taken in.
CREATE TABLE refusals(run INTEGER NOT NULL REFERENCES runs, submission TEXT NOT NULL, problem TEXT NOT NULL,
  at INTEGER NOT NULL, PRIMARY KEY(run, submission)) WITHOUT ROWID;

-- The journal and the cache: one exercise's file judged. `key` is a digest of all that the outcome depends on.
CREATE TABLE judgements(key TEXT PRIMARY KEY, module TEXT NOT NULL, exercise TEXT NOT NULL, file TEXT NOT NULL,
  done INTEGER NOT NULL, result TEXT NOT NULL, at INTEGER NOT NULL, seconds REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX judgements_by_file ON judgements(file);
-- Who is judging what right now; a dead owner's claim is nobody's.
CREATE TABLE claims(key TEXT PRIMARY KEY, owner TEXT NOT NULL) WITHOUT ROWID;
-- What the judge or the machine failed at.
CREATE TABLE faults(id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs, submission TEXT NOT NULL,
  module TEXT NOT NULL, exercise TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL);

-- The outcome of an attempt. One is current; earlier and proposed ones stay beside it.
CREATE TABLE results(id INTEGER PRIMARY KEY, attempt INTEGER NOT NULL REFERENCES attempts ON DELETE CASCADE,
  run INTEGER NOT NULL REFERENCES runs,
  standing TEXT NOT NULL CHECK(standing IN ('current', 'superseded', 'proposed', 'dropped')),
  verdict TEXT NOT NULL, score REAL NOT NULL, max REAL NOT NULL, receipt TEXT NOT NULL, at INTEGER NOT NULL);
CREATE UNIQUE INDEX one_current_result ON results(attempt) WHERE standing = 'current';
CREATE INDEX results_by_attempt ON results(attempt);
-- Each exercise of a result. `detail` is the whole of it as JSON: tests, failures, raw samples.
CREATE TABLE result_exercises(result INTEGER NOT NULL REFERENCES results ON DELETE CASCADE, place INTEGER NOT NULL,
  exercise TEXT NOT NULL, verdict TEXT NOT NULL, points REAL NOT NULL, max REAL NOT NULL, judgement TEXT,
  detail TEXT NOT NULL, PRIMARY KEY(result, exercise)) WITHOUT ROWID;

-- Points that a person set. Never changed, only withdrawn.
CREATE TABLE overrides(id INTEGER PRIMARY KEY, student TEXT NOT NULL, module TEXT NOT NULL, exercise TEXT NOT NULL,
  points REAL NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
  withdrawn_by TEXT, withdrawn_reason TEXT, withdrawn_at INTEGER);
)sql";

std::string draw_seed() {
  std::random_device device;
  return std::to_string((static_cast<std::uint64_t>(device()) << 32 | device()) >> 1 | 1);
}

}  // namespace

void prepare_schema(SQLite::Database& database) {
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  const int application = database.execAndGet("PRAGMA application_id").getInt();
  const bool empty = database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0;
  if (!empty && application != kApplication) throw std::runtime_error("it is no gradebook of Kiln's");
  if (!empty && version != kSchemaVersion)
    throw std::runtime_error(fmt::format("it has version {}, and this kiln reads version {}", version, kSchemaVersion));
  if (!empty) return;
  database.exec(kTables);
  SQLite::Statement seed(database, "INSERT INTO meta VALUES('seed', ?)");
  seed.bind(1, draw_seed());
  seed.exec();
  database.exec(fmt::format("PRAGMA user_version = {}; PRAGMA application_id = {}", kSchemaVersion, kApplication));
  transaction.commit();
}

}  // namespace kiln::grader
