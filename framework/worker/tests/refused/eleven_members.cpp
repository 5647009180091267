// An aggregate of more members than structured bindings are written for.
#include "worker/remote.hpp"

struct Eleven {
  int a, b, c, d, e, f, g, h, i, j, k;
};

struct Slots {
  Eleven (*kernel)();
  static constexpr const char* kFamily = "refused";
  static constexpr auto list() { return std::tuple{kiln::slot<&Slots::kernel>("kernel")}; }
};

const Slots& table() {
  return kiln::worker::remote_table<Slots>();  // REFUSED
  throw 0;
}
