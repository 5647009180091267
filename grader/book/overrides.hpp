// Overrides: points that a person set, laid over the judge's.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "grader/book/grades.hpp"

namespace kiln::grader {

/// The overrides of one student and one module. The last one by time is in force for each exercise, and for the module
/// as a whole, whose points go before those of all exercises. The earlier ones stay listed.
class OverridesOfModule {
 public:
  void add(const Override& override);

  bool empty() const { return all_.empty(); }
  /// By time.
  const std::vector<Override>& all() const { return all_; }

  /// The points of `result` with what is in force in place of the judge's; of nothing handed in where it is nullptr.
  double points(const ModuleResult* result) const;
  /// What was set, by whom and why, and what has no effect.
  std::vector<std::string> notes(const ModuleResult* result) const;

 private:
  const Override* in_force(const std::string& exercise) const;
  std::map<std::string, const Override*> exercises_in_force() const;

  std::vector<Override> all_;
};

}  // namespace kiln::grader
