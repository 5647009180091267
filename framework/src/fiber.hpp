// Fiber: a stack of its own, and the switch from and to whoever started it, for the scheduler.
// AddressSanitizer is told of each switch, and the exceptions that are being handled stay with their stack.
#pragma once

#include <ucontext.h>

#include <cstddef>

namespace kiln {

class Fiber {
 public:
  /// `entry(argument)` must never return: it ends in leave(). Error(memory) where there is no memory for the stack.
  Fiber(void (*entry)(void*), void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// From outside: goes on with the fiber until it calls leave().
  void resume();
  /// From the fiber: goes on with whoever resumed it. Returns at the next resume(), if there is one: after `for_good`
  /// there must be none.
  void leave(bool for_good);

 private:
  static void start(unsigned high, unsigned low);
  void exchange_exceptions();

  static constexpr std::size_t kStackBytes = std::size_t{1} << 20;

  void (*const entry_)(void*);
  void* const argument_;
  std::byte* memory_ = nullptr;  ///< a guard of one page, then the stack
  std::size_t guard_bytes_ = 0;
  ucontext_t own_{}, other_{};
  /// The ABI's __cxa_eh_globals of whoever is not running: what it has caught, and how much it has not.
  struct {
    void* caught = nullptr;
    unsigned uncaught = 0;
  } exceptions_;
  // What AddressSanitizer wants to know.
  void* own_fake_stack_ = nullptr;
  void* other_fake_stack_ = nullptr;
  const void* other_stack_ = nullptr;
  std::size_t other_bytes_ = 0;
};

}  // namespace kiln
