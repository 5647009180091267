// What a worker says: frames cut out of the bytes that come over its socket, which may be any, at any pace.
// Stands apart from starting and ending a process, so that a fuzzer can speak in a worker's place.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "worker/process.hpp"

namespace kiln::worker {

namespace {

using Clock = std::chrono::steady_clock;

double seconds(const timespec& time) {
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

// A timeout of 0 would mean: wait for ever.
void WorkerProcess::set_timeout(int option, std::chrono::milliseconds limit, long& current) {
  const long wanted = std::max<long>(1, static_cast<long>(limit.count()));
  if (wanted == current) return;
  const timeval timeout{wanted / 1000, (wanted % 1000) * 1000};
  setsockopt(socket_.get(), SOL_SOCKET, option, &timeout, sizeof timeout);
  current = wanted;
}

bool WorkerProcess::has_spoken() const {
  std::byte byte;
  return filled_ > 0 || recv(socket_.get(), &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

// The credentials are filled in by the kernel and cannot be forged without privileges, so the clock that is read is
// the worker's own.
void WorkerProcess::attest(const void* opaque) {
  auto* message = static_cast<const msghdr*>(opaque);
  for (cmsghdr* part = CMSG_FIRSTHDR(message); part != nullptr;
       part = CMSG_NXTHDR(const_cast<msghdr*>(message), part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_CREDENTIALS) continue;
    ucred credentials;
    std::memcpy(&credentials, CMSG_DATA(part), sizeof credentials);
    if (clock_getcpuclockid(credentials.pid, &clock_) == 0) worker_pid_ = credentials.pid;
    worker_handle_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, credentials.pid, 0)));
  }
  if (worker_pid_ > 0) {
    const int off = 0;
    setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &off, sizeof off);
  }
}

WorkerProcess::Wait WorkerProcess::read_some(std::chrono::milliseconds limit, Clock::time_point started,
                                             double cpu_at_start) {
  if (filled_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
  set_timeout(SO_RCVTIMEO, limit, receive_timeout_ms_);
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  iovec part{buffer_.data() + filled_, buffer_.size() - filled_};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (worker_pid_ == 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
  const ssize_t got = recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
  if (got > 0) {
    filled_ += static_cast<std::size_t>(got);
    if (worker_pid_ == 0) attest(&message);
    return Wait::ready;
  }
  if (got == 0 || (errno != EAGAIN && errno != EINTR)) return Wait::gone;
  const double used = cpu_seconds().value_or(0) - cpu_at_start;
  const auto waited = Clock::now() - started;
  const bool spent = waited >= limit && used >= std::chrono::duration<double>(limit).count();
  return spent || waited >= 4 * limit ? Wait::late : Wait::ready;
}

WorkerProcess::Outcome WorkerProcess::receive(Frame& frame, std::chrono::milliseconds limit) {
  const auto started = Clock::now();
  const double cpu_at_start = worker_pid_ > 0 ? cpu_seconds().value_or(0) : 0;
  FrameHeader header;
  for (bool have_header = false;;) {
    if (filled_ >= sizeof header) {
      std::memcpy(&header, buffer_.data(), sizeof header);
      if (header.magic != kMagic || header.bytes > kMaxFrameBytes)
        throw Error(ErrorKind::protocol, "the worker sent bytes that are no frame");
      have_header = true;
    }
    if (have_header && filled_ >= sizeof header + header.bytes) break;
    // A worker that drips bytes must not outlast the limit either.
    if (Clock::now() - started > 4 * limit) return Outcome::late;
    const Wait wait = read_some(limit, started, cpu_at_start);
    if (wait == Wait::gone) return Outcome::gone;
    if (wait == Wait::late) return Outcome::late;
  }
  const auto total = sizeof header + static_cast<std::size_t>(header.bytes);
  frame.kind = header.kind;
  frame.payload.assign(buffer_.begin() + sizeof header, buffer_.begin() + static_cast<std::ptrdiff_t>(total));
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(total),
            buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
  filled_ -= total;
  return Outcome::done;
}

std::optional<double> WorkerProcess::cpu_seconds() const {
  timespec time{};
  if (worker_pid_ == 0 || clock_gettime(clock_, &time) != 0) return std::nullopt;
  return seconds(time);
}

}  // namespace kiln::worker
