// Linking and running what is the student's own business.
#include "grader/commands/link_here.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "grader/sandbox/process.hpp"

namespace kiln::grader {

bool link_here(const Installation& installation, const LinkHere& link, const std::filesystem::path& program) {
  std::vector<std::string> command = installation.toolchain.compiler;
  command.insert(command.end(), {"-o", program});
  command.insert(command.end(), link.objects.begin(), link.objects.end());
  command.push_back("-Wl,--whole-archive");
  command.insert(command.end(), link.whole.begin(), link.whole.end());
  command.insert(command.end(), {"-Wl,--no-whole-archive", "-Wl,--start-group"});
  command.insert(command.end(), link.libraries.begin(), link.libraries.end());
  command.insert(command.end(), {"-Wl,--end-group", "-pthread"});
  command.insert(command.end(), installation.sanitize.begin(), installation.sanitize.end());
  ProcessOptions options;
  options.wall_limit = std::chrono::minutes(2);
  const ProcessResult linked = run(command, options);
  if (!linked.ok())
    fmt::print(stderr, "kiln: linking {} {}:\n{}\n", program.filename().string(), linked.describe(), linked.output);
  return linked.ok();
}

int run_here(const std::vector<std::string>& command) {
  std::fflush(nullptr);
  std::vector<std::string> words = command;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = -1;
  if (const int error = posix_spawn(&child, argv[0], nullptr, nullptr, argv.data(), environ); error != 0) {
    fmt::print(stderr, "kiln: cannot run {}: error {}\n", command.front(), error);
    return 126;
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace kiln::grader
