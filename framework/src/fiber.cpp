#include "fiber.hpp"

#include <cxxabi.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#include "kiln/error.hpp"

// AddressSanitizer, where the program is linked with it: kernels may be instrumented where this file is not.
extern "C" {
[[gnu::weak]] void __sanitizer_start_switch_fiber(void** fake_stack, const void* bottom, std::size_t bytes);
[[gnu::weak]] void __sanitizer_finish_switch_fiber(void* fake_stack, const void** bottom, std::size_t* bytes);
[[gnu::weak]] void __asan_unpoison_memory_region(const volatile void* memory, std::size_t bytes);
}

namespace kiln {

namespace {

/// Before a switch: `fake_stack` keeps the stack that is left, null where nobody comes back to it.
void announce_switch(void** fake_stack, const void* bottom, std::size_t bytes) {
  if (__sanitizer_start_switch_fiber != nullptr) __sanitizer_start_switch_fiber(fake_stack, bottom, bytes);
}

/// After it, on the new stack; tells which stack was left.
void complete_switch(void* fake_stack, const void** bottom, std::size_t* bytes) {
  if (__sanitizer_finish_switch_fiber != nullptr) __sanitizer_finish_switch_fiber(fake_stack, bottom, bytes);
}

/// swapcontext. AddressSanitizer's own version of that prints a warning for those who announce nothing, so it is gone
/// round in two steps.
void change_context(ucontext_t& from, const ucontext_t& to) {
  if (__sanitizer_start_switch_fiber == nullptr) {
    ::swapcontext(&from, &to);
    return;
  }
  volatile bool came_back = false;
  ::getcontext(&from);
  if (came_back) return;
  came_back = true;
  ::setcontext(&to);
}

}  // namespace

Fiber::Fiber(void (*entry)(void*), void* argument) : entry_(entry), argument_(argument) {
  guard_bytes_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* memory = ::mmap(nullptr, guard_bytes_ + kStackBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) throw Error(ErrorKind::memory, "no memory for another stack");
  memory_ = static_cast<std::byte*>(memory);
  ::mprotect(memory_, guard_bytes_, PROT_NONE);
  ::getcontext(&own_);
  own_.uc_stack.ss_sp = memory_ + guard_bytes_;
  own_.uc_stack.ss_size = kStackBytes;
  own_.uc_link = nullptr;
  // makecontext passes words of int's size.
  const auto address = reinterpret_cast<std::uintptr_t>(this);
  ::makecontext(&own_, reinterpret_cast<void (*)()>(&Fiber::start), 2, static_cast<unsigned>(address >> 32),
                static_cast<unsigned>(address & 0xffffffffu));
}

Fiber::~Fiber() {
  // A stack that was left behind keeps its poison, and its memory will be somebody else's.
  if (__asan_unpoison_memory_region != nullptr) __asan_unpoison_memory_region(memory_ + guard_bytes_, kStackBytes);
  ::munmap(memory_, guard_bytes_ + kStackBytes);
}

void Fiber::start(unsigned high, unsigned low) {
  const auto address = (static_cast<std::uintptr_t>(high) << 32) | low;
  Fiber& fiber = *reinterpret_cast<Fiber*>(address);
  complete_switch(nullptr, &fiber.other_stack_, &fiber.other_bytes_);
  fiber.entry_(fiber.argument_);
}

void Fiber::resume() {
  exchange_exceptions();
  announce_switch(&other_fake_stack_, memory_ + guard_bytes_, kStackBytes);
  change_context(other_, own_);
  complete_switch(other_fake_stack_, nullptr, nullptr);
  exchange_exceptions();
}

void Fiber::leave(bool for_good) {
  announce_switch(for_good ? nullptr : &own_fake_stack_, other_stack_, other_bytes_);
  change_context(own_, other_);
  complete_switch(own_fake_stack_, &other_stack_, &other_bytes_);
}

void Fiber::exchange_exceptions() {
  void* const current = reinterpret_cast<void*>(abi::__cxa_get_globals());
  auto kept = exceptions_;
  // Member by member: the struct's padding is nobody's.
  auto* const bytes = static_cast<std::byte*>(current);
  std::memcpy(&exceptions_.caught, bytes, sizeof exceptions_.caught);
  std::memcpy(&exceptions_.uncaught, bytes + sizeof exceptions_.caught, sizeof exceptions_.uncaught);
  std::memcpy(bytes, &kept.caught, sizeof kept.caught);
  std::memcpy(bytes + sizeof kept.caught, &kept.uncaught, sizeof kept.uncaught);
}

}  // namespace kiln
