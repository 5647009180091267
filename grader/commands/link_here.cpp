// Linking and running what is the student's own business.
#include "grader/commands/link_here.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

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
  // Ctrl-C is the child's business, as in a shell: it may have something to finish first.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGINT);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  struct sigaction ignore {
  }, before{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGINT, &ignore, &before);

  pid_t child = -1;
  const int error = posix_spawn(&child, argv[0], nullptr, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  int status = 0;
  while (error == 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  sigaction(SIGINT, &before, nullptr);
  if (error != 0) {
    fmt::print(stderr, "kiln: cannot run {}: {}\n", command.front(), std::strerror(error));
    return 126;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace kiln::grader
