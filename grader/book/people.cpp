// Overrides, and all that grades are made of.
#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include <set>

#include "grader/book/rows.hpp"
#include "grader/book/store.hpp"

namespace kiln::grader {

RowId Store::add_override(const Override& override) {
  const auto guard = lock();
  SQLite::Statement insert(*database_,
                           "INSERT INTO overrides(student, module, exercise, points, author, reason, at) "
                           "VALUES(?, ?, ?, ?, ?, ?, ?)");
  SQLite::bind(insert, override.student, override.module, override.exercise, override.points, override.author,
               override.reason, override.at != 0 ? override.at : now());
  insert.exec();
  return database_->getLastInsertRowid();
}

bool Store::withdraw_override(RowId override, const std::string& author, const std::string& reason) {
  const auto guard = lock();
  SQLite::Statement update(*database_,
                           "UPDATE overrides SET withdrawn_by = ?, withdrawn_reason = ?, withdrawn_at = ? "
                           "WHERE id = ? AND withdrawn_at IS NULL");
  SQLite::bind(update, author, reason, now(), override);
  return update.exec() == 1;
}

std::vector<Override> Store::overrides(bool all) const {
  const auto guard = lock();
  std::vector<Override> overrides;
  SQLite::Statement query(*database_, std::string("SELECT id, student, module, exercise, points, author, reason, at "
                                                  "FROM overrides ") +
                                          (all ? "" : "WHERE withdrawn_at IS NULL ") + "ORDER BY at, id");
  while (query.executeStep()) {
    Override override;
    override.id = query.getColumn(0);
    override.student = query.getColumn(1).getString();
    override.module = query.getColumn(2).getString();
    override.exercise = query.getColumn(3).getString();
    override.points = query.getColumn(4);
    override.author = query.getColumn(5).getString();
    override.reason = query.getColumn(6).getString();
    override.at = query.getColumn(7);
    overrides.push_back(std::move(override));
  }
  return overrides;
}

std::map<RowId, Withdrawal> Store::withdrawals() const {
  const auto guard = lock();
  std::map<RowId, Withdrawal> withdrawals;
  SQLite::Statement query(*database_,
                          "SELECT id, withdrawn_by, withdrawn_reason, withdrawn_at FROM overrides "
                          "WHERE withdrawn_at IS NOT NULL");
  while (query.executeStep())
    withdrawals[query.getColumn(0).getInt64()] = {query.getColumn(1).getString(), query.getColumn(2).getString(),
                                                  query.getColumn(3).getInt64()};
  return withdrawals;
}

namespace {

/// Submissions whose last word is that they could not be taken in, or that the judge failed at them.
std::vector<Pending> pending_of(SQLite::Database& database) {
  std::vector<Pending> pending;
  SQLite::Statement refused(database,
                            "SELECT submission, problem FROM refusals WHERE run = "
                            "(SELECT max(run) FROM refusals AS other WHERE other.submission = refusals.submission) "
                            // Files that were taken in later are the answer to a refusal.
                            "AND NOT EXISTS (SELECT 1 FROM run_attempts JOIN attempts ON attempts.id = attempt "
                            "JOIN submissions ON submissions.id = attempts.submission "
                            "WHERE run_attempts.run > refusals.run AND submissions.name = refusals.submission) "
                            "ORDER BY submission");
  while (refused.executeStep())
    pending.push_back({refused.getColumn(0).getString(), "", refused.getColumn(1).getString(), false});
  SQLite::Statement unjudged(database,
                             "SELECT submissions.name, attempts.module, ifnull((SELECT reason FROM faults "
                             "WHERE faults.submission = submissions.name AND faults.module = attempts.module "
                             "ORDER BY id DESC LIMIT 1), 'not judged yet') "
                             "FROM attempts JOIN submissions ON submissions.id = attempts.submission "
                             "WHERE NOT EXISTS (SELECT 1 FROM results WHERE attempt = attempts.id "
                             "AND standing = 'current') ORDER BY submissions.name, attempts.module, attempts.number");
  while (unjudged.executeStep())
    pending.push_back({unjudged.getColumn(0).getString(), unjudged.getColumn(1).getString(),
                       unjudged.getColumn(2).getString(), true});
  return pending;
}

}  // namespace

GradeInputs Store::grade_inputs(const std::vector<GradedModule>& modules) const {
  const auto guard = lock();
  GradeInputs inputs;
  std::map<RowId, StoredAttempt> attempts;
  for (StoredAttempt& attempt : this->attempts()) attempts[attempt.id] = std::move(attempt);
  std::set<std::string> graded;
  for (StoredResult& stored : results(Standing::current)) {
    const StoredAttempt& from = attempts.at(stored.attempt);
    graded.insert(from.module);
    inputs.attempts.push_back({from.submission, from.number, from.handed_in, std::move(stored.result),
                               std::move(stored.receipt), from.notes});
    inputs.attempt_modules.push_back(from.module);
  }
  inputs.pending = pending_of(*database_);
  for (const Pending& pending : inputs.pending) graded.insert(pending.module);
  for (const GradedModule& module : modules)
    if (graded.contains(module.id)) inputs.modules.push_back(module);
  inputs.overrides = overrides();
  return inputs;
}

}  // namespace kiln::grader
