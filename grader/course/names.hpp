// The forms that names in module.toml must have, since they become file names, C++ names and arguments of commands.
#pragma once

#include <string_view>

namespace kiln::grader {

/// Says whether a name has its form, and how to call that form: "must be " + words.
struct Pattern {
  bool (*matches)(std::string_view);
  const char* words;
};

extern const Pattern kModuleId;   ///< 01_tensor
extern const Pattern kId;         ///< matmul, square_512
extern const Pattern kMilestone;  ///< digits-mlp
extern const Pattern kKernel;     ///< a C++ identifier
extern const Pattern kFile;       ///< matmul.cpp
extern const Pattern kHeader;     ///< xsimd/xsimd.hpp
extern const Pattern kContract;   ///< kiln/kernels/tensor.hpp
extern const Pattern kType;       ///< kiln::TensorSlots
extern const Pattern kTest;       ///< matmul.overwrites_output

}  // namespace kiln::grader
