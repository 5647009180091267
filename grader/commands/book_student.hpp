// All that the book knows of one student, to print and as JSON: what an objection is answered with.
#pragma once

#include <string>
#include <vector>

#include "grader/book/store.hpp"
#include "grader/report/terminal.hpp"

namespace kiln::grader {

struct StudentRecord {
  struct Judged {
    StoredAttempt attempt;
    std::vector<StoredResult> results;  ///< the newest first
  };
  StudentGrade grade;
  std::vector<Judged> attempts;     ///< of the student and of the group, by module and moment
  std::vector<Override> overrides;  ///< by time, the withdrawn ones too
  std::map<RowId, Withdrawal> withdrawals;
};

StudentRecord record_of(const Store& store, const GradeInputs& inputs, const StudentGrade& grade);

void print_record(const StudentRecord& record, const Policy& policy, const Terminal& terminal);

/// {"grade": as `kiln export --format json` has a student, "attempts": [...], "overrides": [...]}.
std::string to_json(const StudentRecord& record);

}  // namespace kiln::grader
