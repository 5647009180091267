// The trial of user namespaces, apart from the other probes because kiln-sandbox makes it before every start.
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "grader/sandbox/layers.hpp"

namespace kiln::grader {

int try_user_namespace() {
  const long pid = syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid < 0) return errno;
  if (pid == 0) {
    // Some systems grant the namespace and then no right in it.
    const int failed = mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    syscall(SYS_exit_group, failed == 0 ? 0 : errno);
  }
  int status = 0;
  while (waitpid(static_cast<pid_t>(pid), &status, 0) < 0)
    if (errno != EINTR) return errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

}  // namespace kiln::grader
