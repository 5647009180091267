// SharedArena: memory that judge and worker both map. The sealed one can never be mapped writable by a worker
// (F_SEAL_FUTURE_WRITE); neither can be shrunk under the judge's feet (F_SEAL_SHRINK). See memfd_create(2), fcntl(2).
// The lower half serves one call at a time, the upper half holds tensors that live on (timed ones).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "worker/wire.hpp"

namespace kiln::worker {

/// Where a call's operands lie in their arena.
enum class Placement {
  aligned,  ///< 64-byte aligned, canaries before and behind
  guarded,  ///< right-aligned to an unreachable page, canaries before
};

inline constexpr std::size_t kPage = 4096;
inline constexpr std::size_t kCanaryBytes = 256;
/// As float a NaN, so that what is read outside an operand spoils the result.
inline constexpr std::uint32_t kCanary = 0x7fc5a5a5;

class SharedArena {
 public:
  /// `bytes` of address space, sparse: pages cost memory once touched. Throws Error(judge) where the system refuses.
  SharedArena(Arena kind, std::size_t bytes);
  ~SharedArena();
  SharedArena(const SharedArena&) = delete;
  SharedArena& operator=(const SharedArena&) = delete;

  Arena kind() const { return kind_; }
  int descriptor() const { return descriptor_; }
  std::byte* base() const { return base_; }
  std::size_t size() const { return size_; }
  bool holds(const std::byte* address) const { return address >= base_ && address < base_ + size_; }

  /// Takes room for one call; canaries are written around it. Throws Error(judge) when the arena is full.
  std::byte* place(std::size_t bytes, Placement placement);
  /// The unreachable page behind what was placed last with Placement::guarded.
  GuardPage guard() const { return guard_; }
  /// Forgets what was placed for calls.
  void reset() { next_ = 0; }

  /// Takes 64-byte aligned room that stays as long as the arena, with canaries around it.
  std::byte* keep(std::size_t bytes);

 private:
  Arena kind_;
  int descriptor_ = -1;
  std::byte* base_ = nullptr;
  std::size_t size_ = 0, next_ = 0, kept_ = 0;
  GuardPage guard_;
};

/// Writes canaries into [begin, end); begin and end are 4-byte aligned relative to each other.
void write_canaries(std::byte* begin, std::byte* end);
/// The first run of bytes in [begin, end) that are no canaries any more, empty where all are.
std::span<const std::byte> find_broken_canary(const std::byte* begin, const std::byte* end);

}  // namespace kiln::worker
