// A pointer inside an aggregate.
#include "worker/remote.hpp"

struct Node {
  float value;
  const float* next;
};

struct Slots {
  void (*kernel)(Node node);
  static constexpr const char* kFamily = "refused";
  static constexpr auto list() { return std::tuple{kiln::slot<&Slots::kernel>("kernel", "node")}; }
};

const Slots& table() {
  return kiln::worker::remote_table<Slots>();  // REFUSED
  throw 0;
}
