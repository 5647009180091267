// From a table or from files to moments.
#include "grader/commands/handed_in.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "grader/book/csv.hpp"
#include "grader/commands/app.hpp"

namespace kiln::grader {

namespace fs = std::filesystem;

Expected<std::map<std::string, UnixSeconds>, std::string> read_handed_in(const fs::path& file,
                                                                         const std::string& time_zone) {
  const auto text = read_file(file);
  if (!text) return fmt::format("{}: cannot be read", file.string());
  const CsvFile csv = read_csv(*text);
  if (!csv.problem.empty()) return fmt::format("{}: {}", file.string(), csv.problem);
  const std::vector<std::string> header = csv.rows.empty() ? std::vector<std::string>{} : csv.rows.front().fields;
  const auto name = static_cast<std::size_t>(std::ranges::find(header, "submission") - header.begin());
  const auto time = static_cast<std::size_t>(std::ranges::find(header, "time") - header.begin());
  if (name == header.size() || time == header.size())
    return fmt::format("{}:1: expected the columns `submission` and `time`", file.string());

  std::map<std::string, UnixSeconds> moments;
  for (std::size_t i = 1; i < csv.rows.size(); ++i) {
    const CsvRow& row = csv.rows[i];
    const std::string where = fmt::format("{}:{}: ", file.string(), row.line);
    if (!row.problem.empty()) return where + row.problem;
    if (row.fields.size() <= std::max(name, time)) return where + "expected a submission and a time";
    const auto moment = unix_time(row.fields[time], time_zone);
    if (!moment) return where + moment.error();
    if (!moments.emplace(row.fields[name], *moment).second)
      return where + fmt::format("the submission \"{}\" has a time already", clean_cell(row.fields[name]));
  }
  return moments;
}

UnixSeconds newest_file(const Source& source) {
  const auto seconds = [](const fs::path& path) -> UnixSeconds {
    std::error_code error;
    const auto time = fs::last_write_time(path, error);
    if (error) return 0;
    const auto system = std::chrono::file_clock::to_sys(time);
    return std::chrono::duration_cast<std::chrono::seconds>(system.time_since_epoch()).count();
  };
  if (source.kind != Source::Kind::folder) return seconds(source.path);
  // As many as intake looks through.
  const std::uint64_t most = IntakeLimits{}.entries;
  UnixSeconds newest = 0;
  std::error_code error;
  std::uint64_t entries = 0;
  for (fs::recursive_directory_iterator entry(source.path, error), end; !error && entry != end && entries < most;
       entry.increment(error), ++entries)
    if (fs::is_regular_file(entry->symlink_status(error))) newest = std::max(newest, seconds(entry->path()));
  return newest;
}

}  // namespace kiln::grader
