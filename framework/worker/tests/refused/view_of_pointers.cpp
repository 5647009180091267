// A view of anything but numbers.
#include "worker/remote.hpp"

struct Slots {
  void (*kernel)(std::span<const char* const> words);
  static constexpr const char* kFamily = "refused";
  static constexpr auto list() { return std::tuple{kiln::slot<&Slots::kernel>("kernel", "words")}; }
};

const Slots& table() {
  return kiln::worker::remote_table<Slots>();  // REFUSED
  throw 0;
}
