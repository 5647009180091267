// distinct_parameters: which tensors of a list are to be updated, each once however often it stands there.
// Contract: kiln/kernels/optimizers.hpp. Lesson: modules/05_optimizers/README.md, step 1.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "kiln/kernels/optimizers.hpp"

using namespace kiln;

// Example: {weight, bias, weight, nothing} -> {0, 1}, where `nothing` has an extent of 0.
std::vector<std::int64_t> impl::distinct_parameters(const std::vector<ConstView>& parameters) {
  // BEGIN SOLUTION
  // Begin with every tensor that holds something.
  std::vector<std::int64_t> numbers;
  auto tensor = [&](std::int64_t number) -> const ConstView& { return parameters[static_cast<std::size_t>(number)]; };
  for (std::int64_t number = 0; number < static_cast<std::int64_t>(parameters.size()); ++number)
    if (tensor(number).size() > 0) numbers.push_back(number);

  // Bring together what begins at the same element, the first place in the list first. std::less orders pointers into
  // different memory too, which < need not.
  std::sort(numbers.begin(), numbers.end(), [&](std::int64_t a, std::int64_t b) {
    if (tensor(a).data != tensor(b).data) return std::less<const float*>()(tensor(a).data, tensor(b).data);
    return a < b;
  });

  // Keep the first of each group, in the vector's own front; the others must agree with it.
  std::size_t kept = 0;
  for (const std::int64_t number : numbers) {
    if (kept > 0 && tensor(numbers[kept - 1]).data == tensor(number).data) {
      const std::int64_t first = numbers[kept - 1];
      const std::string pair = std::to_string(first) + " and " + std::to_string(number);
      KILN_REQUIRE("distinct_parameters: parameters " + pair + " begin at the same element, but their shapes differ",
                   tensor(first).shape == tensor(number).shape);
      KILN_REQUIRE("distinct_parameters: parameters " + pair + " begin at the same element, but their strides differ",
                   tensor(first).strides == tensor(number).strides);
    } else {
      numbers[kept++] = number;
    }
  }
  numbers.resize(kept);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
  // END SOLUTION
}
