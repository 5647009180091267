// lint: wrong variants. Each is compiled under its own name, all link into one worker, and each must be caught.
#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "grader/commands/lint.hpp"
#include "grader/judge/test_run.hpp"
#include "grader/sandbox/layers.hpp"
#include "grader/sandbox/process.hpp"
#include "kiln/parallel.hpp"

namespace kiln::grader {

namespace {

struct Variant {
  const Exercise* exercise = nullptr;
  WrongVariant wrong;
  std::filesystem::path source, object;
  std::string problem;
};

std::vector<Variant> variants_of(const App& app, const Module& module, const std::filesystem::path& directory,
                                 Proof& proof) {
  std::vector<Variant> variants;
  std::set<std::string> named;
  const auto folder = app.installation.solutions(module.id) / "wrong";
  for (const Exercise& exercise : module.exercises) {
    if (exercise.wrong.size() < 4 && !exercise.extension)
      proof.problems.push_back(
          fmt::format("{} has {} wrong variants, at least 4 are asked for", exercise.id, exercise.wrong.size()));
    for (const WrongVariant& wrong : exercise.wrong) {
      named.insert(wrong.name + ".cpp");
      variants.push_back({&exercise, wrong, folder / (wrong.name + ".cpp"), directory / (wrong.name + ".o"), ""});
    }
  }
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".cpp" && named.count(entry.path().filename()) == 0)
      proof.problems.push_back(
          fmt::format("wrong/{} is named by no exercise of module.toml", entry.path().filename().string()));
  return variants;
}

std::vector<std::string> compiler(const App& app) {
  std::vector<std::string> command = app.installation.toolchain.compiler;
  const auto& flags = app.installation.toolchain.kernel_flags;
  command.insert(command.end(), flags.begin(), flags.end());
  command.insert(command.end(), {"-I" + app.installation.framework, "-I" + app.installation.framework + "/include"});
  return command;
}

ProcessResult run_compiler(const std::vector<std::string>& command) {
  ProcessOptions options;
  options.wall_limit = std::chrono::minutes(2);
  return run(command, options);
}

void compile(const App& app, const ModuleParts& parts, const std::filesystem::path& precompiled, Variant& variant) {
  std::vector<std::string> command = compiler(app);
  command.push_back("-Werror");
  if (!precompiled.empty()) command.insert(command.end(), {"-include", precompiled});
  command.insert(command.end(),
                 {"-DKILN_IMPL=" + variant.wrong.name, "-DKILN_CONTRACT=\"" + parts.contract + "\"",
                  "-DKILN_SLOTS=" + parts.slots_type, "-DKILN_SOURCE=\"" + variant.source.string() + "\"", "-c",
                  app.installation.framework + "/worker/implementation.cpp", "-o", variant.object});
  const ProcessResult compiled = run_compiler(command);
  if (!compiled.ok())
    variant.problem = fmt::format("wrong/{}.cpp does not compile: {}", variant.wrong.name, compiled.output);
}

bool link(const App& app, const Module& module, const ModuleParts& parts, const std::vector<Variant>& variants,
          const std::filesystem::path& worker, Proof& proof) {
  std::vector<std::string> command = app.installation.toolchain.compiler;
  command.insert(command.end(), {"-static", "-o", worker});
  for (const Variant& variant : variants)
    if (variant.problem.empty()) command.push_back(variant.object);
  command.insert(command.end(), parts.worker_base.begin(), parts.worker_base.end());
  const auto before = objects_before(app.installation, module, nullptr);
  command.insert(command.end(), before.begin(), before.end());
  ProcessOptions options;
  options.wall_limit = std::chrono::minutes(2);
  const ProcessResult linked = run(command, options);
  if (!linked.ok()) proof.problems.push_back("the wrong variants do not link: " + linked.output);
  return linked.ok();
}

/// "" where the variant is caught by the test that it names.
std::string try_variant(const App& app, const ModuleParts& parts, const Variant& variant,
                        const std::filesystem::path& worker, const std::filesystem::path& directory, bool sandboxed) {
  std::filesystem::create_directories(directory);
  TestRequest request;
  request.worker = worker;
  request.implementation = variant.wrong.name;
  request.filter = variant.wrong.caught_by;
  request.memory_mb = variant.exercise->memory_mb;
  request.time_limit_ms = variant.exercise->time_limit_ms;
  request.threads = variant.exercise->threads;
  request.sandboxed = sandboxed;
  request.program = parts.hidden_tests;  // holds the visible tests too
  const TestReport report = run_tests(request, app.installation, parts, directory);
  if (!report.judge_problem.empty()) return report.judge_problem;
  if (report.tests.empty()) return fmt::format("names the test {}, which does not exist", variant.wrong.caught_by);
  if (report.tests.front().passed) return fmt::format("is not caught by {}", variant.wrong.caught_by);
  if (report.tests.front().kind == "stub" || report.tests.front().kind == "missing")
    return fmt::format("lacks a kernel of its exercise: {}", report.tests.front().message);
  return "";
}

}  // namespace

std::filesystem::path precompile_headers(const App& app, const std::filesystem::path& directory) {
  // GCC takes header.hpp.gch, clang header.hpp.pch, where -include names header.hpp.
  const auto header = directory / "common.hpp";
  std::error_code error;
  std::filesystem::copy_file(app.installation.framework + "/worker/common.hpp", header, error);
  const bool clang = app.installation.toolchain.version.find("clang") != std::string::npos;
  std::vector<std::string> command = compiler(app);
  command.insert(command.end(), {"-w", "-x", "c++-header", header, "-o", header.string() + (clang ? ".pch" : ".gch")});
  return !error && run_compiler(command).ok() ? header : std::filesystem::path();
}

Proof prove_variants(const App& app, const Module& module, const std::filesystem::path& directory,
                     const std::filesystem::path& precompiled) {
  Proof proof{"wrong variants are caught by the tests they name", {}, {}};
  const ModuleParts& parts = app.installation.modules.at(module.id);
  std::vector<Variant> variants = variants_of(app, module, directory, proof);
  const auto count = static_cast<std::int64_t>(variants.size());
  parallel_for(0, count, 1, [&](std::int64_t i, std::int64_t) {
    compile(app, parts, precompiled, variants[static_cast<std::size_t>(i)]);
  });
  const auto worker = directory / "wrong-worker";
  if (!link(app, module, parts, variants, worker, proof)) return proof;
  const bool sandboxed = probe_layers().fit_to_grade();
  parallel_for(0, count, 1, [&](std::int64_t i, std::int64_t) {
    Variant& variant = variants[static_cast<std::size_t>(i)];
    if (!variant.problem.empty()) return;
    const std::string problem = try_variant(app, parts, variant, worker, directory / variant.wrong.name, sandboxed);
    if (!problem.empty()) variant.problem = fmt::format("wrong/{}.cpp {}", variant.wrong.name, problem);
  });
  for (const Variant& variant : variants) {
    if (variant.problem.empty())
      proof.facts.push_back(fmt::format("{} caught by {}", variant.wrong.name, variant.wrong.caught_by));
    else
      proof.problems.push_back(variant.problem);
  }
  return proof;
}

}  // namespace kiln::grader
