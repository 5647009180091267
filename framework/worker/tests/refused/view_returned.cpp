// A returned view would point into the worker's memory.
#include "worker/remote.hpp"

struct Slots {
  kiln::View (*kernel)();
  static constexpr const char* kFamily = "refused";
  static constexpr auto list() { return std::tuple{kiln::slot<&Slots::kernel>("kernel")}; }
};

const Slots& table() {
  return kiln::worker::remote_table<Slots>();  // REFUSED
  throw 0;
}
