// Boxes a tool, and reads from its end and its words what kind of end that was.
#include "grader/build/tool.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "grader/sandbox/bounds.hpp"
#include "grader/sandbox/process.hpp"
#include "grader/sandbox/seccomp.hpp"

namespace kiln::grader {
namespace {

using End = ProcessResult::End;

bool says(const ProcessResult& result, const char* words) { return result.output.find(words) != std::string::npos; }

/// Whether the words sound like a fault of the machine's. A submission can have the compiler say anything, so they are
/// reason to look, and no more.
bool sounds_like_ours(const ProcessResult& result) {
  return result.output.starts_with("bwrap: ") || says(result, "No space left on device") ||
         says(result, "error while loading shared libraries");
}

/// A compiler driver reports its own child's death in words; bubblewrap reports a signal as 128 plus its number.
BuildProblem classify(const ProcessResult& result) {
  if (result.end == End::cancelled) return BuildProblem::cancelled;
  // The kernel kills one process for memory; the others may then wait for it until their time is over.
  if (result.exceeded == Exceeded::memory) return BuildProblem::memory;
  if (result.end == End::timed_out) return BuildProblem::time;
  if (result.end == End::not_started) return BuildProblem::judge;
  if (result.ok()) return BuildProblem::none;
  if (result.exceeded == Exceeded::tasks) return BuildProblem::compiler;
  const int signal = result.end == End::signalled ? result.code : result.code - 128;
  if (signal == SIGXCPU || says(result, "CPU time limit exceeded")) return BuildProblem::time;
  if (signal == SIGXFSZ || says(result, "File size limit exceeded") || says(result, "File too large"))
    return BuildProblem::output;
  if (says(result, "virtual memory exhausted") || says(result, "out of memory") || says(result, "memory exhausted") ||
      says(result, "std::bad_alloc") || says(result, "Cannot allocate memory"))
    return BuildProblem::memory;
  // Nobody but the limits sends SIGKILL into the box: the second past the soft limit of CPU time is over.
  if (signal == SIGKILL || says(result, "Killed signal terminated program")) return BuildProblem::time;
  return BuildProblem::compiler;
}

/// The box's names for directories mean nothing to a student: "/kiln/include/0/kiln/view.hpp" becomes "kiln/view.hpp".
std::string without_box(std::string words) {
  for (const std::string folder : {"/kiln/work/", "/kiln/objects/", "/kiln/output/", "/kiln/include/", "/kiln/link/"}) {
    for (std::size_t at = 0; (at = words.find(folder, at)) != std::string::npos;) {
      std::size_t end = at + folder.size();
      // Headers and link inputs lie in numbered folders.
      const std::size_t digits = std::min(words.find_first_not_of("0123456789", end), words.size());
      if (digits > end && digits < words.size() && words[digits] == '/') end = digits + 1;
      words.erase(at, end - at);
    }
  }
  return words;
}

bool continues_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/// `text` with the path `from` replaced by `to`, where it is whole or leads on: "/a/1" is no part of "/a/10".
std::string replace_path(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
    const std::size_t end = at + from.size();
    if (end < text.size() && continues_a_name(text[end])) {
      at = end;
      continue;
    }
    text.replace(at, from.size(), to);
    at += to.size();
  }
  return text;
}

ProcessOptions process_options(const BuildLimits& limits) {
  ProcessOptions options;
  options.wall_limit = std::chrono::seconds(3 * limits.cpu_seconds + 5);
  options.output_limit = limits.words;
  options.limits.address_space = limits.memory_bytes;
  options.limits.cpu_seconds = limits.cpu_seconds;
  options.limits.file_bytes = limits.file_bytes;
  options.limits.open_files = 1024;
  return options;
}

/// Whether every disk that the call may write to has room for one more file of the largest kind.
bool has_room(const ToolCall& call, const BuildLimits& limits) {
  return std::all_of(call.mounts.begin(), call.mounts.end(), [&](const Mount& mount) {
    std::error_code error;
    return !mount.writable || std::filesystem::space(mount.host, error).available > limits.file_bytes || error;
  });
}

/// `works` compiles nothing at all under the same conditions: where that fails too, the machine is to blame.
template <class Works>
ToolRun tool_run(const ToolCall& call, const BuildLimits& limits, const ProcessResult& result, Works works) {
  ToolRun tool;
  tool.problem = classify(result);
  if (tool.problem != BuildProblem::none && sounds_like_ours(result) && (!has_room(call, limits) || !works()))
    tool.problem = BuildProblem::judge;
  tool.words = result.end == End::not_started ? result.describe() : without_box(result.output);
  if (result.exceeded == Exceeded::tasks) tool.words += "started more processes than it may\n";
  tool.truncated = result.truncated;
  tool.seconds = result.wall_seconds;
  return tool;
}

/// The same command with the host's paths in place of the box's, and back again in what it says.
ProcessResult run_unboxed(const ToolCall& call, const BuildLimits& limits) {
  ProcessOptions options = process_options(limits);
  options.directory = call.directory;
  std::vector<std::string> command = call.command;
  for (const Mount& mount : call.mounts) {
    for (std::string& word : command) word = replace_path(std::move(word), mount.inside, mount.host);
    options.directory = replace_path(std::move(options.directory), mount.inside, mount.host);
  }
  options.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C", "TMPDIR=" + options.directory};
  ProcessResult result = run(command, options);
  for (const Mount& mount : call.mounts)
    result.output = replace_path(std::move(result.output), mount.host, mount.inside);
  return result;
}

ProcessResult run_boxed(const ToolCall& call, const Toolchain& toolchain, const BuildLimits& limits) {
  ProcessResult nothing;  // not_started
  const Filter filter = make_filter(FilterKind::toolchain);
  ToolchainBox box;
  box.bubblewrap = find_program("bwrap");
  if (!filter.file || box.bubblewrap.empty()) {
    nothing.output = filter.file ? "no program `bwrap` in PATH; install the package `bubblewrap`" : filter.problem;
    return nothing;
  }
  box.command = call.command;
  box.mounts = call.mounts;
  box.headers = call.headers;
  box.directory = call.directory;
  box.system = toolchain.system;
  // Twice the largest file: an assembly listing meets the limit on files, with its clear words, before a full disk.
  box.scratch_bytes = 2 * limits.file_bytes;
  box.filter = filter.file.get();

  Bounds bounds = bound_box({.memory_bytes = limits.memory_bytes, .tasks = limits.tasks});
  if (!bounds.problem.empty()) {
    nothing.output = bounds.problem;
    return nothing;
  }
  ProcessOptions options = process_options(limits);
  options.keep = {box.filter};
  options.box = &bounds.box;
  options.watch = bounds.watch;
  ProcessResult result = run(command_line(box), options);
  if (bounds.box.problem().empty()) return result;
  nothing.output = bounds.box.problem();
  return nothing;
}

}  // namespace

ToolRun run_tool(const ToolCall& call, const Toolchain& toolchain, const BuildLimits& limits) {
  const auto run_once = [&](const ToolCall& once) {
    return limits.boxed ? run_boxed(once, toolchain, limits) : run_unboxed(once, limits);
  };
  return tool_run(call, limits, run_once(call), [&] {
    ToolCall trial = call;
    trial.command = toolchain.compiler;
    trial.command.insert(trial.command.end(), {"-x", "c++", "-fsyntax-only", "-"});
    return run_once(trial).ok();
  });
}

}  // namespace kiln::grader
