// What grading and rejudging share: the ground that they stand on, and what they say at the end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "grader/batch/batch.hpp"
#include "grader/commands/app.hpp"

namespace kiln::grader {

/// The folder of a run, and of its gradebook, where none is named.
inline constexpr const char* kDefaultRun = "kiln-grades";

struct Ground {
  std::string layers;  ///< of the sandbox, for the receipt
  JudgeOptions judge;  ///< hidden tests; the seed is the caller's to set
};

/// Whether untrusted work may run here at all; nothing, told on stderr, where not.
std::optional<Ground> grading_ground(bool unsafe);

/// The modules to grade; empty, told on stderr, where they cannot be: `status` is then whose fault that is.
std::vector<const Module*> modules_to_grade(const App& app, const std::string& word, int& status);

/// How many files were judged, known and repeated, and how fast that went.
void print_counts(const BatchCounts& counts, std::size_t submissions);

}  // namespace kiln::grader
