// The tables of the gradebook.
#pragma once

namespace SQLite {
class Database;
}

namespace kiln::grader {

inline constexpr int kSchemaVersion = 1;

/// Makes the tables in an empty file. A file of another version, or of another program, throws std::runtime_error.
void prepare_schema(SQLite::Database& database);

}  // namespace kiln::grader
