// list, status, hint, reset: what a student asks between two checks.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <sstream>

#include "grader/build/temp_directory.hpp"
#include "grader/commands/commands.hpp"
#include "grader/commands/kept.hpp"
#include "grader/judge/judge.hpp"
#include "grader/sandbox/process.hpp"
#include "kiln/whole_file.hpp"

namespace kiln::grader {

namespace {

/// The untouched stub: from the student edition's store, or generated from the solution.
std::optional<std::string> pristine_stub(const App& app, const Module& module, const Exercise& exercise) {
  const auto stored = app.installation.source_root / "modules" / module.id / "prebuilt" / "stubs" / exercise.file;
  if (auto text = read_file(stored)) return text;
  ProcessOptions options;
  options.wall_limit = std::chrono::seconds(30);
  const ProcessResult printed =
      run({"python3", app.installation.source_root / "tools" / "stubs.py", "--print", module.id + "/" + exercise.file},
          options);
  if (printed.ok()) return printed.output;
  return std::nullopt;
}

/// As wide as the longest exercise's name.
std::size_t id_width(const std::vector<const Exercise*>& exercises) {
  std::size_t width = 0;
  for (const Exercise* exercise : exercises) width = std::max(width, exercise->id.size());
  return width;
}

/// The states of a file's kernels as they are kept: "sum written" a line.
std::vector<SlotState> parse_states(const std::string& text) {
  std::vector<SlotState> states;
  std::istringstream lines(text);
  for (SlotState each; lines >> each.name >> each.state;) states.push_back(each);
  return states;
}

/// The state of each exercise's kernels; none where the file does not compile. What is not known of a file yet, its
/// worker tells.
std::vector<std::vector<SlotState>> find_states(const App& app, const Selection& selection, const Kept& kept) {
  std::vector<std::vector<SlotState>> states(selection.exercises.size());
  std::vector<Job> jobs;
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < states.size(); ++i) {
    const Exercise& exercise = *selection.exercises[i];
    if (const auto text = read_file(kept.place(*selection.module, exercise, ".slots"))) {
      states[i] = parse_states(*text);
      continue;
    }
    unknown.push_back(i);
    jobs.push_back(
        make_job(exercise, read_file(app.installation.stub(selection.module->id, exercise.file)).value_or("")));
  }
  if (jobs.empty()) return states;

  JudgeOptions options;
  options.jobs = processors();
  options.sandboxed = sandbox_for_own_code();
  const TempDirectory directory("kiln-status");
  const Judge judge(app.installation, *selection.module);
  judge.build(jobs, directory.path(), options);
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    if (!jobs[j].result.detail.empty()) continue;
    states[unknown[j]] = judge.list_slots(jobs[j], directory.path(), options);
    std::string text;
    for (const SlotState& each : states[unknown[j]]) text += each.name + ' ' + each.state + '\n';
    // A kernel that is missing may be so because its worker did not start: ask again next time.
    if (text.find(" missing\n") == std::string::npos)
      keep(kept.place(*selection.module, *jobs[j].exercise, ".slots"), text);
  }
  return states;
}

/// "yours: sum, mean; reference (stub): max"
void show_slots(const App& app, const Exercise& exercise, std::size_t width, const std::vector<SlotState>& slots) {
  fmt::print("  {:<{}} {:>5} points  ", exercise.id, width, format_points(exercise.max_points()));
  if (slots.empty()) {
    fmt::print("{}\n", app.out.paint(Style::bad, "does not compile: the reference answers; `kiln check " + exercise.id +
                                                     "` tells why"));
    return;
  }
  std::map<std::string, std::vector<std::string>> by_state;
  for (const SlotState& slot : slots) by_state[slot.state].push_back(slot.name);
  std::string line;
  for (const auto& [state, names] : by_state) {
    const bool written = state == "written";
    if (!line.empty()) line += "; ";
    line += app.out.paint(written ? Style::good : Style::dim, written ? "yours" : "reference (" + state + ")");
    if (slots.size() > 1) line += fmt::format(": {}", fmt::join(names, ", "));
  }
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

}  // namespace

int list_course(const App& app) {
  for (const Module& module : app.course.modules) {
    fmt::print("{}  {}  ({} points, about {} hours)\n", app.out.paint(Style::bold, module.id), module.title,
               format_points(module.max_points()), module.hours);
    std::vector<const Exercise*> exercises;
    for (const Exercise& exercise : module.exercises) exercises.push_back(&exercise);
    for (const Exercise& exercise : module.exercises)
      fmt::print("  {:<{}} {:>5}  {}{}\n", exercise.id, id_width(exercises),
                 exercise.extension ? "-" : format_points(exercise.max_points()), exercise.title,
                 exercise.speed.empty() ? "" : "  [timed]");
  }
  fmt::print("\nNext: read modules/{}/README.md, then `kiln check {}`.\n",
             app.course.modules.empty() ? "" : app.course.modules.front().id,
             app.course.modules.empty() ? "" : app.course.modules.front().exercises.front().id);
  return kWell;
}

int show_status(const App& app, const std::string& word) {
  const auto selections = select(app, word);
  if (selections.empty()) return kBadCall;
  const Kept kept(app);
  for (const Selection& selection : selections) {
    if (!can_judge(app, *selection.module)) return kJudgeFailed;
    fmt::print("{}  {}\n", app.out.paint(Style::bold, selection.module->id), selection.module->title);
    std::fflush(stdout);
    const auto states = find_states(app, selection, kept);
    const std::size_t width = id_width(selection.exercises);
    for (std::size_t i = 0; i < states.size(); ++i) show_slots(app, *selection.exercises[i], width, states[i]);
  }
  fmt::print(
      "\nA network runs each kernel on your code where it is written, and on the reference where it is still a "
      "stub.\n");
  return kWell;
}

int show_hint(const App& app, const std::string& word, int level) {
  const Module* module = nullptr;
  const Exercise* exercise = select_exercise(app, word, module);
  if (exercise == nullptr) return kBadCall;
  fmt::print("{}\n", exercise->hints[static_cast<std::size_t>(level - 1)]);
  if (level < 3)
    fmt::print("{}\n",
               app.out.paint(Style::dim, fmt::format("More: kiln hint {} --level {}", exercise->id, level + 1)));
  return kWell;
}

int reset(const App& app, const std::string& word) {
  const Module* module = nullptr;
  const Exercise* exercise = select_exercise(app, word, module);
  if (exercise == nullptr) return kBadCall;
  const auto stub = pristine_stub(app, *module, *exercise);
  if (!stub) {
    fmt::print(stderr, "kiln: there is no pristine stub of {} in this tree: neither prebuilt nor in solutions/.\n",
               exercise->file);
    return kJudgeFailed;
  }
  const auto path = app.installation.stub(module->id, exercise->file);
  const auto present = read_file(path);
  if (present == stub) {
    fmt::print("{} is the stub already; nothing was changed.\n", exercise->file);
    return kWell;
  }
  // Keep the student's file under the first name that is free.
  std::filesystem::path kept;
  if (present) {
    for (int i = 1; kept.empty() || std::filesystem::exists(kept); ++i)
      kept = path.string() + fmt::format(".mine-{}", i);
    if (const auto problem = write_atomically(kept, *present)) {
      fmt::print(stderr, "kiln: nothing was reset, because your file could not be kept: {}\n", *problem);
      return kJudgeFailed;
    }
  }
  if (const auto problem = write_atomically(path, *stub)) {
    fmt::print(stderr, "kiln: {}\n", *problem);
    return kJudgeFailed;
  }
  fmt::print("{} is the stub again.{}\n", exercise->file,
             present ? " Your file is kept as " + kept.filename().string() + "." : "");
  return kWell;
}

}  // namespace kiln::grader
