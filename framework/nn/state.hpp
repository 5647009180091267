// State: what a layer or an optimizer remembers from step to step beside the parameters (running statistics, moments,
// counts), as handles by name: what a checkpoint keeps, so that a run can go on bit for bit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kiln/view.hpp"

namespace kiln::nn {

struct State {
  struct Floats {
    std::string name;
    View view;  ///< contiguous; valid as long as its owner
  };
  struct Number {
    std::string name;
    std::uint64_t* value;
  };
  std::vector<Floats> tensors;
  std::vector<Number> numbers;

  /// Takes over another's handles, `prefix` before their names.
  void add(const std::string& prefix, const State& other) {
    for (const Floats& each : other.tensors) tensors.push_back({prefix + each.name, each.view});
    for (const Number& each : other.numbers) numbers.push_back({prefix + each.name, each.value});
  }
};

}  // namespace kiln::nn
