// The switch is an atomic flag for those who ask and an eventfd for those who wait.
#include "grader/sandbox/stop.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace kiln::grader {
namespace {

std::atomic<bool> stopped = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

// Made before main, because a signal handler could not make it.
const int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

void on_signal(int) {
  const int saved = errno;
  request_stop();
  errno = saved;
}

}  // namespace

void request_stop() {
  stopped = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event, &one, sizeof one);
}

bool stop_requested() { return stopped; }

void clear_stop() {
  stopped = false;
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(event, &count, sizeof count);
}

void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
}

int stop_descriptor() { return event; }

}  // namespace kiln::grader
