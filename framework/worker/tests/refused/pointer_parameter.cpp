// A bare pointer: nobody knows how much memory it means.
#include "worker/remote.hpp"

struct Slots {
  void (*kernel)(const float* data);
  static constexpr const char* kFamily = "refused";
  static constexpr auto list() { return std::tuple{kiln::slot<&Slots::kernel>("kernel", "data")}; }
};

const Slots& table() {
  return kiln::worker::remote_table<Slots>();  // REFUSED
  throw 0;
}
