// Which layers of the sandbox work on this machine, found by trying each. For `kiln doctor`, for the receipt, and for
// refusing to grade untrusted work without them.
#pragma once

#include <string>
#include <vector>

namespace kiln::grader {

struct Layer {
  std::string name;
  bool in_force = false;
  bool required = false;  ///< without it untrusted work must not be graded
  bool needed = true;     ///< false: others do its work here, and it is not missed
  std::string detail;     ///< version, path, or why it is not there
  std::string cost;       ///< what its absence means
  std::string next_step;  ///< what to do about it
};

struct Layers {
  std::vector<Layer> all;

  /// Whether every required layer is in force.
  bool fit_to_grade() const;
  /// One line for the receipt: "bubblewrap 0.8.0, user namespaces, system-call filters; without: memory cgroup".
  std::string summary() const;
  /// A paragraph that says what is missing, what that costs and what to do; "" where nothing required is.
  std::string refusal() const;
};

Layers probe_layers();

/// Tries to make a user namespace and to use its rights on mounts, in a child. 0, or the errno.
int try_user_namespace();

}  // namespace kiln::grader
