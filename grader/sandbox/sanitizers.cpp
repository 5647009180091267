// The switches and why each is set, and where the C library lies.
#include "grader/sandbox/sanitizers.hpp"

#include <filesystem>
#include <initializer_list>
#include <system_error>

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

/// What shadow, red zones and freed blocks that are kept may add; measured at two to three times, five with threads.
constexpr std::uint64_t kOverhead = 4, kOverheadThreads = 8, kBaseMb = 256;

std::string join(std::initializer_list<std::string> words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ":") + word;
  return text;
}

std::string limit(std::uint64_t megabytes) { return "hard_rss_limit_mb=" + std::to_string(megabytes); }

}  // namespace

std::vector<std::pair<std::string, std::string>> sanitizer_environment(std::uint64_t memory_mb) {
  const std::string status = "exitcode=" + std::to_string(kSanitizerStatus);
  // 2: the worker's own handlers name the operand, the sanitizer's name the line. Leaks are not looked for: that takes
  // a second process that stops this one.
  const std::string faults =
      join({"handle_segv=2", "handle_sigbus=2", "handle_sigfpe=2", "handle_sigill=2", "handle_abort=2"});
  // Core files are forbidden already, and setting limits is no allowed call.
  const std::string core = "disable_coredump=0";
  return {
      {"ASAN_OPTIONS",
       join({status, faults, core, "detect_leaks=0", "print_legend=0", "malloc_context_size=12",
             "quarantine_size_mb=32", "detect_stack_use_after_return=1", limit(kBaseMb + kOverhead * memory_mb)})},
      {"UBSAN_OPTIONS", join({status, "print_stacktrace=1"})},
      {"TSAN_OPTIONS", join({status, faults, core, "halt_on_error=1", "report_thread_leaks=0", "history_size=3",
                             limit(kBaseMb + kOverheadThreads * memory_mb)})},
  };
}

std::vector<std::string> sanitizer_libraries() {
  std::vector<std::string> found;
  for (const char* folder : {"/lib64", "/usr/lib64", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib"})
    for (const char* name : {"ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libc.so.6", "libm.so.6", "libdl.so.2",
                             "libpthread.so.0", "librt.so.1"}) {
      const std::string path = std::string(folder) + "/" + name;
      std::error_code ignored;
      if (fs::exists(path, ignored)) found.push_back(path);
    }
  return found;
}

}  // namespace kiln::grader
