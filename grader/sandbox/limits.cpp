// setrlimit, one call a limit, in a form that may run between fork and exec.
#include "grader/sandbox/limits.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

namespace kiln::grader {
namespace {

int lower(__rlimit_resource resource, std::uint64_t soft, std::uint64_t hard) {
  rlimit now{};
  if (getrlimit(resource, &now) != 0) return errno;
  const rlim_t ceiling = std::min<rlim_t>(hard, now.rlim_max);
  const rlimit next{std::min<rlim_t>(soft, ceiling), ceiling};
  return setrlimit(resource, &next) == 0 ? 0 : errno;
}

}  // namespace

int apply(const Limits& limits) {
  int error = lower(RLIMIT_CORE, 0, 0);
  const auto set = [&error](__rlimit_resource resource, const std::optional<std::uint64_t>& value,
                            std::uint64_t grace = 0) {
    if (value && error == 0) error = lower(resource, *value, *value + grace);
  };
  set(RLIMIT_AS, limits.address_space);
  set(RLIMIT_DATA, limits.data_bytes);
  set(RLIMIT_CPU, limits.cpu_seconds, 1);
  set(RLIMIT_FSIZE, limits.file_bytes);
  set(RLIMIT_NOFILE, limits.open_files);
  set(RLIMIT_STACK, limits.stack_bytes);
  set(RLIMIT_NPROC, limits.processes);
  return error;
}

}  // namespace kiln::grader
