// A mutable reference would have to be written back.
#include "worker/remote.hpp"

struct Slots {
  void (*kernel)(std::vector<float>& values);
  static constexpr const char* kFamily = "refused";
  static constexpr auto list() { return std::tuple{kiln::slot<&Slots::kernel>("kernel", "values")}; }
};

const Slots& table() {
  return kiln::worker::remote_table<Slots>();  // REFUSED
  throw 0;
}
