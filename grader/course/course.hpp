// The course model: modules, their exercises, what each is worth and which limits it runs under.
// Filled from modules/*/module.toml by load.hpp, which checks what is promised here.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::grader {

/// A speed step: from `ratio` (the reference's time over the submission's) on, the case is worth `points`.
struct Step {
  double ratio = 0;
  double points = 0;
};

/// One timed call. Steps ascend strictly, by ratio and by points; there is at least one.
struct SpeedCase {
  std::string name;  ///< unique in its exercise: "square_512"
  std::vector<Step> steps;
  bool parallel = false;     ///< timed by wall time on all cores; the exercise has threads > 1
  std::string naive_misses;  ///< "full": the naive version must stay below the last step; "" where it need not

  double max_points() const;
  double points_for(double ratio) const;  ///< of the highest step that `ratio` reaches, 0 below the first
};

/// Points of the tests: all or nothing of each is the judge's business, not the model's.
struct TestPoints {
  double visible = 0;
  double hidden = 0;
};

/// |error| <= factor * K * eps * sum|a||b|; 0 where results are exact.
struct Tolerance {
  double factor = 0;
  std::string reason;
};

/// solutions/<module>/wrong/<name>.cpp, and the test that has to catch it.
struct WrongVariant {
  std::string name;
  std::string caught_by;  ///< "matmul.overwrites_output"
};

struct Exercise {
  std::string id;  ///< unique in the course; starts with a letter
  std::string title;
  std::string file;                ///< "matmul.cpp", in the module's folder
  std::vector<std::string> slots;  ///< the kernels that the file defines, at least one
  TestPoints points;               ///< 0 for an extension
  std::vector<SpeedCase> speed;    ///< empty for an extension
  std::vector<std::string> hints;  ///< exactly three: a nudge, the idea, almost the code
  Tolerance tolerance;
  int time_limit_ms = 2000;  ///< of one call
  int memory_mb = 512;       ///< of the worker
  int threads = 1;           ///< that a kernel may use
  std::string success;       ///< one sentence: the figure that says that it is done
  bool extension = false;    ///< carries no points
  std::vector<WrongVariant> wrong;

  double max_points() const;
};

/// A whole network that the module unlocks: `kiln milestone NAME`.
struct Milestone {
  std::string name;   ///< unique in the course; starts with a letter
  std::string title;  ///< "The perceptron (1958)"
  std::string file;   ///< "milestone.cpp", in the module's folder
};

struct Module {
  std::string id;  ///< the folder's name: "01_tensor"
  std::string title;
  std::string contract;              ///< "kiln/kernels/tensor.hpp", as it is included
  std::string slots_type;            ///< "kiln::TensorSlots"
  std::vector<std::string> needs;    ///< ids of earlier modules
  std::vector<std::string> headers;  ///< third-party headers that its files may include: "xsimd/xsimd.hpp"
  std::string success;
  double hours = 0;  ///< to expect
  std::vector<Exercise> exercises;
  std::vector<Milestone> milestones;

  double max_points() const;
  const Exercise* find_exercise(std::string_view id) const;  ///< nullptr where there is none
};

/// Modules in their order, which is that of their folders' names.
struct Course {
  std::filesystem::path root;
  std::vector<Module> modules;

  const Module* find_module(std::string_view id) const;  ///< nullptr where there is none
};

}  // namespace kiln::grader
