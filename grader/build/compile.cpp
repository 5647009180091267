// Write the source, compile it, list its symbols, judge them.
#include "grader/build/compile.hpp"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <system_error>
#include <thread>

#include "grader/build/symbols.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

/// A listing that is longer than this has more symbols than any honest object.
constexpr std::size_t kListingBytes = 4 << 20;
constexpr std::size_t kBreachesShown = 10;

CompileResult failed(BuildProblem problem, std::string diagnostics, double seconds = 0) {
  return {problem, {}, std::move(diagnostics), seconds};
}

/// Plain names only: the name becomes a path and a word of a command line.
bool is_plain(const std::string& file) {
  return file.size() > 4 && file.ends_with(".cpp") && file[0] != '.' && file[0] != '-' &&
         std::all_of(file.begin(), file.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                  c == '.';
         });
}

std::string write_source(const fs::path& directory, const CompileRequest& request) {
  std::error_code error;
  fs::create_directories(directory, error);
  std::ofstream file(directory / request.file, std::ios::binary | std::ios::trunc);
  file << request.source;
  file.close();
  return file ? "" : "cannot write " + request.file + " into the work directory; is the disk full?";
}

std::string object_name(const std::string& file) { return file.substr(0, file.size() - 4) + ".o"; }

ToolRun compile(const CompileRequest& request, const Toolchain& toolchain, const fs::path& work,
                const BuildLimits& limits) {
  ToolCall call;
  call.command = toolchain.compiler;
  call.command.insert(call.command.end(), toolchain.kernel_flags.begin(), toolchain.kernel_flags.end());
  call.command.insert(call.command.end(), {"-DKILN_IMPL=student", "-fdiagnostics-color=never"});
  for (std::size_t i = 0; i < toolchain.include_directories.size(); ++i) {
    const std::string inside = "/kiln/include/" + std::to_string(i);
    call.mounts.push_back({toolchain.include_directories[i], inside});
    call.command.push_back("-I" + inside);
  }
  call.command.insert(call.command.end(), {"-c", request.file, "-o", object_name(request.file)});
  call.mounts.push_back({work.string(), "/kiln/work", true});
  call.headers = request.headers;
  call.directory = "/kiln/work";
  return run_tool(call, toolchain, limits);
}

/// An object may be as hostile as its source, so the lister runs in the box as well.
CompileResult check_symbols(const CompileRequest& request, const Toolchain& toolchain, const fs::path& work,
                            BuildLimits limits) {
  limits.words = kListingBytes;
  const ToolCall call{.command = {toolchain.symbol_lister, "-P", object_name(request.file)},
                      .mounts = {{work.string(), "/kiln/work"}},
                      .directory = "/kiln/work"};
  const ToolRun listing = run_tool(call, toolchain, limits);
  if (listing.problem == BuildProblem::judge || listing.problem == BuildProblem::cancelled)
    return failed(listing.problem, listing.words, listing.seconds);
  std::vector<Symbol> symbols;
  if (listing.problem != BuildProblem::none || listing.truncated || !parse_symbols(listing.words, symbols))
    return failed(BuildProblem::contract, request.file + " gives an object whose symbols cannot be listed");

  const auto& flags = toolchain.kernel_flags;
  const bool sanitized =
      std::any_of(flags.begin(), flags.end(), [](const auto& flag) { return flag.starts_with("-fsanitize="); });
  Contract contract{request.file, request.kernels, header_names(toolchain.include_directories), sanitized};
  // A library's folder of headers is named as its namespace.
  for (const std::string& header : request.headers) contract.libraries.insert(header.substr(0, header.find('/')));
  const std::vector<std::string> breaches = contract_breaches(symbols, contract);
  std::string text;
  for (std::size_t i = 0; i < breaches.size() && i < kBreachesShown; ++i) text += breaches[i] + "\n";
  if (breaches.size() > kBreachesShown)
    text += "... and " + std::to_string(breaches.size() - kBreachesShown) + " more\n";
  return {breaches.empty() ? BuildProblem::none : BuildProblem::contract, {}, std::move(text), listing.seconds};
}

std::string explain(const CompileRequest& request, BuildProblem problem, const BuildLimits& limits) {
  const std::string what = "compiling " + request.file + " ";
  switch (problem) {
    case BuildProblem::time:
      return what + "took longer than the " + std::to_string(limits.cpu_seconds) + " s that it may\n";
    case BuildProblem::memory:
      return what + "took more than the " + std::to_string(limits.memory_bytes >> 20) + " MiB of memory that it may\n";
    case BuildProblem::output:
      return what + "wrote a file larger than the " + std::to_string(limits.file_bytes >> 20) + " MiB that it may\n";
    case BuildProblem::cancelled: return what + "was cancelled\n";
    default: return "";
  }
}

}  // namespace

CompileResult compile_exercise(const CompileRequest& request, const Toolchain& toolchain, const fs::path& directory,
                               const BuildLimits& limits) {
  if (!is_plain(request.file))
    return failed(BuildProblem::judge, "a listed file is named `" + request.file + "`, expected a plain NAME.cpp");
  const fs::path work = fs::absolute(directory) / request.file.substr(0, request.file.size() - 4);
  if (const std::string problem = write_source(work, request); !problem.empty())
    return failed(BuildProblem::judge, problem);

  const ToolRun compiled = compile(request, toolchain, work, limits);
  std::string words = explain(request, compiled.problem, limits) + compiled.words;
  if (compiled.problem != BuildProblem::none) return failed(compiled.problem, std::move(words), compiled.seconds);

  // What is handed on must be the file itself, not a link to somewhere.
  const fs::path object = work / object_name(request.file);
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(object, error)))
    return failed(BuildProblem::judge, "the compiler was content with " + request.file + " but left no object");
  CompileResult result = check_symbols(request, toolchain, work, limits);
  result.seconds += compiled.seconds;
  result.diagnostics = words + result.diagnostics;
  if (result.ok()) result.object = object;
  return result;
}

std::vector<CompileResult> compile_many(const std::vector<CompileRequest>& requests, const Toolchain& toolchain,
                                        const fs::path& directory, unsigned jobs, const BuildLimits& limits) {
  std::vector<CompileResult> results(requests.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < requests.size();)
      results[i] = compile_exercise(requests[i], toolchain, directory, limits);
  };
  const std::size_t threads = std::clamp<std::size_t>(jobs, 1, std::max<std::size_t>(requests.size(), 1));
  std::vector<std::jthread> helpers;
  for (std::size_t i = 1; i < threads; ++i) helpers.emplace_back(work);
  work();
  helpers.clear();
  return results;
}

}  // namespace kiln::grader
