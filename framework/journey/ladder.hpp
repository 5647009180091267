// The rungs of a journey: one kernel from textbook loops to the library, all doing the same work, and the problems that
// they are measured on. Rungs come from the registry of backends; one that this build has not got says why.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kiln/view.hpp"

namespace kiln::journey {

/// A size of the work.
struct Problem {
  std::string label;  ///< "512", or "64x56" for 64 channels of 56 x 56
  double size = 0;    ///< what problems are ordered and drawn by: n, or the operations of a convolution
  std::vector<Shape> inputs;
  Shape output;
  double flops = 0;
  double terms = 1;  ///< products added up for an element: what an error may grow with
};

using Work = std::function<void(std::span<const ConstView> inputs, View output)>;

struct Rung {
  std::string id;       ///< "packed"
  std::string title;    ///< "packed panels and vectors (module 15)"
  std::string backend;  ///< that is the chosen one while it works: kernels that it calls are this one's
  int threads = 1;
  bool yours = false;  ///< the student's own, beside the ladder
  Work work;           ///< empty where it is missing
  std::string missing;
};

struct Ladder {
  std::string kernel;     ///< "matmul"
  std::string size_name;  ///< "n"
  std::vector<Rung> rungs;
  Work reference;  ///< what every rung's output is held against
  std::string note;
};

/// The kernels that have a ladder, as `kiln journey` names them.
std::vector<std::string> kernels_with_ladder();

/// `threads` is for the rungs that use more than one. Error(invalid_argument), naming the known ones, for another
/// kernel.
Ladder ladder_of(const std::string& kernel, int threads);

/// The problem that a word of --sizes means: "512" of matmul, "64x56" (channels x extent) of conv2d.
/// Error(invalid_argument) where it means none.
Problem problem_of(const std::string& kernel, const std::string& word);
/// What is measured where nothing is asked for: the table's sizes, and finer ones for break-even points.
std::vector<std::string> default_sizes(const std::string& kernel, bool quick);
std::vector<std::string> fine_sizes(const std::string& kernel);

}  // namespace kiln::journey
