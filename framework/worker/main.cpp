// The worker: hosts one implementation's kernels and runs them for the judge, one request at a time.
// Everything it says is verified by the judge; nothing in here is trusted.
#include <malloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "kiln/parallel.hpp"
#include "worker/dispatch.hpp"
#include "worker/faults.hpp"

extern "C" {
// The linker's bounds of the section that STUB() fills; absent where nothing is a stub.
extern const kiln::StubRecord* const __start_kiln_stubs[] __attribute__((weak));
extern const kiln::StubRecord* const __stop_kiln_stubs[] __attribute__((weak));
}

namespace kiln::worker {

Implementation*& implementations() {
  static constinit Implementation* first = nullptr;
  return first;
}

namespace {

bool read_all(void* data, std::size_t size) {
  char* next = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = ::read(kSocketFd, next, size);
    if (got <= 0) return false;
    next += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool send_frame(FrameKind kind, const std::vector<std::byte>& payload) {
  static std::vector<std::byte> frame;
  FrameHeader header;
  header.kind = kind;
  header.bytes = payload.size();
  frame.resize(sizeof header + payload.size());
  std::memcpy(frame.data(), &header, sizeof header);
  if (!payload.empty()) std::memcpy(frame.data() + sizeof header, payload.data(), payload.size());
  const std::byte* next = frame.data();
  for (std::size_t left = frame.size(); left > 0;) {
    const ssize_t sent = ::write(kSocketFd, next, left);
    if (sent <= 0) return false;
    next += sent;
    left -= static_cast<std::size_t>(sent);
  }
  return true;
}

std::byte* map_arena(int descriptor, int protection, std::size_t& size) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return nullptr;
  size = static_cast<std::size_t>(status.st_size);
  void* memory = mmap(nullptr, size, protection, MAP_SHARED | MAP_NORESERVE, descriptor, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::byte*>(memory);
}

bool is_stub(const std::string& kernel) {
  if (__start_kiln_stubs == nullptr) return false;
  for (auto record = __start_kiln_stubs; record < __stop_kiln_stubs; ++record)
    if (kernel == (*record)->kernel) return true;
  return false;
}

class Worker {
 public:
  explicit Worker(const Implementation& implementation) : table_(implementation.table) {}

  /// Maps the arenas and greets. False where that fails.
  bool greet() {
    bases_[0] = map_arena(kReadOnlyFd, PROT_READ, sizes_[0]);
    bases_[1] = map_arena(kReadWriteFd, PROT_READ | PROT_WRITE, sizes_[1]);
    if (bases_[0] == nullptr || bases_[1] == nullptr) return false;
    const Dispatch& served = served_family();
    Writer hello;
    hello.plain(served.family.fingerprint);
    hello.plain(reinterpret_cast<std::uint64_t>(bases_[0]));
    hello.plain(reinterpret_cast<std::uint64_t>(bases_[1]));
    for (std::size_t i = 0; i < served.family.slots.size(); ++i) {
      const bool missing = served.is_null(table_, static_cast<int>(i));
      hello.plain<std::uint8_t>(missing ? 2 : is_stub(served.family.slots[i].name) ? 1 : 0);
    }
    return send_frame(FrameKind::hello, hello.bytes);
  }

  /// Serves requests until the judge hangs up.
  void serve() {
    FrameHeader header;
    std::vector<std::byte> payload;
    while (read_all(&header, sizeof header)) {
      payload.resize(static_cast<std::size_t>(header.bytes));
      if (!read_all(payload.data(), payload.size())) return;
      Reader request{payload.data(), payload.data() + payload.size(), {bases_[0], bases_[1]}, {sizes_[0], sizes_[1]}};
      results_.clear();
      const FrameKind answer = run(request);
      if (!send_frame(answer, results_.bytes)) return;
    }
  }

 private:
  FrameKind run(Reader& reader) {
    try {
      const Dispatch& served = served_family();
      Request request = read_request(reader, served.family.slots.size());
      const std::uint32_t slot = request.slot;
      set_guards(request.guards);
      if (served.is_null(table_, static_cast<int>(slot)))
        return fail(ErrorKind::missing, served.family.slots[slot].name + " has no definition: write `impl::" +
                                            served.family.slots[slot].name + "` in its file");
      served.invoke[slot](table_, request.count, reader, results_);
      return FrameKind::result;
    } catch (const Error& error) {
      return fail(error.kind(), error.what());
    } catch (const std::bad_alloc&) {
      return fail(ErrorKind::memory, "std::bad_alloc");
    } catch (const std::exception& error) {
      return fail(ErrorKind::exception, error.what());
    } catch (...) {
      return fail(ErrorKind::exception, "something that is no std::exception");
    }
  }

  FrameKind fail(ErrorKind kind, const std::string& text) {
    results_.clear();
    results_.plain(static_cast<std::uint32_t>(kind));
    results_.text(text.substr(0, kMaxErrorBytes));
    return FrameKind::error;
  }

  // Guard pages stay until a request asks for others: most requests of a property ask for the same.
  void set_guards(std::vector<GuardPage>& wanted) {
    if (wanted == guards_) return;
    for (const GuardPage& guard : guards_)
      protect(guard, guard.arena == Arena::read_only ? PROT_READ : PROT_READ | PROT_WRITE);
    guards_.swap(wanted);
    for (const GuardPage& guard : guards_) protect(guard, PROT_NONE);
  }

  void protect(const GuardPage& guard, int protection) {
    mprotect(bases_[static_cast<int>(guard.arena)] + guard.offset, 4096, protection);
  }

  const void* table_;
  std::byte* bases_[2] = {nullptr, nullptr};
  std::size_t sizes_[2] = {0, 0};
  std::vector<GuardPage> guards_;
  Writer results_;
};

const Implementation* find_implementation(const char* name) {
  const Implementation* first = implementations();
  for (const Implementation* at = first; at != nullptr; at = at->next)
    if (name != nullptr && std::strcmp(at->name, name) == 0) return at;
  return name == nullptr ? first : nullptr;
}

int list_implementations() {
  for (const Implementation* at = implementations(); at != nullptr; at = at->next) std::puts(at->name);
  return 0;
}

}  // namespace
}  // namespace kiln::worker

int main(int argc, char** argv) {
  using namespace kiln::worker;
  const char* name = nullptr;
  int threads = 1;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--list") == 0) return list_implementations();
    if (std::strcmp(argv[i], "--implementation") == 0 && i + 1 < argc) name = argv[++i];
    if (std::strcmp(argv[i], "--threads") == 0 && i + 1 < argc) threads = std::atoi(argv[++i]);
  }
#ifdef __GLIBC__
  // One heap for all threads: to give back memory of another one, free reads a file, which the sandbox forbids.
  mallopt(M_ARENA_MAX, 1);
#endif
  // What a kernel's loops use: no more threads than the exercise allows, and than there are cores. With one none is
  // ever started, since starting one is a violation where none is allowed.
  kiln::set_thread_count(std::clamp(threads, 1, std::max(1, kiln::thread_count())));
  const Implementation* implementation = find_implementation(name);
  if (implementation == nullptr) {
    std::fprintf(stderr, "worker: no implementation named %s is linked in\n", name == nullptr ? "(any)" : name);
    return 2;
  }
  Worker worker(*implementation);
  if (!worker.greet()) {
    std::fprintf(stderr,
                 "worker: this program is started by a judge, with its line and arenas on descriptors 3 to 5\n");
    return 2;
  }
  worker.serve();
  return 0;
}
