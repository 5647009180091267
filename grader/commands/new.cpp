// new: lays out an exercise or a module; tools/new.py does it.
#include "grader/commands/commands.hpp"
#include "grader/commands/link_here.hpp"

namespace kiln::grader {

int lay_out_new(const App& app, const std::vector<std::string>& arguments) {
  std::vector<std::string> command{"/usr/bin/env", "python3", app.installation.source_root / "tools" / "new.py"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const int status = run_here(command);
  return status == 0 ? kWell : status == 2 ? kBadCall : kJudgeFailed;
}

}  // namespace kiln::grader
