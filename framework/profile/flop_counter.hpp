// FlopCounter: a network written down operation by operation, and what it has to compute and to move, before it is run.
// Composed of module 14's graph_cost.
#pragma once

#include <string>
#include <vector>

#include "kiln/kernels/profiling.hpp"

namespace kiln::profile {

class FlopCounter {
 public:
  /// An input or a parameter. Returns its number, for those that read it.
  std::int64_t leaf(const Shape& shape);
  /// An operation on the values of these numbers; `name` as reports have it, such as "matmul", or "conv1". Returns its
  /// number. What does not fit is refused by cost() and by_name().
  std::int64_t add(std::string name, Work work, std::vector<std::int64_t> inputs, const Shape& shape,
                   const Shape& window = {});

  /// Each node in the order of adding, and all together. Error(invalid_argument) as of graph_cost.
  GraphCost cost() const;
  /// Operations of one name together, in the order in which the names first came; without leaves.
  std::vector<KernelWork> by_name() const;
  /// by_name() as a table, the total at its end.
  std::string table() const;

 private:
  std::vector<WorkNode> nodes_;
  std::vector<std::string> names_;
};

}  // namespace kiln::profile
