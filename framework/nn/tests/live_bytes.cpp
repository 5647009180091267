// The aligned operator new and delete, counting.
#include "live_bytes.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace kiln::nn {
namespace {

std::atomic<std::int64_t> live = 0, peak = 0;

void count(std::int64_t bytes) {
  const std::int64_t now = live += bytes;
  std::int64_t most = peak;
  while (now > most && !peak.compare_exchange_weak(most, now)) {
  }
}

}  // namespace

std::int64_t live_bytes() { return live; }
std::int64_t peak_bytes() { return peak; }
void forget_peak() { peak = live.load(); }

namespace {

void* counted_new(std::size_t bytes, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  void* memory = std::aligned_alloc(step, (bytes + step - 1) / step * step);
  if (memory == nullptr) throw std::bad_alloc();
  count(static_cast<std::int64_t>(malloc_usable_size(memory)));
  return memory;
}

void counted_delete(void* memory) {
  if (memory == nullptr) return;
  count(-static_cast<std::int64_t>(malloc_usable_size(memory)));
  std::free(memory);
}

}  // namespace
}  // namespace kiln::nn

void* operator new(std::size_t bytes, std::align_val_t alignment) { return kiln::nn::counted_new(bytes, alignment); }
void operator delete(void* memory, std::align_val_t) noexcept { kiln::nn::counted_delete(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { kiln::nn::counted_delete(memory); }
