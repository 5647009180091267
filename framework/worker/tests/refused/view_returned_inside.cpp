// A returned view, inside an aggregate, inside a vector.
#include "worker/remote.hpp"

struct Part {
  int index;
  kiln::ConstView view;
};

struct Slots {
  std::vector<Part> (*kernel)();
  static constexpr const char* kFamily = "refused";
  static constexpr auto list() { return std::tuple{kiln::slot<&Slots::kernel>("kernel")}; }
};

const Slots& table() {
  return kiln::worker::remote_table<Slots>();  // REFUSED
  throw 0;
}
