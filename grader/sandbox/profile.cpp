// What each box holds, option by option.
#include "grader/sandbox/profile.hpp"

#include <filesystem>
#include <initializer_list>
#include <system_error>

#include "grader/sandbox/sanitizers.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

/// "nobody": a user id that means nothing on the host and owns nothing inside.
constexpr const char* kUser = "65534";

class Line {
 public:
  Line& add(std::initializer_list<std::string> words) {
    words_.insert(words_.end(), words);
    return *this;
  }
  Line& add(const std::vector<std::string>& words) {
    words_.insert(words_.end(), words.begin(), words.end());
    return *this;
  }
  std::vector<std::string> take() { return std::move(words_); }

 private:
  std::vector<std::string> words_;
};

/// What both boxes share: every namespace of their own, no capability, nobody's user id, no environment, no terminal.
Line isolated(const std::string& bubblewrap, int filter) {
  Line line;
  line.add({bubblewrap, "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"});
  line.add({"--unshare-cgroup", "--uid", kUser, "--gid", kUser, "--hostname", "kiln", "--cap-drop", "ALL"});
  line.add({"--die-with-parent", "--new-session", "--clearenv", "--seccomp", std::to_string(filter)});
  return line;
}

/// A system directory as it is on the host: a link stays a link, a directory is bound, what is missing stays missing.
void add_system(Line& line, const std::string& path) {
  std::error_code ignored;
  if (fs::is_symlink(path, ignored))
    line.add({"--symlink", fs::read_symlink(path, ignored).string(), path});
  else if (fs::exists(path, ignored))
    line.add({"--ro-bind", path, path});
}

}  // namespace

std::vector<std::string> command_line(const WorkerBox& box) {
  Line line = isolated(box.bubblewrap, box.filter);
  line.add({"--ro-bind", box.worker, "/worker", "--remount-ro", "/", "--chdir", "/", "--", "/worker"});
  return line.add(box.arguments).take();
}

std::vector<std::string> command_line(const SanitizedBox& box) {
  Line line = isolated(box.bubblewrap, box.filter);
  for (const std::string& library : sanitizer_libraries()) line.add({"--ro-bind", library, library});
  line.add({"--perms", "0555", "--ro-bind-data", std::to_string(box.worker), "/worker", "--proc", "/proc"});
  for (const auto& [name, value] : sanitizer_environment(box.memory_mb)) line.add({"--setenv", name, value});
  // bubblewrap's own process would show its command line and environment in /proc.
  line.add({"--as-pid-1", "--remount-ro", "/", "--chdir", "/", "--", "/worker"});
  return line.add(box.arguments).take();
}

std::vector<std::string> command_line(const ToolchainBox& box) {
  Line line = isolated(box.bubblewrap, box.filter);
  // /usr/include is rebuilt name by name, so that a library that is installed tomorrow stays outside as well.
  for (const char* path : {"/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/bin", "/lib", "/lib32",
                           "/lib64", "/etc/alternatives"})
    add_system(line, path);
  for (const std::string& name : system_headers())
    line.add({"--ro-bind-try", "/usr/include/" + name, "/usr/include/" + name});
  for (const std::string& name : box.headers) line.add({"--ro-bind", "/usr/include/" + name, "/usr/include/" + name});
  for (const std::string& path : box.system) line.add({"--ro-bind", path, path});
  line.add({"--size", std::to_string(box.scratch_bytes), "--tmpfs", "/tmp"});
  for (const Mount& mount : box.mounts) line.add({mount.writable ? "--bind" : "--ro-bind", mount.host, mount.inside});
  line.add({"--remount-ro", "/", "--chdir", box.directory});
  line.add({"--setenv", "PATH", "/usr/bin:/bin", "--setenv", "LC_ALL", "C", "--setenv", "HOME", "/tmp"});
  return line.add({"--setenv", "TMPDIR", "/tmp", "--"}).add(box.command).take();
}

const std::vector<std::string>& system_headers() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list = {"c++", "linux", "asm-generic", "asm", "bits", "gnu", "sys"};
    // Debian's multiarch directory holds the machine's own part of libc beside other libraries' headers.
    for (const char* machine : {"x86_64-linux-gnu", "aarch64-linux-gnu"})
      for (const char* part : {"asm", "bits", "c++", "gnu", "sys", "fpu_control.h", "ieee754.h"})
        list.push_back(std::string(machine) + "/" + part);
    for (const char* name : {"alloca",  "assert",  "byteswap",  "complex",  "ctype",    "dirent",   "dlfcn",
                             "endian",  "errno",   "error",     "execinfo", "fcntl",    "features", "features-time64",
                             "fenv",    "iconv",   "inttypes",  "langinfo", "libintl",  "limits",   "link",
                             "elf",     "locale",  "malloc",    "math",     "memory",   "nl_types", "poll",
                             "pthread", "sched",   "semaphore", "setjmp",   "signal",   "spawn",    "stdc-predef",
                             "stdint",  "stdio",   "stdio_ext", "stdlib",   "string",   "strings",  "syscall",
                             "tgmath",  "threads", "time",      "uchar",    "ucontext", "unistd",   "values",
                             "wait",    "wchar",   "wctype"})
      list.push_back(std::string(name) + ".h");
    return list;
  }();
  return names;
}

}  // namespace kiln::grader
