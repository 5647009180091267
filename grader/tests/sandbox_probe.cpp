// A worker that misbehaves on demand: `sandbox-probe DEED [NUMBER]` does one thing that a box should refuse or bound,
// and says how it went. A trapped call is named by its number.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

void on_trap(int, siginfo_t* info, void*) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "refused %d\n", info->si_syscall);
  [[maybe_unused]] const ssize_t written = write(1, text, static_cast<std::size_t>(size));
  _exit(99);
}

int say(const std::string& text) {
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
  return 0;
}

int list_descriptors(long) {
  std::string open;
  for (int number = 0; number < 256; ++number)
    if (fcntl(number, F_GETFD) >= 0) open += std::to_string(number) + " ";
  return say(open);
}

int list_environment(long) {
  std::string text = "environment:";
  for (char** entry = environ; *entry; ++entry) text += std::string(" ") + *entry;
  return say(text);
}

int execute(long) {
  char* const arguments[] = {const_cast<char*>("sh"), nullptr};
  execve("/bin/sh", arguments, environ);
  return say(std::strerror(errno));
}

/// What of the host can be read, and what can be written.
int look_around(long) {
  std::string text;
  for (const char* path :
       {"/etc/passwd", "/usr/bin/env", "/proc/1/environ", "/proc/1/cmdline", "/proc/self/mountinfo"}) {
    const int file = open(path, O_RDONLY);
    char bytes[8192] = {};
    if (file >= 0 && read(file, bytes, sizeof bytes - 1) > 0)
      for (const char* secret : {"SECRET", "sandbox-probe", "/tmp", "/home", "bwrap", "root:", "ELF"})
        if (std::strstr(bytes, secret) != nullptr) text += std::string(path) + " shows " + secret + "; ";
  }
  for (const char* path : {"/worker", "/new", "/proc/self/comm"})
    if (open(path, O_WRONLY | O_CREAT, 0600) >= 0) text += std::string(path) + " can be written; ";
  return say(text.empty() ? "nothing" : text);
}

int use_memory(long mebibytes) {
  const std::size_t size = static_cast<std::size_t>(mebibytes) << 20;
  char* memory = new (std::nothrow) char[size];
  if (!memory) return say("no memory");
  std::memset(memory, 1, size);
  return say(memory[size / 2] == 1 ? "got memory" : "odd memory");
}

int flood(long bytes) {
  const std::string block(1 << 16, 'x');
  for (long written = 0; written < bytes; written += 1 << 16) {
    const ssize_t got = write(1, block.data(), block.size());
    if (got <= 0) return 3;
  }
  return 0;
}

int start_thread(long) {
  int value = 0;
  std::thread([&value] { value = 7; }).join();
  return say("thread gave " + std::to_string(value));
}

/// As many threads as there can be, up to `most`, all alive at once.
int start_threads(long most) {
  std::vector<std::thread> threads;
  std::string words;
  std::mutex gate;
  {
    const std::lock_guard closed(gate);
    try {
      for (long i = 0; i < most; ++i) threads.emplace_back([&gate] { const std::lock_guard pass(gate); });
    } catch (const std::system_error& error) {
      words = std::string(": ") + error.what();
    }
  }
  for (std::thread& thread : threads) thread.join();
  return say(std::to_string(1 + threads.size()) + " threads" + words);
}

/// Touches memory that no limit on private memory counts.
int share_memory(long mebibytes) {
  const std::size_t size = static_cast<std::size_t>(mebibytes) << 20;
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return say(std::strerror(errno));
  std::memset(memory, 1, size);
  return say("got shared memory");
}

/// Touches the memory file that it was given as `descriptor`, all of it.
int fill_arena(long descriptor) {
  struct stat status {};
  if (fstat(static_cast<int>(descriptor), &status) != 0) return 3;
  const auto size = static_cast<std::size_t>(status.st_size);
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, static_cast<int>(descriptor), 0);
  if (memory == MAP_FAILED) return say(std::strerror(errno));
  std::memset(memory, 1, size);
  while (true) asm volatile("");
}

int open_many(long) {
  int last = 1;
  for (int next; (next = dup(1)) >= 0;) last = next;
  return say("descriptors up to " + std::to_string(last) + ": " + std::strerror(errno));
}

int ask_limits(long) {
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  return say("address space " + std::to_string(limit.rlim_cur >> 20));
}

int raise_limit(long) {
  const rlimit limit{1 << 20, 1 << 20};
  return setrlimit(RLIMIT_FSIZE, &limit);
}

/// The 32-bit entry of the kernel has numbers of its own; 20 is getpid there.
int call_32_bit(long) {
#if defined(__x86_64__)
  long result = 20;
  asm volatile("int $0x80" : "+a"(result) : : "memory");
#endif
  return say("the 32-bit entry answered");
}

int fall_over(long) {
  volatile int* nowhere = nullptr;
  *nowhere = 1;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const long number = argc > 2 ? std::atol(argv[2]) : 0;
  if (argc < 4 || std::string(argv[3]) != "unhandled") {
    struct sigaction action {};
    action.sa_sigaction = on_trap;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSYS, &action, nullptr);
  }
  const std::map<std::string, int (*)(long)> deeds = {
      {"exit", [](long status) { return static_cast<int>(status); }},
      {"call", [](long call) { return say("answered " + std::to_string(syscall(call, 0, 0, 0, 0, 0, 0))); }},
      {"ioctl", [](long) { return say(syscall(SYS_ioctl, 1, 0x5412, "x") != 0 ? std::strerror(errno) : "done"); }},
      {"descriptors", list_descriptors},
      {"environment", list_environment},
      {"execute", execute},
      {"look", look_around},
      {"memory", use_memory},
      {"flood", flood},
      {"thread", start_thread},
      {"threads", start_threads},
      {"share", share_memory},
      {"fill_arena", fill_arena},
      {"open_many", open_many},
      {"limits", ask_limits},
      {"raise_limit", raise_limit},
      {"call_32_bit", call_32_bit},
      {"fall_over", fall_over},
      {"abort", [](long) -> int { std::abort(); }},
      {"user", [](long) { return say(std::to_string(syscall(SYS_getpid)) + " " + std::to_string(getppid())); }},
      {"ready",
       [](long) -> int {
         say("ready");
         while (true) asm volatile("");
       }},
      {"spin",
       [](long) -> int {
         while (true) asm volatile("");
       }},
  };
  const auto deed = deeds.find(argv[1]);
  return deed == deeds.end() ? 2 : deed->second(number);
}
