// Erasing a student: everything that the book holds of one person, down to the bytes of its file.
// What remains is a count. Pages, exports and submissions outside the book are not the book's to delete.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "grader/book/store.hpp"

namespace kiln::grader {

struct Erasure {
  std::string student;
  std::set<std::string> submissions;  ///< by name
  std::vector<std::string> partners;  ///< ids of the group, who lose what was handed in under this student's name
  int attempts = 0, results = 0, judgements = 0, overrides = 0, refusals = 0, faults = 0;
  int files = 0;                         ///< that nobody else handed in
  int shared_files = 0;                  ///< that somebody else handed in too; they stay
  int roster_lines = 0, extensions = 0;  ///< in all versions that the book keeps
  std::vector<std::string> left;         ///< what names the student and cannot be cut out here, and what to do

  bool nothing() const;
};

/// What would go; nothing changes. The error says why it cannot be told.
Expected<Erasure, std::string> plan_erasure(Store& store, const std::string& student);

/// Erases it, in one transaction, and rewrites the book's file so that no byte of it is left there or in its
/// write-ahead log. The error says what was not done and what to do.
Expected<Erasure, std::string> erase(Store& store, const std::string& student);

/// How many students were erased from the book.
int erased_students(const Store& store);

}  // namespace kiln::grader
