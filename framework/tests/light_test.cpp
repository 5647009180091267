// What students' files include stays light: no library header comes with a contract or with the core's small headers.
#include "kiln/kernels/tensor.hpp"
#include "kiln/parallel.hpp"
#include "kiln/random.hpp"
#include "kiln/tensor.hpp"

// array_test.cpp shows that these macros are the right ones: there they must be defined.
#if defined(XTENSOR_VERSION_MAJOR)
#error "a light header includes xtensor"
#elif defined(XSIMD_VERSION_MAJOR)
#error "a light header includes xsimd"
#elif defined(GTEST_TEST)
#error "a light header includes GoogleTest"
#elif defined(_GLIBCXX_IOSTREAM) || defined(_GLIBCXX_REGEX_H) || defined(_GLIBCXX_THREAD)
#error "a light header includes a heavy part of the standard library"
#endif

#include <gtest/gtest.h>

// The kernels' own declarations are all that a contract needs: its table's size is known without the library.
TEST(Light, ContractListsEverySlot) { EXPECT_EQ(kiln::kSlotCount<kiln::TensorSlots>, 14u); }
