// Bools that the worker writes: most bytes are no bool.
#include "worker/remote.hpp"

struct Slots {
  void (*kernel)(std::span<bool> mask);
  static constexpr const char* kFamily = "refused";
  static constexpr auto list() { return std::tuple{kiln::slot<&Slots::kernel>("kernel", "mask")}; }
};

const Slots& table() {
  return kiln::worker::remote_table<Slots>();  // REFUSED
  throw 0;
}
