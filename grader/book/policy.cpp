// policy.toml, read as module.toml is: every problem with its line, all of them at once.
#include "grader/book/policy.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "grader/book/student_of.hpp"
#include "grader/course/names.hpp"
#include "grader/course/table_reader.hpp"

namespace kiln::grader {

namespace {

constexpr std::array<std::pair<const char*, Counted>, 3> kCounted{
    {{"latest", Counted::latest}, {"best", Counted::best}, {"latest_on_time", Counted::latest_on_time}}};

constexpr const char* kMomentWords = "a date and time without quotes, such as 2026-11-20T23:59:00";

/// A due moment; reported and 0 where there is none.
UnixSeconds read_moment(TableReader& reader, std::string_view key, const std::string& time_zone) {
  const toml::node* node = reader.require(key, kMomentWords);
  if (node == nullptr) return 0;
  const toml::value<toml::date_time>* value = node->as_date_time();
  if (value == nullptr) {
    reader.wrong_type(*node, key, kMomentWords);
    return 0;
  }
  const toml::date_time& when = value->get();
  const LocalTime local{when.date.year, when.date.month,  when.date.day,
                        when.time.hour, when.time.minute, when.time.second};
  const auto moment = when.is_local() ? moment_in(local, time_zone) : moment_at(local, when.offset->minutes);
  if (!moment) reader.problem(node->source().begin, key, moment.error());
  return moment ? *moment : 0;
}

void read_zone(TableReader& reader, Policy& policy) {
  const auto zone = reader.optional_text("time_zone");
  if (!zone || zone->text.empty()) return;
  const auto problem = why_no_time_zone(zone->text);
  if (problem)
    reader.problem(zone->at, "time_zone", *problem, in_quotes(zone->text));
  else
    policy.time_zone = zone->text;  // With a wrong one every due date would be reported too.
}

void read_choices(TableReader& reader, Policy& policy) {
  if (const auto counted = reader.optional_text("counted"); counted && !counted->text.empty()) {
    const auto found = std::ranges::find(kCounted, counted->text, [](const auto& entry) { return entry.first; });
    if (found != kCounted.end())
      policy.counted = found->second;
    else
      reader.problem(counted->at, "counted", R"(must be "latest", "best" or "latest_on_time")",
                     in_quotes(counted->text));
  }
  if (const auto pattern = reader.optional_text("student_of"); pattern && !pattern->text.empty()) {
    policy.student_of = pattern->text;
    if (const auto problem = why_no_pattern(pattern->text))
      reader.problem(pattern->at, "student_of", *problem, in_quotes(pattern->text));
  }
}

void read_late(TableReader& top, Policy& policy) {
  std::optional<TableReader> late = top.optional_table("late");
  if (!late) return;
  policy.grace_minutes = late->whole("grace_minutes", 0, 0, 7 * 24 * 60);
  policy.free_late_days = late->whole("free_days", 0, 0, 365);
  policy.penalty_per_day = late->share("penalty_per_day", 0);
  policy.max_penalty = late->share("max_penalty", 1);
  if (late->find("max_days") != nullptr) policy.max_late_days = late->whole("max_days", 0, 0, 3650);
  late->finish();
}

void read_due(TableReader& top, Policy& policy) {
  std::optional<TableReader> due = top.optional_table("due");
  if (!due) return;
  for (const auto& [name, node] : due->contents()) {
    const std::string module(name.str());
    if (!kModuleId.matches(module))
      top.problem(name.source().begin, "due." + module, std::string("must be a module's id, ") + kModuleId.words);
    policy.due[module] = read_moment(*due, module, policy.time_zone);
  }
}

Extension read_extension(TableReader reader, const Policy& policy) {
  Extension extension;
  extension.student = reader.text("student").text;
  if (!extension.student.empty()) reader.set_where("extension of " + in_quotes(extension.student) + ": ");
  const Located module = reader.text("module");
  extension.module = module.text;
  extension.due = read_moment(reader, "due", policy.time_zone);
  extension.reason = reader.text("reason").text;
  reader.finish();
  if (module.text.empty() || extension.due == 0) return extension;
  const auto due = policy.due.find(module.text);
  if (due == policy.due.end())
    reader.problem(module.at, "module", "must have a due moment under [due], or there is nothing to extend",
                   in_quotes(module.text));
  else if (extension.due <= due->second)
    reader.problem(reader.position("due"), "due", "must be later than the module's own",
                   zone_time(extension.due, policy.time_zone));
  return extension;
}

void read_policy(const toml::table& table, const std::string& file, Policy& policy, Problems& problems) {
  TableReader reader(table, file, "", "", problems);
  read_zone(reader, policy);
  read_choices(reader, policy);
  read_late(reader, policy);
  read_due(reader, policy);
  const toml::array* extensions = reader.optional_tables("extension");
  for (std::size_t i = 0; extensions && i < extensions->size(); ++i)
    policy.extensions.push_back(read_extension(
        reader.inner(*extensions->get_as<toml::table>(i), fmt::format("extension {}: ", i + 1), ""), policy));
  reader.finish();
}

/// The lines, from 1, from an extension's header to its last value.
std::pair<std::size_t, std::size_t> lines_of_extension(const toml::table& extension) {
  std::size_t last = extension.source().begin.line;
  for (const auto& [name, node] : extension) last = std::max<std::size_t>(last, node.source().end.line);
  return {extension.source().begin.line, last};
}

std::string without_lines(std::string_view text, const std::vector<std::pair<std::size_t, std::size_t>>& ranges) {
  std::string left;
  std::size_t number = 1;
  for (std::size_t begin = 0; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    if (std::ranges::none_of(ranges, [&](const auto& r) { return r.first <= number && number <= r.second; }))
      left += text.substr(begin, end - begin);
    begin = end;
  }
  return left;
}

}  // namespace

Expected<Policy, std::string> parse_policy(std::string_view text, const std::string& name) {
  Policy policy;
  Problems problems;
  try {
    read_policy(toml::parse(text, name), name, policy, problems);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    problems.push_back({name, static_cast<int>(at.line), static_cast<int>(at.column), "the file",
                        "must be valid TOML: " + std::string(error.description()), ""});
  }
  std::ranges::stable_sort(problems, {}, &Problem::line);
  if (problems.empty()) return policy;
  return to_string(problems);
}

std::vector<std::string> check_policy(const Policy& policy, const std::vector<std::string>& module_ids) {
  std::vector<std::string> problems;
  std::string known;
  for (const std::string& id : module_ids) known += (known.empty() ? "" : ", ") + id;
  const auto check = [&](const std::string& where, const std::string& module) {
    if (std::ranges::find(module_ids, module) != module_ids.end()) return;
    const std::string guess = nearest(module, module_ids);
    problems.push_back(fmt::format("{} names the module \"{}\", which the course does not have{}", where, module,
                                   guess.empty() ? "; it has: " + known : ": did you mean \"" + guess + "\"?"));
  };
  for (const auto& [module, moment] : policy.due) check("[due]", module);
  // An extension's module is one of [due], where it was told.
  return problems;
}

std::optional<PolicyErasure> erase_from_policy(std::string_view text, const std::string& id) {
  const auto before = parse_policy(text, "policy");
  if (!before) return std::nullopt;
  const toml::table table = toml::parse(text);
  const toml::array* extensions = table.get_as<toml::array>("extension");
  std::vector<std::pair<std::size_t, std::size_t>> theirs;
  for (std::size_t i = 0; extensions && i < extensions->size(); ++i) {
    const toml::table& extension = *extensions->get_as<toml::table>(i);
    if (extension["student"].value_or(std::string()) == id) theirs.push_back(lines_of_extension(extension));
  }
  PolicyErasure erasure{without_lines(text, theirs), static_cast<int>(theirs.size())};
  // Whatever the form, nothing but these may be gone.
  const auto after = parse_policy(erasure.text, "policy");
  const bool others_stay = after && after->extensions.size() + theirs.size() == before->extensions.size() &&
                           after->due == before->due && after->student_of == before->student_of &&
                           std::ranges::none_of(after->extensions, [&](const auto& e) { return e.student == id; });
  return others_stay ? std::optional(erasure) : std::nullopt;
}

std::string_view to_string(Counted counted) {
  return std::ranges::find(kCounted, counted, [](const auto& entry) { return entry.second; })->first;
}

}  // namespace kiln::grader
