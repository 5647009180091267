// Results: one current one an attempt, and those that were or may be.
#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include "grader/book/rows.hpp"
#include "grader/book/store.hpp"

namespace kiln::grader {

std::string_view to_string(Standing standing) {
  switch (standing) {
    case Standing::current: return "current";
    case Standing::superseded: return "superseded";
    case Standing::proposed: return "proposed";
    case Standing::dropped: break;
  }
  return "dropped";
}

namespace {

using Keys = std::map<std::string, std::string>;

Standing standing_from(const std::string& name) {
  for (const Standing standing : {Standing::current, Standing::superseded, Standing::proposed})
    if (to_string(standing) == name) return standing;
  return Standing::dropped;
}

/// Verdicts and points of each exercise with the judgement behind it: two results that agree in these say the same.
std::string essence(const ModuleResult& result, const Keys& keys) {
  std::string text;
  for (const ExerciseResult& exercise : result.exercises) {
    const auto key = keys.find(exercise.id);
    text += exercise.id + ' ' + std::string(to_string(exercise.verdict)) + ' ' + std::to_string(exercise.points) + ' ' +
            (key == keys.end() ? "" : key->second) + '\n';
  }
  return text;
}

std::string stored_essence(SQLite::Database& database, RowId result) {
  std::string text;
  SQLite::Statement query(database,
                          "SELECT exercise, verdict, points, ifnull(judgement, '') FROM result_exercises "
                          "WHERE result = ? ORDER BY place");
  SQLite::bind(query, result);
  while (query.executeStep())
    text += query.getColumn(0).getString() + ' ' + query.getColumn(1).getString() + ' ' +
            std::to_string(query.getColumn(2).getDouble()) + ' ' + query.getColumn(3).getString() + '\n';
  return text;
}

void insert_exercises(SQLite::Database& database, RowId result, const ModuleResult& module, const Keys& keys) {
  int place = 0;
  for (const ExerciseResult& exercise : module.exercises) {
    const auto key = keys.find(exercise.id);
    SQLite::Statement insert(database, "INSERT INTO result_exercises VALUES(?, ?, ?, ?, ?, ?, nullif(?, ''), ?)");
    // A judgement holds the detail already.
    SQLite::bind(insert, result, place++, exercise.id, std::string(to_string(exercise.verdict)), exercise.points,
                 exercise.max, key == keys.end() ? "" : key->second, key == keys.end() ? to_json(exercise) : "");
    insert.exec();
  }
}

Verdict verdict_of(const ModuleResult& module) {
  std::vector<Verdict> verdicts;
  for (const ExerciseResult& exercise : module.exercises) verdicts.push_back(exercise.verdict);
  return most_serious(verdicts).value_or(Verdict::not_attempted);
}

void set_standing(SQLite::Database& database, const char* where, RowId id, Standing standing) {
  SQLite::Statement update(database, std::string("UPDATE results SET standing = ? WHERE ") + where);
  SQLite::bind(update, std::string(to_string(standing)), id);
  update.exec();
}

/// The results that `query` lists: id, attempt, run, standing, receipt, module.
std::vector<StoredResult> read_results(SQLite::Database& database, SQLite::Statement& query) {
  std::vector<StoredResult> results;
  SQLite::Statement exercises(database,
                              "SELECT result_exercises.exercise, verdict, points, result_exercises.max, detail, judgements.result "
                              "FROM result_exercises LEFT JOIN judgements ON judgements.key = judgement "
                              "WHERE result_exercises.result = ? ORDER BY place");
  while (query.executeStep()) {
    StoredResult stored;
    stored.id = query.getColumn(0);
    stored.attempt = query.getColumn(1);
    stored.run = query.getColumn(2);
    stored.standing = standing_from(query.getColumn(3).getString());
    stored.receipt = receipt_from(query.getColumn(4).getString());
    stored.result.id = query.getColumn(5).getString();
    exercises.reset();
    SQLite::bind(exercises, stored.id);
    while (exercises.executeStep()) {
      const bool judged = exercises.getColumn(4).getString().empty();
      ExerciseResult exercise = exercise_from_json(exercises.getColumn(judged ? 5 : 4).getString()).value_or(ExerciseResult{});
      // What the book says counts, whatever became of the detail.
      exercise.id = exercises.getColumn(0).getString();
      exercise.verdict = verdict_from(exercises.getColumn(1).getString()).value_or(Verdict::judge_error);
      exercise.points = exercises.getColumn(2);
      exercise.max = exercises.getColumn(3);
      stored.result.exercises.push_back(std::move(exercise));
    }
    add_up(stored.result);
    results.push_back(std::move(stored));
  }
  return results;
}

constexpr const char* kResults =
    "SELECT results.id, attempt, run, standing, receipt, module FROM results JOIN attempts ON attempts.id = attempt "
    "JOIN submissions ON submissions.id = submission ";

}  // namespace

void Store::enter(RowId attempt, RowId run, Standing standing, const ModuleResult& result, const Receipt& receipt,
                  const Keys& keys) {
  const auto guard = lock();
  SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
  const std::string same_run = standing == Standing::current ? "" : " AND run = " + std::to_string(run);
  SQLite::Statement before(*database_, "SELECT id FROM results WHERE attempt = ? AND standing = ?" + same_run);
  SQLite::bind(before, attempt, std::string(to_string(standing)));
  if (before.executeStep()) {
    const RowId id = before.getColumn(0);
    if (stored_essence(*database_, id) == essence(result, keys)) return;
    before.reset();
    set_standing(*database_, "id = ?", id, Standing::superseded);
  }
  SQLite::Statement insert(*database_,
                           "INSERT INTO results(attempt, run, standing, verdict, score, max, receipt, at) "
                           "VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
  SQLite::bind(insert, attempt, run, std::string(to_string(standing)), std::string(to_string(verdict_of(result))),
               result.score, result.max, to_json(receipt), now());
  insert.exec();
  insert_exercises(*database_, database_->getLastInsertRowid(), result, keys);
  transaction.commit();
}

std::vector<StoredResult> Store::results(Standing standing, std::optional<RowId> run) const {
  const auto guard = lock();
  SQLite::Statement query(*database_, std::string(kResults) +
                                          "WHERE standing = ?1 AND (?2 = 0 OR run = ?2) "
                                          "ORDER BY submissions.name, module, attempts.number");
  SQLite::bind(query, std::string(to_string(standing)), run.value_or(0));
  return read_results(*database_, query);
}

std::vector<StoredResult> Store::results_of(RowId attempt) const {
  const auto guard = lock();
  SQLite::Statement query(*database_, std::string(kResults) + "WHERE attempt = ? ORDER BY results.id DESC");
  SQLite::bind(query, attempt);
  return read_results(*database_, query);
}

int Store::settle(RowId run, Standing standing) {
  const auto guard = lock();
  SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
  if (standing == Standing::current) {
    SQLite::Statement old(*database_,
                          "UPDATE results SET standing = 'superseded' WHERE standing = 'current' AND attempt IN "
                          "(SELECT attempt FROM results WHERE run = ? AND standing = 'proposed')");
    SQLite::bind(old, run);
    old.exec();
  }
  SQLite::Statement update(*database_, "UPDATE results SET standing = ? WHERE run = ? AND standing = 'proposed'");
  SQLite::bind(update, std::string(to_string(standing)), run);
  const int changed = update.exec();
  transaction.commit();
  return changed;
}

}  // namespace kiln::grader
