// What the tests of backends share: the backends themselves, and the chosen one's return.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "kiln/backend.hpp"
#include "kiln/parallel.hpp"

namespace kiln {

/// All that this program knows and that this machine can run, the reference left out.
inline std::vector<std::string> other_backends() {
  std::vector<std::string> names = known_backends();
  std::erase(names, "reference");
  return names;
}

/// Puts the backend and the number of threads back.
class Restored {
 public:
  Restored() : backend_(get_backend()), threads_(thread_count()) {}
  ~Restored() {
    set_backend(backend_);
    set_thread_count(threads_);
  }
  Restored(const Restored&) = delete;
  Restored& operator=(const Restored&) = delete;

 private:
  std::string backend_;
  int threads_;
};

}  // namespace kiln
