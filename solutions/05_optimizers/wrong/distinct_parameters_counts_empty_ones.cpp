// Wrong: keeps tensors without elements, which nobody can update.
#include <string>
#include <vector>

#include "kiln/kernels/optimizers.hpp"

using namespace kiln;

std::vector<std::int64_t> impl::distinct_parameters(const std::vector<ConstView>& parameters) {
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].size() == 0) {
      kept.push_back(static_cast<std::int64_t>(i));
      continue;
    }
    bool found = false;
    for (std::size_t j = 0; j < i; ++j) {
      if (parameters[j].size() == 0 || parameters[j].data != parameters[i].data) continue;
      const bool same = parameters[j].shape == parameters[i].shape && parameters[j].strides == parameters[i].strides;
      KILN_REQUIRE("parameters " + std::to_string(j) + " and " + std::to_string(i) + " differ", same);
      found = true;
    }
    if (!found) kept.push_back(static_cast<std::int64_t>(i));
  }
  return kept;
}
