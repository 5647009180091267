// Wrong: refuses tensors that share any memory, not only those with one beginning.
#include <string>
#include <vector>

#include "kiln/kernels/optimizers.hpp"

using namespace kiln;

std::vector<std::int64_t> impl::distinct_parameters(const std::vector<ConstView>& parameters) {
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].size() == 0) continue;
    bool found = false;
    for (std::size_t j = 0; j < i; ++j) {
      if (parameters[j].size() == 0) continue;
      if (parameters[j].data != parameters[i].data) {
        const float *begin = parameters[j].data, *end = begin + parameters[j].size();
        KILN_REQUIRE("two parameters overlap", (parameters[i].data < begin || parameters[i].data >= end));
        continue;
      }
      const bool same = parameters[j].shape == parameters[i].shape && parameters[j].strides == parameters[i].strides;
      KILN_REQUIRE("parameters " + std::to_string(j) + " and " + std::to_string(i) + " differ", same);
      found = true;
    }
    if (!found) kept.push_back(static_cast<std::int64_t>(i));
  }
  return kept;
}
