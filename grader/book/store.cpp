// Opening, the book's own values, documents and runs.
#include "grader/book/store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>
#include <fmt/format.h>

#include <fstream>

#include "grader/book/rows.hpp"
#include "grader/book/schema.hpp"
#include "grader/sandbox/owner.hpp"

namespace kiln::grader {

namespace {

namespace fs = std::filesystem;

/// Another process writes for milliseconds at a time; a minute without a turn is no accident.
constexpr int kBusyMilliseconds = 60'000;

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string boot() { return first_line("/proc/sys/kernel/random/boot_id"); }

Run run_from(SQLite::Statement& row) {
  Run run;
  run.id = row.getColumn(0);
  run.kind = row.getColumn(1).getString();
  run.state = row.getColumn(2).getString();
  run.call = row.getColumn(3).getString();
  run.owner = row.getColumn(4).getString();
  run.receipt = receipt_from(row.getColumn(5).getString());
  run.started = row.getColumn(6);
  run.ended = row.getColumn(7).isNull() ? 0 : row.getColumn(7).getInt64();
  return run;
}

constexpr const char* kRunColumns = "SELECT id, kind, state, call, owner, receipt, started, ended FROM runs ";

}  // namespace

std::string this_process() { return boot() + " " + owner_name(); }

bool is_alive(const std::string& process) {
  const std::size_t space = process.find(' ');
  return space != std::string::npos && process.substr(0, space) == boot() &&
         !is_of_dead_owner(std::string_view(process).substr(space + 1));
}

fs::path book_file(const fs::path& word) {
  std::error_code ignored;
  const bool names_a_file = fs::is_regular_file(word, ignored) || word.extension() == ".sqlite";
  return names_a_file ? word : word / "gradebook.sqlite";
}

Store::Store(const fs::path& path, std::unique_ptr<SQLite::Database> database)
    : path_(path), database_(std::move(database)) {}
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;

Expected<Store, std::string> Store::open(const fs::path& file, bool make) {
  std::error_code error;
  if (!make && !fs::exists(file, error))
    return file.string() + ": there is no gradebook; grade first: kiln grade SUBMISSIONS --out " +
           (file.has_parent_path() ? file.parent_path().string() : ".");
  if (make && file.has_parent_path()) fs::create_directories(file.parent_path(), error);
  if (error) return file.parent_path().string() + ": cannot be made: " + error.message();
  try {
    auto database = std::make_unique<SQLite::Database>(
        file.string(), SQLite::OPEN_READWRITE | (make ? SQLite::OPEN_CREATE : 0), kBusyMilliseconds);
    // A journal that is written ahead lets others read meanwhile, and survives a crash whole; a power cut may take the
    // last moments, which are then judged again. What is erased is overwritten with zeros.
    database->exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
    database->exec("PRAGMA secure_delete = ON");
    prepare_schema(*database);
    return Store(file, std::move(database));
  } catch (const std::exception& problem) {
    return file.string() + ": cannot be used as a gradebook: " + problem.what() +
           "; give another one, or a folder that can be written, with --book or --out";
  }
}

std::uint64_t Store::seed() const {
  const auto guard = lock();
  return std::stoull(database_->execAndGet("SELECT value FROM meta WHERE key = 'seed'").getString());
}

std::string Store::document(const std::string& kind) const {
  const auto guard = lock();
  SQLite::Statement query(*database_, "SELECT text FROM documents WHERE kind = ? ORDER BY id DESC LIMIT 1");
  SQLite::bind(query, kind);
  return query.executeStep() ? query.getColumn(0).getString() : "";
}

void Store::keep_document(const std::string& kind, const std::string& text) {
  const auto guard = lock();
  SQLite::Statement query(*database_, "INSERT INTO documents(kind, text, at) VALUES(?, ?, ?)");
  SQLite::bind(query, kind, text, now());
  query.exec();
}

RowId Store::begin_run(const std::string& kind, const std::string& call, const Receipt& receipt) {
  const auto guard = lock();
  SQLite::Statement query(*database_,
                          "INSERT INTO runs(kind, state, call, owner, receipt, started) "
                          "VALUES(?, 'running', ?, ?, ?, ?)");
  SQLite::bind(query, kind, call, this_process(), to_json(receipt), now());
  query.exec();
  return database_->getLastInsertRowid();
}

void Store::end_run(RowId run, const std::string& state) {
  const auto guard = lock();
  SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
  SQLite::Statement query(*database_, "UPDATE runs SET state = ?, ended = ? WHERE id = ?");
  SQLite::bind(query, state, now(), run);
  query.exec();
  SQLite::Statement claims(*database_, "DELETE FROM claims WHERE owner = ?");
  SQLite::bind(claims, this_process());
  claims.exec();
  transaction.commit();
}

std::optional<Run> Store::adopt_run(const std::string& kind, const std::string& call) {
  const auto guard = lock();
  SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
  std::optional<Run> adopted;
  {
    SQLite::Statement query(*database_, std::string(kRunColumns) +
                                            "WHERE kind = ?1 AND state <> 'finished' AND (?2 = '' OR call = ?2) "
                                            "ORDER BY id DESC");
    SQLite::bind(query, kind, call);
    while (!adopted && query.executeStep()) {
      Run run = run_from(query);
      if (run.state == "stopped" || !is_alive(run.owner)) adopted = std::move(run);
    }
  }
  if (!adopted) return adopted;
  adopted->state = "running";
  adopted->owner = this_process();
  SQLite::Statement update(*database_, "UPDATE runs SET state = 'running', owner = ?, ended = NULL WHERE id = ?");
  SQLite::bind(update, adopted->owner, adopted->id);
  update.exec();
  transaction.commit();
  return adopted;
}

std::optional<Run> Store::find_run(RowId run) const {
  const auto guard = lock();
  SQLite::Statement query(*database_, std::string(kRunColumns) + "WHERE id = ?");
  SQLite::bind(query, run);
  if (!query.executeStep()) return std::nullopt;
  return run_from(query);
}

std::vector<Run> Store::runs() const {
  const auto guard = lock();
  std::vector<Run> runs;
  SQLite::Statement query(*database_, std::string(kRunColumns) + "ORDER BY id");
  while (query.executeStep()) runs.push_back(run_from(query));
  return runs;
}

}  // namespace kiln::grader
