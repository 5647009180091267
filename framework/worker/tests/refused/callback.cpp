// A callback would have to run in the other process.
#include "worker/remote.hpp"

struct Slots {
  void (*kernel)(float (*f)(float));
  static constexpr const char* kFamily = "refused";
  static constexpr auto list() { return std::tuple{kiln::slot<&Slots::kernel>("kernel", "f")}; }
};

const Slots& table() {
  return kiln::worker::remote_table<Slots>();  // REFUSED
  throw 0;
}
