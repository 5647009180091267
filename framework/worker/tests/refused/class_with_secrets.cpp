// A class with private members has no fields to send.
#include "worker/remote.hpp"

class Secret {
  int value_ = 0;
};

struct Slots {
  void (*kernel)(const Secret& secret);
  static constexpr const char* kFamily = "refused";
  static constexpr auto list() { return std::tuple{kiln::slot<&Slots::kernel>("kernel", "secret")}; }
};

const Slots& table() {
  return kiln::worker::remote_table<Slots>();  // REFUSED
  throw 0;
}
