// From TOML tables to the course model. Reads on after a problem, so that an author sees all of them at once.
#include "grader/course/module_parser.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>

#include "grader/course/names.hpp"

namespace kiln::grader {

namespace {

/// Files of a module's folders that are no exercise's.
constexpr std::array kReservedFiles{"tests.cpp", "bench.cpp", "milestone.cpp", "oracle.cpp", "hidden_tests.cpp"};

/// Names that may occur once, and where each occurred first.
class Unique {
 public:
  void check(TableReader& reader, std::string_view key, const Located& name) {
    const auto [first, inserted] = lines_.emplace(name.text, name.at.line);
    if (!inserted && !name.text.empty())
      reader.problem(name.at, key, "must be unique, but line " + std::to_string(first->second) + " has it too",
                     in_quotes(name.text));
  }

 private:
  std::map<std::string, unsigned> lines_;
};

struct Names {
  Unique exercises, files, slots, wrong;
};

/// An empty text was reported where it was read.
void check_pattern(TableReader& reader, std::string_view key, const Located& name, const Pattern& pattern) {
  if (!name.text.empty() && !pattern.matches(name.text))
    reader.problem(name.at, key, std::string("must be ") + pattern.words, in_quotes(name.text));
}

std::string read_name(TableReader& reader, std::string_view key, const Pattern& pattern) {
  const Located name = reader.text(key);
  check_pattern(reader, key, name, pattern);
  return name.text;
}

SpeedCase parse_speed_case(TableReader reader, Unique& names) {
  SpeedCase speed_case;
  speed_case.name = read_name(reader, "name", kId);
  names.check(reader, "name", {speed_case.name, reader.position("name")});
  speed_case.parallel = reader.flag("parallel", false);
  if (reader.has("naive_misses")) {
    const Located misses = reader.text("naive_misses");
    if (misses.text != "full")
      reader.problem(misses.at, "naive_misses", "must be \"full\" or absent", in_quotes(misses.text));
    speed_case.naive_misses = misses.text;
  }
  const toml::array* steps = reader.tables("steps");
  for (std::size_t i = 0; steps && i < steps->size(); ++i) {
    const std::string key = "steps[" + std::to_string(i) + "]";
    TableReader step_reader = reader.inner(*steps->get_as<toml::table>(i), reader.where(), "speed." + key + ".");
    Step step;
    step.ratio = step_reader.number("ratio", Bound::above_zero);
    step.points = step_reader.number("points", Bound::above_zero);
    step_reader.finish();
    if (!speed_case.steps.empty()) {
      const Step& last = speed_case.steps.back();
      if (step.ratio <= last.ratio || step.points <= last.points)
        reader.problem(steps->get(i)->source().begin, key,
                       "must have a higher ratio and more points than the step before it");
    }
    speed_case.steps.push_back(step);
  }
  reader.finish();
  return speed_case;
}

void parse_slots(TableReader& reader, Exercise& exercise, Names& names, std::vector<Located>& all_slots) {
  const std::vector<Located> slots = reader.texts("slots");
  if (slots.empty() && reader.has_array("slots"))
    reader.problem(reader.position("slots"), "slots", "must name at least one kernel", "none");
  for (const Located& slot : slots) {
    check_pattern(reader, "slots", slot, kKernel);
    names.slots.check(reader, "slots", slot);
    exercise.slots.push_back(slot.text);
    all_slots.push_back(slot);
  }
}

void parse_file(TableReader& reader, Exercise& exercise, Names& names) {
  exercise.file = read_name(reader, "file", kFile);
  const Located file{exercise.file, reader.position("file")};
  names.files.check(reader, "file", file);
  if (std::find(kReservedFiles.begin(), kReservedFiles.end(), exercise.file) != kReservedFiles.end())
    reader.problem(file.at, "file", "must not be a file that the module has for another purpose",
                   in_quotes(exercise.file));
}

void parse_hints(TableReader& reader, Exercise& exercise) {
  for (const Located& hint : reader.texts("hints")) exercise.hints.push_back(hint.text);
  if (reader.has_array("hints") && exercise.hints.size() != 3)
    reader.problem(reader.position("hints"), "hints", "must be exactly three: a nudge, the idea, almost the code",
                   std::to_string(exercise.hints.size()));
}

void parse_points(TableReader& reader, Exercise& exercise) {
  exercise.extension = reader.flag("extension", false);
  if (exercise.extension) {
    for (const char* key : {"points", "speed"})
      if (reader.has(key)) reader.problem(reader.position(key), key, "must be absent: an extension carries no points");
  }
  if (!exercise.extension || reader.has("points")) {
    if (std::optional<TableReader> points = reader.table("points")) {
      exercise.points.visible = points->number("visible", Bound::at_least_zero);
      exercise.points.hidden = points->number("hidden", Bound::at_least_zero);
      points->finish();
    }
  }
  const toml::array* cases = reader.optional_tables("speed");
  Unique names;
  for (std::size_t i = 0; cases && i < cases->size(); ++i)
    exercise.speed.push_back(
        parse_speed_case(reader.inner(*cases->get_as<toml::table>(i), reader.where(), "speed."), names));
}

void parse_limits(TableReader& reader, Exercise& exercise) {
  exercise.time_limit_ms = reader.whole("time_limit_ms", exercise.time_limit_ms, 1, 600'000);
  exercise.memory_mb = reader.whole("memory_mb", exercise.memory_mb, 16, 65'536);
  exercise.threads = reader.whole("threads", exercise.threads, 1, 1024);
  for (const SpeedCase& speed_case : exercise.speed)
    if (speed_case.parallel && exercise.threads == 1)
      reader.problem(reader.position("threads"), "threads",
                     "must be above 1, as speed case " + in_quotes(speed_case.name) + " is parallel", "1");
  if (std::optional<TableReader> tolerance = reader.table("tolerance")) {
    exercise.tolerance.factor = tolerance->number("factor", Bound::at_least_zero);
    exercise.tolerance.reason = tolerance->text("reason").text;
    tolerance->finish();
  }
}

void parse_wrong(TableReader& reader, Exercise& exercise, Names& names) {
  for (const auto& [variant, test] : reader.optional_text_table("wrong")) {
    const std::string key = "wrong." + variant.text;
    check_pattern(reader, key, variant, kId);
    check_pattern(reader, key, test, kTest);
    names.wrong.check(reader, key, variant);
    exercise.wrong.push_back({variant.text, test.text});
  }
}

Exercise parse_exercise(TableReader reader, Names& names, std::vector<Located>& all_slots) {
  Exercise exercise;
  const Located id = reader.text("id");
  if (!id.text.empty()) reader.set_where("exercise " + in_quotes(id.text) + ": ");
  exercise.id = id.text;
  check_pattern(reader, "id", id, kId);
  names.exercises.check(reader, "id", id);
  exercise.title = reader.text("title").text;
  exercise.success = reader.text("success").text;
  parse_file(reader, exercise, names);
  parse_slots(reader, exercise, names, all_slots);
  parse_points(reader, exercise);
  parse_limits(reader, exercise);
  parse_hints(reader, exercise);
  parse_wrong(reader, exercise, names);
  reader.finish();
  return exercise;
}

void parse_milestone(TableReader reader, ParsedModule& parsed) {
  Milestone milestone;
  const Located name = reader.text("name");
  check_pattern(reader, "name", name, kMilestone);
  milestone.name = name.text;
  milestone.title = reader.text("title").text;
  milestone.file = read_name(reader, "file", kFile);
  parsed.milestones.push_back(name);
  parsed.module.milestones.push_back(std::move(milestone));
  reader.finish();
}

void parse_needs(TableReader& reader, ParsedModule& parsed) {
  Unique unique;
  parsed.needs = reader.optional_texts("needs");
  for (const Located& need : parsed.needs) {
    unique.check(reader, "needs", need);
    if (!need.text.empty() && need.text >= parsed.module.id)
      reader.problem(need.at, "needs", "must name earlier modules than " + in_quotes(parsed.module.id),
                     in_quotes(need.text));
    parsed.module.needs.push_back(need.text);
  }
}

void parse_tables(const toml::table& table, const std::string& folder, ParsedModule& parsed, Problems& problems) {
  TableReader reader(table, parsed.file, "", "", problems);
  Module& module = parsed.module;
  module.id = read_name(reader, "id", kModuleId);
  if (!module.id.empty() && module.id != folder)
    reader.problem(reader.position("id"), "id", "must be the folder's name " + in_quotes(folder), in_quotes(module.id));
  module.title = reader.text("title").text;
  module.contract = read_name(reader, "contract", kContract);
  module.slots_type = read_name(reader, "slots_type", kType);
  parse_needs(reader, parsed);
  for (const Located& header : reader.optional_texts("headers")) {
    check_pattern(reader, "headers", header, kHeader);
    module.headers.push_back(header.text);
  }
  // The build's business, not the judge's.
  for (const char* key : {"tests", "hidden_tests", "oracles", "oracle_tests"}) reader.optional_texts(key);
  module.success = reader.text("success").text;
  module.hours = reader.number("hours", Bound::above_zero);
  const toml::array* exercises = reader.tables("exercise");
  Names names;
  for (std::size_t i = 0; exercises && i < exercises->size(); ++i) {
    const toml::table& entry = *exercises->get_as<toml::table>(i);
    module.exercises.push_back(
        parse_exercise(reader.inner(entry, "exercise " + std::to_string(i + 1) + ": ", ""), names, parsed.slots));
    const toml::node* id = entry.get("id");
    parsed.exercise_ids.push_back({module.exercises.back().id, (id ? id->source() : entry.source()).begin});
  }
  const toml::array* milestones = reader.optional_tables("milestone");
  for (std::size_t i = 0; milestones && i < milestones->size(); ++i)
    parse_milestone(reader.inner(*milestones->get_as<toml::table>(i), "milestone " + std::to_string(i + 1) + ": ", ""),
                    parsed);
  reader.finish();
}

}  // namespace

ParsedModule parse_module(const std::filesystem::path& file, Problems& problems) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (stream && text) return parse_module_text(text.str(), file, problems);
  ParsedModule parsed;
  parsed.file = file.string();
  problems.push_back({parsed.file, 0, 0, "the file", "must be a readable module.toml", "none"});
  return parsed;
}

ParsedModule parse_module_text(std::string_view text, const std::filesystem::path& file, Problems& problems) {
  ParsedModule parsed;
  parsed.file = file.string();
  try {
    const std::filesystem::path folder = std::filesystem::absolute(file).lexically_normal().parent_path();
    parse_tables(toml::parse(text, parsed.file), folder.filename().string(), parsed, problems);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    problems.push_back({parsed.file, static_cast<int>(at.line), static_cast<int>(at.column), "the file",
                        "must be valid TOML: " + std::string(error.description()), ""});
  }
  return parsed;
}

}  // namespace kiln::grader
