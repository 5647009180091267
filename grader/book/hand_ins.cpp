// Hand-ins: texts by digest, attempts in their order, and what could not be taken in.
#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include "grader/book/digest.hpp"
#include "grader/book/rows.hpp"
#include "grader/book/store.hpp"

namespace kiln::grader {

std::string lines_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

std::vector<std::string> lines_from(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    lines.push_back(text.substr(at, end - at));
  return lines;
}

namespace {

RowId submission_row(SQLite::Database& database, const std::string& name) {
  SQLite::Statement insert(database, "INSERT OR IGNORE INTO submissions(name) VALUES(?)");
  SQLite::bind(insert, name);
  insert.exec();
  SQLite::Statement query(database, "SELECT id FROM submissions WHERE name = ?");
  SQLite::bind(query, name);
  query.executeStep();
  return query.getColumn(0);
}

void keep_file(SQLite::Database& database, const std::string& digest, const std::string& text) {
  SQLite::Statement insert(database, "INSERT OR IGNORE INTO files VALUES(?, ?)");
  insert.bind(1, digest);
  insert.bind(2, text.data(), static_cast<int>(text.size()));
  insert.exec();
}

constexpr const char* kAttempts =
    "SELECT attempts.id, submissions.name, module, attempts.number, handed_in, notes FROM attempts "
    "JOIN submissions ON submissions.id = attempts.submission ";

/// The attempts that `query` lists, with their files.
std::vector<StoredAttempt> read_attempts(SQLite::Database& database, SQLite::Statement& query) {
  std::vector<StoredAttempt> attempts;
  SQLite::Statement files(database, "SELECT exercise, file FROM attempt_files WHERE attempt = ?");
  while (query.executeStep()) {
    StoredAttempt attempt;
    attempt.id = query.getColumn(0);
    attempt.submission = query.getColumn(1).getString();
    attempt.module = query.getColumn(2).getString();
    attempt.number = query.getColumn(3);
    attempt.handed_in = query.getColumn(4);
    attempt.notes = lines_from(query.getColumn(5).getString());
    files.reset();
    SQLite::bind(files, attempt.id);
    while (files.executeStep()) attempt.files[files.getColumn(0).getString()] = files.getColumn(1).getString();
    attempts.push_back(std::move(attempt));
  }
  return attempts;
}

}  // namespace

StoredAttempt Store::hand_in(RowId run, const Submission& submission, const std::string& module,
                             const std::map<std::string, std::string>& texts, UnixSeconds handed_in) {
  StoredAttempt attempt;
  attempt.submission = submission.name;
  attempt.module = module;
  attempt.handed_in = handed_in;
  attempt.notes = submission.notes;
  Digest whole;
  for (const auto& [exercise, text] : texts) {
    attempt.files[exercise] = digest_of(text);
    whole.add(exercise).add(attempt.files[exercise]);
  }
  const std::string digest = whole.hex();

  const auto guard = lock();
  SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
  const RowId submission_id = submission_row(*database_, submission.name);
  SQLite::Statement latest(*database_,
                           "SELECT id, number, digest, handed_in FROM attempts WHERE submission = ? AND module = ? "
                           "ORDER BY number DESC LIMIT 1");
  SQLite::bind(latest, submission_id, module);
  const bool any = latest.executeStep();
  if (any && latest.getColumn(2).getString() == digest) {
    attempt.id = latest.getColumn(0);
    attempt.number = latest.getColumn(1);
    attempt.handed_in = latest.getColumn(3);
  } else {
    attempt.number = any ? latest.getColumn(1).getInt() + 1 : 1;
    SQLite::Statement insert(*database_,
                             "INSERT INTO attempts(submission, module, number, digest, handed_in, notes) "
                             "VALUES(?, ?, ?, ?, ?, ?)");
    SQLite::bind(insert, submission_id, module, attempt.number, digest, handed_in, lines_of(submission.notes));
    insert.exec();
    attempt.id = database_->getLastInsertRowid();
    for (const auto& [exercise, text] : texts) {
      keep_file(*database_, attempt.files[exercise], text);
      SQLite::Statement file(*database_, "INSERT INTO attempt_files VALUES(?, ?, ?)");
      SQLite::bind(file, attempt.id, exercise, attempt.files[exercise]);
      file.exec();
    }
  }
  SQLite::Statement member(*database_, "INSERT OR IGNORE INTO run_attempts VALUES(?, ?)");
  SQLite::bind(member, run, attempt.id);
  member.exec();
  transaction.commit();
  return attempt;
}

void Store::refuse(RowId run, const Submission& submission) {
  const auto guard = lock();
  SQLite::Statement insert(*database_, "INSERT OR REPLACE INTO refusals VALUES(?, ?, ?, ?)");
  SQLite::bind(insert, run, submission.name, submission.problem, now());
  insert.exec();
}

std::optional<std::string> Store::file(const std::string& digest) const {
  const auto guard = lock();
  SQLite::Statement query(*database_, "SELECT text FROM files WHERE digest = ?");
  SQLite::bind(query, digest);
  if (!query.executeStep()) return std::nullopt;
  return query.getColumn(0).getString();
}

std::vector<StoredAttempt> Store::attempts(const std::string& submission, const std::string& module) const {
  const auto guard = lock();
  SQLite::Statement query(*database_, std::string(kAttempts) +
                                          "WHERE (?1 = '' OR submissions.name = ?1) AND (?2 = '' OR module = ?2) "
                                          "ORDER BY submissions.name, module, attempts.number");
  SQLite::bind(query, submission, module);
  return read_attempts(*database_, query);
}

std::vector<StoredAttempt> Store::attempts_of_run(RowId run) const {
  const auto guard = lock();
  SQLite::Statement query(*database_, std::string(kAttempts) +
                                          "JOIN run_attempts ON attempt = attempts.id WHERE run = ? "
                                          "ORDER BY submissions.name, module, attempts.number");
  SQLite::bind(query, run);
  return read_attempts(*database_, query);
}

}  // namespace kiln::grader
