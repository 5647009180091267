// Resolution, slot by slot: written, stub, no definition, overrides, and the report's words.
#include "kiln/resolve.hpp"

#include <algorithm>
#include <map>

#include "kiln/kernels/tensor.hpp"
#include "throws.hpp"

namespace kiln {
namespace {

void student_fill(View out, float) { out.data[0] = 1; }
void student_copy(ConstView, View out) { out.data[0] = 2; }
void reference_fill(View out, float) { out.data[0] = -1; }
void reference_copy(ConstView, View out) { out.data[0] = -2; }
void reference_add(ConstView, ConstView, View out) { out.data[0] = -3; }

constexpr StubRecord kCopyStub{"copy", "../work/modules/01_tensor/copy.cpp", 12};
constexpr StubRecord kForeignStub{"softmax", "modules/04_nn/softmax.cpp", 3};
const StubRecord* const kStubs[] = {&kForeignStub, &kCopyStub};

class Resolve : public testing::Test {
 protected:
  std::map<std::string, SlotReport> resolve_with(std::vector<Override> overrides = {}) {
    resolution_ = resolve(student_, kStubs, reference_, overrides);
    std::map<std::string, SlotReport> by_name;
    for (const SlotReport& slot : resolution_.slots) by_name[slot.kernel] = slot;
    return by_name;
  }

  const TensorSlots student_{.fill = student_fill, .copy = student_copy};
  const TensorSlots reference_{.fill = reference_fill, .copy = reference_copy, .add = reference_add};
  Resolution<TensorSlots> resolution_{};
};

TEST_F(Resolve, StudentWhereWrittenReferenceWhereNot) {
  auto slots = resolve_with();
  EXPECT_EQ(slots.size(), kSlotCount<TensorSlots>);
  EXPECT_EQ(resolution_.table.fill, student_fill);
  EXPECT_EQ(slots["fill"].answer, Answer::student);
  EXPECT_EQ(slots["fill"].reason, Reason::written);
  EXPECT_EQ(resolution_.table.copy, reference_copy);
  EXPECT_EQ(slots["copy"].answer, Answer::reference);
  EXPECT_EQ(slots["copy"].reason, Reason::stub);
  EXPECT_EQ(slots["copy"].where, "modules/01_tensor/copy.cpp:12");
  EXPECT_EQ(resolution_.table.add, reference_add);
  EXPECT_EQ(slots["add"].reason, Reason::no_definition);
  EXPECT_EQ(slots["matmul"].answer, Answer::missing);
}

TEST_F(Resolve, AMissingKernelThrowsItsName) {
  resolve_with();
  EXPECT_ERROR(resolution_.table.matmul({}, {}, {}), missing, "matmul has no definition");
  EXPECT_ERROR(resolution_.table.broadcast_shapes({}, {}), missing, "broadcast_shapes");
  EXPECT_ERROR(resolution_.table.batched_matmul({}, {}, {}), missing, "family tensor");
}

TEST_F(Resolve, OverridesOneSlotAtATime) {
  auto slots = resolve_with({{"fill", Answer::reference}, {"copy", Answer::student}});
  EXPECT_EQ(resolution_.table.fill, reference_fill);
  EXPECT_EQ(slots["fill"].reason, Reason::override_);
  EXPECT_EQ(resolution_.table.copy, student_copy);
  EXPECT_EQ(slots["copy"].where, "modules/01_tensor/copy.cpp:12");
  EXPECT_EQ(resolution_.table.add, reference_add);
}

TEST_F(Resolve, TheLastOverrideCounts) {
  resolve_with({{"fill", Answer::reference}, {"fill", Answer::student}});
  EXPECT_EQ(resolution_.table.fill, student_fill);
}

TEST_F(Resolve, AnOverrideToWhatIsNotThereIsMissing) {
  auto slots = resolve_with({{"add", Answer::student}, {"sub", Answer::reference}});
  EXPECT_EQ(slots["add"].answer, Answer::missing);
  EXPECT_EQ(slots["sub"].answer, Answer::missing);
  EXPECT_ERROR(resolution_.table.add({}, {}, {}), missing, "add");
}

TEST_F(Resolve, AStubWithoutReferenceAnswersItself) {
  const auto alone = resolve(student_, kStubs, TensorSlots{});
  EXPECT_EQ(alone.table.copy, student_copy);
}

TEST_F(Resolve, ReadsOverridesFromText) {
  EXPECT_EQ(parse_override("matmul=reference").kernel, "matmul");
  EXPECT_EQ(parse_override("matmul=reference").answer, Answer::reference);
  EXPECT_EQ(parse_override("fill=student").answer, Answer::student);
  for (const char* bad : {"", "matmul", "matmul=", "=student", "matmul=me", "matmul=student "})
    EXPECT_ERROR(parse_override(bad), invalid_argument, "override \"" + std::string(bad) + "\": expected KERNEL=");
}

TEST_F(Resolve, UnknownOverridesAreRefusedWithTheKnownNames) {
  resolve_with();
  require_known(std::vector<Override>{{"fill", Answer::student}}, resolution_.slots);
  EXPECT_ERROR(require_known(std::vector<Override>{{"fil", Answer::student}}, resolution_.slots), invalid_argument,
               "override of \"fil\": there is no such kernel; known are fill, contiguous_strides");
}

TEST_F(Resolve, TheReportIsAnAlignedTable) {
  resolve_with();
  const std::vector<SlotReport> some{resolution_.slots[0], resolution_.slots[4], resolution_.slots[12]};
  EXPECT_EQ(format_report(some),
            "family  kernel  answered by  why\n"
            "tensor  fill    student      written\n"
            "tensor  copy    reference    still a stub (modules/01_tensor/copy.cpp:12)\n"
            "tensor  matmul  missing      no definition\n"
            "1 student, 1 reference, 1 missing\n");
}

TEST(Stubs, AreListedWithoutBeingRun) {
  // twins/student.cpp of this program has two.
  std::vector<std::string> kernels;
  for (const StubRecord* record : linked_stubs()) {
    kernels.emplace_back(record->kernel);
    EXPECT_NE(location(*record).find("twins/student.cpp:"), std::string::npos) << location(*record);
  }
  std::ranges::sort(kernels);
  EXPECT_EQ(kernels, (std::vector<std::string>{"copy", "matmul"}));
}

TEST(Stubs, ThrowWithNameAndPlace) {
  EXPECT_ERROR(throw_stub(kCopyStub), stub, "copy is not written yet (modules/01_tensor/copy.cpp:12)");
}

}  // namespace
}  // namespace kiln
