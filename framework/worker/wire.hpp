// The line's frames and the byte buffers that they are written to and read from.
// Judge and worker come from one build on one machine, so integers travel as they lie in memory.
// Reading is bounds-checked: what a worker sends is never trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "kiln/error.hpp"
#include "kiln/shape.hpp"

namespace kiln::worker {

inline constexpr std::uint32_t kMagic = 0x4b494c4e;  // "KILN"
inline constexpr int kSocketFd = 3;                  ///< the worker's end of the line
inline constexpr int kReadOnlyFd = 4;                ///< the sealed arena
inline constexpr int kReadWriteFd = 5;               ///< the arena that kernels write
inline constexpr std::uint64_t kMaxFrameBytes = 64u << 20;
inline constexpr std::size_t kMaxErrorBytes = 4096;  ///< of an exception's words; the rest is cut off

enum class FrameKind : std::uint32_t { started = 1, hello, call, result, error, crash };

struct FrameHeader {
  std::uint32_t magic = kMagic;
  FrameKind kind{};
  std::uint64_t bytes = 0;  ///< of the payload
};

/// Payload of a crash frame, written by a signal handler.
struct CrashReport {
  std::int32_t signal = 0;
  std::int32_t system_call = 0;  ///< of SIGSYS
  std::uint64_t address = 0;     ///< the address that faulted
  std::uint64_t stack = 0;       ///< the stack pointer there
  std::uint32_t write = 0;       ///< 1: the access wrote
  std::uint32_t padding = 0;
};

enum class Arena : std::uint32_t { read_only, read_write };

/// A page of an arena that the worker makes unreachable for one call.
struct GuardPage {
  Arena arena{};
  std::uint32_t padding = 0;
  std::uint64_t offset = 0;
  friend bool operator==(const GuardPage&, const GuardPage&) = default;
};

/// Memory that one view or span of a call covers, in the judge's address space.
struct Extent {
  std::size_t position = 0;  ///< in the payload: where the view's Location is patched in
  std::byte* begin = nullptr;
  std::byte* end = nullptr;
  std::byte* data = nullptr;  ///< the view's first element
  std::size_t element_bytes = 0;
  Shape shape;
  Strides strides;
  bool writable = false;
  int parameter = 0;  ///< index into the slot's parameters
};

/// Where a view's first element lies for the worker.
struct Location {
  Arena arena{};
  std::uint32_t padding = 0;
  std::uint64_t offset = 0;
};

/// Bytes being written. `extents` collects the views of a call; a result has none.
struct Writer {
  std::vector<std::byte> bytes;
  std::vector<Extent> extents;
  int parameter = 0;

  void raw(const void* data, std::size_t size) {
    const auto* first = static_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), first, first + size);
  }
  template <class T>
  void plain(const T& value) {
    raw(&value, sizeof value);
  }
  void text(const std::string& value) {
    plain<std::uint64_t>(value.size());
    raw(value.data(), value.size());
  }
  void clear() {
    bytes.clear();
    extents.clear();
    parameter = 0;
  }
};

/// Bytes being read. Throws Error(protocol) past the end.
struct Reader {
  const std::byte* next = nullptr;
  const std::byte* end = nullptr;
  std::byte* arenas[2] = {nullptr, nullptr};  ///< bases in this process, by Arena
  std::size_t arena_bytes[2] = {0, 0};

  std::size_t left() const { return static_cast<std::size_t>(end - next); }
  void raw(void* data, std::size_t size) {
    if (size > left()) throw Error(ErrorKind::protocol, "the worker's answer ends too early");
    if (size > 0) std::memcpy(data, next, size);
    next += size;
  }
  template <class T>
  T plain() {
    T value;
    raw(&value, sizeof value);
    return value;
  }
  /// A count of things that take at least `least_bytes` each, so that a forged count cannot make us allocate.
  std::size_t count(std::size_t least_bytes) {
    const auto value = plain<std::uint64_t>();
    if (least_bytes > 0 && value > left() / least_bytes)
      throw Error(ErrorKind::protocol, "the worker's answer promises more than it holds");
    return static_cast<std::size_t>(value);
  }
  /// Demands that all was read.
  void finish() const {
    if (left() > 0) throw Error(ErrorKind::protocol, "the worker's answer is longer than it should be");
  }
  std::string text() {
    std::string value(count(1), '\0');
    raw(value.data(), value.size());
    return value;
  }
};

}  // namespace kiln::worker
