// What does not compile or is still a stub is left to the reference.
#include "grader/commands/link_and_run.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstring>

#include "grader/build/temp_directory.hpp"
#include "grader/commands/compile_own.hpp"
#include "grader/commands/link_here.hpp"

namespace kiln::grader {

int link_and_run(const App& app, const MilestoneParts& parts, const std::vector<std::string>& arguments,
                 const char* what) {
  const TempDirectory directory("kiln-program");
  LinkHere link;
  link.objects = compile_own(app, select(app, ""), directory.path()).objects;
  link.whole = parts.whole;
  link.libraries = parts.libraries;
  const auto program = directory.path() / what;
  if (!link_here(app.installation, link, program)) return kJudgeFailed;

  std::vector<std::string> command{program};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const int status = run_here(command);
  if (status <= 2 || status == kInterrupted) return status;
  if (status > 128)
    fmt::print(stderr, "kiln: the {} was killed by signal {} ({}): `kiln check` finds the kernel that fails\n", what,
               status - 128, strsignal(status - 128));
  return kFailed;
}

}  // namespace kiln::grader
