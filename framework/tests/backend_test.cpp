// Backends by name, on the two twins linked into this program: student (fill and add written, copy and matmul stubs)
// and reference (fill, add, copy, contiguous_strides).
#include "kiln/backend.hpp"

#include <algorithm>
#include <thread>
#include <vector>

#include "kiln/kernels/tensor.hpp"
#include "throws.hpp"

namespace kiln {
namespace {

/// A family of its own, so that other tests' registrations do not reach it.
struct ToySlots {
  int (*one)();
  int (*two)(int value);
  static constexpr const char* kFamily = "toy";
  static constexpr auto list() { return std::tuple{slot<&ToySlots::one>("one"), slot<&ToySlots::two>("two", "value")}; }
};

class Backend : public testing::Test {
 protected:
  void TearDown() override {
    set_overrides({});
    set_backend("reference");
  }

  /// 1 + 2 by the chosen backend.
  static float three() {
    const float a = 1, b = 2;
    float out = 0;
    kernels<TensorSlots>().add({&a, {1}, {1}}, {&b, {1}, {1}}, {&out, {1}, {1}});
    return out;
  }
};

TEST_F(Backend, DefaultIsTheReference) {
  EXPECT_EQ(get_backend(), "reference");
  EXPECT_EQ(three(), 3.0f);
  EXPECT_EQ(&kernels<TensorSlots>(), &kernels<TensorSlots>("reference"));
}

TEST_F(Backend, ChoosingChangesWhoAnswers) {
  set_backend("student");
  EXPECT_EQ(get_backend(), "student");
  EXPECT_EQ(three(), -1.0f) << "the student's add is the wrong one";
  set_backend("reference");
  EXPECT_EQ(three(), 3.0f);
}

TEST_F(Backend, StubsAndMissingKernelsComeFromTheReference) {
  set_backend("student");
  const TensorSlots& reference = kernels<TensorSlots>("reference");
  EXPECT_NE(kernels<TensorSlots>().fill, reference.fill);
  EXPECT_EQ(kernels<TensorSlots>().copy, reference.copy);
  EXPECT_EQ(kernels<TensorSlots>().contiguous_strides, reference.contiguous_strides);
}

TEST_F(Backend, AKernelThatNobodyDefinesThrows) {
  EXPECT_ERROR(kernels<TensorSlots>().batched_matmul({}, {}, {}), missing, "batched_matmul has no definition");
  EXPECT_ERROR(kernels<TensorSlots>().matmul({}, {}, {}), missing, "matmul has no definition");
  set_backend("student");
  EXPECT_ERROR(kernels<TensorSlots>().index_to_offset({}, {}, {}), missing, "index_to_offset");
  EXPECT_ERROR(kernels<TensorSlots>().matmul({}, {}, {}), stub, "matmul is not written yet (");
  EXPECT_ERROR(kernels<TensorSlots>().matmul({}, {}, {}), stub, "twins/student.cpp:");
}

TEST_F(Backend, AnUnknownNameListsTheKnownOnes) {
  EXPECT_ERROR(set_backend("studnet"), invalid_argument, "\"studnet\"; known are ");
  EXPECT_ERROR(set_backend("studnet"), invalid_argument, "reference, student");
  EXPECT_ERROR(kernels<TensorSlots>("nobody"), invalid_argument, "\"nobody\"");
  EXPECT_ERROR(backend_report(""), invalid_argument, "no backend named \"\"");
  EXPECT_EQ(get_backend(), "reference");
  EXPECT_TRUE(std::ranges::is_sorted(known_backends()));
}

TEST_F(Backend, OverridesReachOneSlotOfTheStudent) {
  set_backend("student");
  set_overrides({parse_override("add=reference")});
  EXPECT_EQ(three(), 3.0f);
  EXPECT_NE(kernels<TensorSlots>().fill, kernels<TensorSlots>("reference").fill);
  set_overrides({parse_override("copy=student")});
  EXPECT_ERROR(kernels<TensorSlots>().copy({}, {}), stub, "copy is not written yet");
  EXPECT_EQ(three(), -1.0f);
  EXPECT_ERROR(set_overrides({parse_override("cpoy=student")}), invalid_argument, "\"cpoy\"");
}

TEST_F(Backend, ReportsWhoAnswers) {
  const auto find = [](const char* backend, const char* kernel) {
    const auto slots = backend_report(backend);
    return *std::ranges::find(slots, kernel, &SlotReport::kernel);
  };
  EXPECT_EQ(find("student", "fill").reason, Reason::written);
  EXPECT_EQ(find("student", "copy").answer, Answer::reference);
  EXPECT_EQ(find("student", "copy").reason, Reason::stub);
  EXPECT_EQ(find("student", "contiguous_strides").reason, Reason::no_definition);
  EXPECT_EQ(find("student", "sum").answer, Answer::missing);
  EXPECT_EQ(find("reference", "copy").reason, Reason::own);
}

TEST_F(Backend, ABackendMayHaveSomeFamiliesAndSlotsOnly) {
  register_backend<ToySlots>("reference", {.one = [] { return 1; }, .two = [](int value) { return value; }});
  register_backend<ToySlots>("fast", {.one = nullptr, .two = [](int value) { return 2 * value; }});
  set_backend("fast");
  EXPECT_EQ(kernels<ToySlots>().one(), 1);
  EXPECT_EQ(kernels<ToySlots>().two(3), 6);
  EXPECT_EQ(kernels<TensorSlots>().add, kernels<TensorSlots>("reference").add) << "a family that `fast` lacks";
  EXPECT_EQ(kernels<ToySlots>("student").two(3), 3);
  // Register again: the later table counts, and a table handed out before stays what it was.
  const ToySlots& before = kernels<ToySlots>();
  register_backend<ToySlots>("fast", {.one = [] { return 5; }, .two = nullptr});
  EXPECT_EQ(kernels<ToySlots>().one(), 5);
  EXPECT_EQ(kernels<ToySlots>().two(3), 3);
  EXPECT_EQ(before.two(3), 6);
}

TEST_F(Backend, ChoosingWhileOthersCall) {
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([] {
      for (int call = 0; call < 200; ++call) {
        const float sum = three();
        EXPECT_TRUE(sum == 3 || sum == -1) << sum;
      }
    });
  }
  for (int i = 0; i < 100; ++i) set_backend(i % 2 == 0 ? "student" : "reference");
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(three(), 3.0f);
}

struct ImpostorSlots {
  int (*one)();
  static constexpr const char* kFamily = "tensor";
  static constexpr auto list() { return std::tuple{slot<&ImpostorSlots::one>("one")}; }
};

TEST_F(Backend, TwoFamiliesOfOneNameAreRefused) {
  EXPECT_ERROR(register_backend<ImpostorSlots>("reference", {}), broken_promise, "family \"tensor\"");
}

}  // namespace
}  // namespace kiln
