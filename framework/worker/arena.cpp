// Shared memory between judge and worker: creation, sealing, placement.
#include "worker/arena.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace kiln::worker {

namespace {

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorKind::judge, std::string("shared arena: ") + what + ": " + std::strerror(errno));
}

std::size_t round_up(std::size_t value, std::size_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

SharedArena::SharedArena(Arena kind, std::size_t bytes) : kind_(kind), size_(round_up(bytes, 2 * kPage)) {
  const bool sealed = kind == Arena::read_only;
  descriptor_ = memfd_create(sealed ? "kiln-inputs" : "kiln-outputs", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor_ < 0) fail("memfd_create");
  if (ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) fail("ftruncate");
  // Map before sealing: the seal stops every later writable mapping, the worker's too.
  void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor_, 0);
  if (memory == MAP_FAILED) fail("mmap");
  base_ = static_cast<std::byte*>(memory);
  const int seals = F_SEAL_SHRINK | F_SEAL_GROW | (sealed ? F_SEAL_FUTURE_WRITE : 0) | F_SEAL_SEAL;
  if (fcntl(descriptor_, F_ADD_SEALS, seals) != 0) fail("F_ADD_SEALS");
  kept_ = size_ / 2;
}

SharedArena::~SharedArena() {
  if (base_ != nullptr) munmap(base_, size_);
  if (descriptor_ >= 0) close(descriptor_);
}

std::byte* SharedArena::place(std::size_t bytes, Placement placement) {
  const std::size_t room = placement == Placement::guarded ? round_up(bytes + kCanaryBytes, kPage) + kPage
                                                           : round_up(bytes, 64) + 2 * kCanaryBytes;
  if (bytes > size_ || next_ + room > size_ / 2)
    throw Error(ErrorKind::judge,
                "shared arena: a call's operands need more than " + std::to_string(size_ / 2) + " bytes");
  if (placement == Placement::guarded) next_ = round_up(next_, kPage);
  if (next_ + room > size_ / 2) throw Error(ErrorKind::judge, "shared arena: full");
  std::byte* block = base_ + next_;
  next_ += room;
  if (placement == Placement::aligned) {
    std::byte* first = block + kCanaryBytes;
    write_canaries(block, first);
    write_canaries(first + bytes, block + room);
    return first;
  }
  guard_ = {kind_, 0, static_cast<std::uint64_t>(block - base_) + room - kPage};
  std::byte* first = base_ + guard_.offset - bytes;
  write_canaries(first - kCanaryBytes, first);
  return first;
}

std::byte* SharedArena::keep(std::size_t bytes) {
  const std::size_t room = round_up(bytes, 64) + 2 * kCanaryBytes;
  if (bytes > size_ || kept_ + room > size_) throw Error(ErrorKind::judge, "shared arena: no room for timed operands");
  std::byte* block = base_ + kept_;
  kept_ += room;
  write_canaries(block, block + kCanaryBytes);
  write_canaries(block + kCanaryBytes + bytes, block + room);
  return block + kCanaryBytes;
}

// The pattern is anchored at `end` when it stands before an operand and at `begin` behind one; both are whole words
// away from the operand's edge, and single bytes at a ragged edge take the pattern's first bytes.
void write_canaries(std::byte* begin, std::byte* end) {
  for (std::byte* at = begin; at < end; at += sizeof kCanary)
    std::memcpy(at, &kCanary, std::min<std::size_t>(sizeof kCanary, static_cast<std::size_t>(end - at)));
}

std::span<const std::byte> find_broken_canary(const std::byte* begin, const std::byte* end) {
  std::byte pattern[sizeof kCanary];
  std::memcpy(pattern, &kCanary, sizeof kCanary);
  auto broken = [&](const std::byte* at) {
    return *at != pattern[static_cast<std::size_t>(at - begin) % sizeof kCanary];
  };
  // Step over whole words first: nearly always all of them stand.
  const std::byte* first = begin;
  while (end - first >= static_cast<std::ptrdiff_t>(sizeof kCanary) && std::memcmp(first, pattern, sizeof pattern) == 0)
    first += sizeof kCanary;
  while (first < end && !broken(first)) ++first;
  const std::byte* last = first;
  while (last < end && broken(last)) ++last;
  return {first, last};
}

}  // namespace kiln::worker
