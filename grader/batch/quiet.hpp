// Quiet: tests of several batches may run side by side on a machine, a measurement of speed runs beside nothing.
// One advisory lock for the whole machine, which leaves no file: whoever tests shares it, whoever measures has it alone.
#pragma once

#include <functional>

#include "grader/sandbox/descriptor.hpp"

namespace kiln::grader {

class Quiet {
 public:
  enum class For { testing, measuring };

  /// Waits until the machine is free for it, or until a stop is requested. `waiting` is called once where it has to
  /// wait longer than a moment.
  Quiet(For what, const std::function<void()>& waiting);

 private:
  Descriptor lock_;
};

}  // namespace kiln::grader
