// A build for one processor on another: words instead of an illegal instruction.
#include <gtest/gtest.h>

#include "grader/judge/installation.hpp"

namespace kiln::grader {
namespace {

TEST(Installation, KernelsOfAWiderProcessorAreRefused) {
  const std::string why = why_kernels_cannot_run({"-O3", "-march=x86-64-v3"}, InstructionSet::baseline);
  EXPECT_NE(why.find("-march=x86-64-v3"), std::string::npos) << why;
  EXPECT_NE(why.find("baseline"), std::string::npos) << why;
  EXPECT_NE(why.find("meson setup --reconfigure"), std::string::npos) << why;
  EXPECT_NE(why_kernels_cannot_run({"-march=x86-64-v4"}, InstructionSet::avx2), "");
}

TEST(Installation, KernelsThatRunAreNot) {
  EXPECT_EQ(why_kernels_cannot_run({"-O3", "-march=x86-64-v3"}, InstructionSet::avx2), "");
  EXPECT_EQ(why_kernels_cannot_run({"-march=x86-64-v3"}, InstructionSet::avx512), "");
  EXPECT_EQ(why_kernels_cannot_run({"-O3"}, InstructionSet::baseline), "");
  EXPECT_EQ(why_kernels_cannot_run({"-march=x86-64"}, InstructionSet::baseline), "");
}

}  // namespace
}  // namespace kiln::grader
