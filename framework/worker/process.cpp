// Starting, asking, and reaping a worker process.
#include "worker/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace kiln::worker {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::judge, "starting a worker: " + what + ": " + std::strerror(errno));
}

/// A descriptor above those that the worker gets, so that dup2 onto 0..5 cannot clash.
Descriptor lift(int descriptor) {
  const int lifted = fcntl(descriptor, F_DUPFD_CLOEXEC, 16);
  if (lifted < 0) fail("fcntl");
  return Descriptor(lifted);
}

/// A memory file that cannot grow, so that a worker that prints without end fills no memory.
Descriptor bounded_file(std::size_t bytes) {
  Descriptor file(memfd_create("kiln-output", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (file.get() < 0) fail("memfd_create");
  if (ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) fail("ftruncate");
  if (fcntl(file.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) fail("F_ADD_SEALS");
  return file;
}

std::vector<char*> as_argv(std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return argv;
}

}  // namespace

Descriptor::~Descriptor() {
  if (value_ >= 0) close(value_);
}

WorkerProcess::WorkerProcess(const LaunchOptions& options, const SharedArena& read_only,
                             const SharedArena& read_write) {
  // Open the line, with the sender's identity attached to what arrives.
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) fail("socketpair");
  socket_ = Descriptor(pair[0]);
  const Descriptor theirs_low(pair[1]);
  const Descriptor theirs = lift(pair[1]);
  const int on = 1;
  if (setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) fail("SO_PASSCRED");
  output_ = bounded_file(kMostPrinted);
  const Descriptor printed = lift(output_.get()), inputs = lift(read_only.descriptor()),
                   outputs = lift(read_write.descriptor());

  // Start the launcher, or the worker itself.
  std::vector<std::string> words = options.launcher;
  words.push_back(options.worker);
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  const std::vector<char*> argv = as_argv(words);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, printed.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, printed.get(), 2);
  posix_spawn_file_actions_adddup2(&actions, theirs.get(), kSocketFd);
  posix_spawn_file_actions_adddup2(&actions, inputs.get(), kReadOnlyFd);
  posix_spawn_file_actions_adddup2(&actions, outputs.get(), kReadWriteFd);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  const int error = posix_spawnp(&pid_, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    pid_ = -1;
    errno = error;
    fail("cannot run " + words.front());
  }
  buffer_.resize(64 * 1024);
}

WorkerProcess::~WorkerProcess() {
  if (pid_ > 0) reap(std::chrono::milliseconds(0));
}

WorkerProcess::Outcome WorkerProcess::send(FrameKind kind, const std::vector<std::byte>& payload,
                                           std::chrono::milliseconds limit) {
  set_timeout(SO_SNDTIMEO, 4 * limit, send_timeout_ms_);
  FrameHeader header;
  header.kind = kind;
  header.bytes = payload.size();
  iovec parts[2] = {{&header, sizeof header}, {const_cast<std::byte*>(payload.data()), payload.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = payload.empty() ? 1 : 2;
  while (message.msg_iovlen > 0) {
    const ssize_t sent = sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN ? Outcome::late : Outcome::gone;
    // Step over what went out.
    auto left = static_cast<std::size_t>(sent);
    while (message.msg_iovlen > 0 && left >= message.msg_iov->iov_len) {
      left -= message.msg_iov->iov_len;
      ++message.msg_iov;
      --message.msg_iovlen;
    }
    if (message.msg_iovlen > 0) {
      message.msg_iov->iov_base = static_cast<std::byte*>(message.msg_iov->iov_base) + left;
      message.msg_iov->iov_len -= left;
    }
  }
  return Outcome::done;
}

Death WorkerProcess::reap(std::chrono::milliseconds patience) {
  Death death;
  if (pid_ <= 0) return death;
  // Give it the time to end by its own reason, then end it: the group, and with the launcher its namespace. One that
  // has ended keeps its reason until it is reaped, and what it started dies with it.
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (handle >= 0) {
    pollfd end{handle, POLLIN, 0};
    while (poll(&end, 1, static_cast<int>(patience.count())) < 0 && errno == EINTR) {
    }
    close(handle);
  }
  siginfo_t ended{};
  death.killed = waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0;
  kill(-pid_, SIGKILL);
  kill(pid_, SIGKILL);
  int status = 0;
  pid_t reaped = 0;
  while ((reaped = waitpid(pid_, &status, 0)) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (reaped <= 0) return death;
  if (WIFSIGNALED(status)) death.signal = WTERMSIG(status);
  if (WIFEXITED(status)) {
    death.status = WEXITSTATUS(status);
    // A launcher hands on a signal as 128 + its number.
    if (death.status > 128 && death.status < 128 + 65) death.signal = death.status - 128;
  }
  return death;
}

std::string WorkerProcess::output(std::size_t limit) const {
  // The worker writes through the same open file, so its position is how much it printed.
  const off_t size = std::min(lseek(output_.get(), 0, SEEK_CUR), static_cast<off_t>(kMostPrinted));
  if (size <= 0) return {};
  const auto wanted = std::min(limit, static_cast<std::size_t>(size));
  std::string text(wanted, '\0');
  const ssize_t got = pread(output_.get(), text.data(), wanted, size - static_cast<off_t>(wanted));
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

}  // namespace kiln::worker
