// copy: collects the elements in containers first.
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::copy(ConstView in, View out) {
  KILN_REQUIRE("copy: shapes", in.shape == out.shape);
  KILN_REQUIRE("copy: a dense output", out.is_contiguous());
  std::map<std::int64_t, std::int64_t> places;
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::list<std::int64_t> index;
    std::int64_t rest = element;
    for (int d = in.rank() - 1; d >= 0; --d) {
      index.push_front(rest % in.shape[d]);
      rest /= in.shape[d];
    }
    int d = 0;
    for (const std::int64_t i : index) places[element] += i * in.strides[d++];
    if (index.empty()) places[element] = 0;
  }
  auto values = std::make_unique<std::vector<float>>();
  for (const auto& [element, offset] : places) values->push_back(in.data[offset]);
  for (std::size_t i = 0; i < values->size(); ++i) out.data[i] = (*values)[i];
}
