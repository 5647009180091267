// The journal: judgements, who is at work on which, and the judge's own faults.
#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include "grader/book/rows.hpp"
#include "grader/book/store.hpp"

namespace kiln::grader {

std::optional<Judgement> Store::judgement(const std::string& key) const {
  const auto guard = lock();
  SQLite::Statement query(*database_,
                          "SELECT module, exercise, file, done, result, at, seconds FROM judgements WHERE key = ?");
  SQLite::bind(query, key);
  if (!query.executeStep()) return std::nullopt;
  Judgement judgement;
  judgement.key = key;
  judgement.module = query.getColumn(0).getString();
  judgement.exercise = query.getColumn(1).getString();
  judgement.file = query.getColumn(2).getString();
  judgement.done = query.getColumn(3).getInt() != 0;
  auto result = exercise_from_json(query.getColumn(4).getString());
  // What cannot be read is judged again.
  if (!result) return std::nullopt;
  judgement.result = std::move(*result);
  judgement.at = query.getColumn(5);
  judgement.seconds = query.getColumn(6);
  return judgement;
}

void Store::keep(const Judgement& judgement) {
  const auto guard = lock();
  SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
  SQLite::Statement insert(*database_, "INSERT OR REPLACE INTO judgements VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
  SQLite::bind(insert, judgement.key, judgement.module, judgement.exercise, judgement.file, judgement.done ? 1 : 0,
               to_json(judgement.result), judgement.at, judgement.seconds);
  insert.exec();
  if (judgement.done) {
    SQLite::Statement free(*database_, "DELETE FROM claims WHERE key = ?");
    SQLite::bind(free, judgement.key);
    free.exec();
  }
  transaction.commit();
}

bool Store::claim(const std::string& key) {
  const auto guard = lock();
  const std::string me = this_process();
  SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
  SQLite::Statement query(*database_, "SELECT owner FROM claims WHERE key = ?");
  SQLite::bind(query, key);
  if (query.executeStep()) {
    const std::string owner = query.getColumn(0).getString();
    if (owner != me && is_alive(owner)) return false;
  }
  SQLite::Statement insert(*database_, "INSERT OR REPLACE INTO claims VALUES(?, ?)");
  SQLite::bind(insert, key, me);
  insert.exec();
  transaction.commit();
  return true;
}

void Store::release(const std::string& key) {
  const auto guard = lock();
  SQLite::Statement free(*database_, "DELETE FROM claims WHERE key = ? AND owner = ?");
  SQLite::bind(free, key, this_process());
  free.exec();
}

void Store::note_fault(RowId run, const std::string& submission, const std::string& module,
                       const std::string& exercise, const std::string& reason) {
  const auto guard = lock();
  SQLite::Statement insert(*database_,
                           "INSERT INTO faults(run, submission, module, exercise, reason, at) "
                           "VALUES(?, ?, ?, ?, ?, ?)");
  SQLite::bind(insert, run, submission, module, exercise, reason, now());
  insert.exec();
}

}  // namespace kiln::grader
