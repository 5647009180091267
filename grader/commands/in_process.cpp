// check --in-process and --sanitize: tests and kernels in one program, for gdb, valgrind and the sanitizers.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "grader/build/temp_directory.hpp"
#include "grader/commands/commands.hpp"
#include "grader/commands/compile_own.hpp"
#include "grader/commands/link_here.hpp"

namespace kiln::grader {

namespace {

const std::vector<std::string> kSanitize{"-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"};

}  // namespace

int check_in_process(const App& app, const Selection& selection, const CheckOptions& options) {
  const ModuleParts& parts = app.installation.modules.at(selection.module->id);
  Toolchain toolchain = app.installation.toolchain;
  // The box calls its directory /kiln/work; a debugger and the sanitizers are to name the student's own file.
  const auto folder = app.installation.source_root / "modules" / selection.module->id;
  toolchain.kernel_flags.insert(toolchain.kernel_flags.end(),
                                {"-g", "-ffile-prefix-map=/kiln/work=" + folder.string()});
  if (options.sanitize) toolchain.kernel_flags.insert(toolchain.kernel_flags.end(), kSanitize.begin(), kSanitize.end());
  const TempDirectory directory("kiln-in-process");
  const OwnObjects own = compile_own(app, selection, toolchain, directory.path(), true);
  if (own.objects.empty()) return kFailed;
  LinkHere link;
  link.objects = own.objects;
  link.whole = parts.in_process_whole;
  link.libraries = parts.in_process;
  link.libraries.push_back("-lgtest");
  if (options.sanitize) link.libraries.insert(link.libraries.end(), kSanitize.begin(), kSanitize.end());
  const auto program = directory.path() / "tests";
  if (!link_here(app.installation, link, program)) return kJudgeFailed;

  std::string filter;
  for (const Exercise* exercise : selection.exercises)
    filter += (filter.empty() ? "" : ":") + exercise->id + "." + (options.test.empty() ? "*" : options.test);
  std::vector<std::string> command{program, "--gtest_filter=" + filter, "--rerun",
                                   std::string("kiln check ") + (options.sanitize ? "--sanitize" : "--in-process")};
  if (options.seed != 0) command.push_back(fmt::format("--seed={:#x}", options.seed));
  if (options.only_case >= 0) command.push_back(fmt::format("--case={}", options.only_case));
  const int status = run_here(command);
  if (status > 128)
    fmt::print(stderr, "kiln: the tests were killed by signal {} ({}); {}\n", status - 128, strsignal(status - 128),
               options.sanitize ? "see what stands above" : "`kiln check --sanitize` names the line");
  if (status == kSkipped) return options.meson ? kSkipped : kFailed;
  return own.any_failed || status != 0 ? kFailed : kWell;
}

}  // namespace kiln::grader
