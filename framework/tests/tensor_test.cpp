// Tensor: memory, values, bad input.
#include "kiln/tensor.hpp"

#include <cstdint>
#include <utility>
#include <vector>

#include "kiln/random.hpp"
#include "throws.hpp"

namespace kiln {
namespace {

std::vector<float> values(const Tensor& tensor) { return {tensor.flat().begin(), tensor.flat().end()}; }

TEST(Tensor, StartsAsAlignedZeros) {
  for (std::int64_t n : {1, 2, 15, 16, 17, 1000}) {
    const Tensor tensor({n, 3});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data().data) % Tensor::kAlignment, 0u);
    EXPECT_EQ(values(tensor), std::vector<float>(static_cast<std::size_t>(3 * n), 0.0f));
  }
}

TEST(Tensor, DataIsRowMajor) {
  Tensor tensor = Tensor::from({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(tensor.data().strides, (Strides{3, 1}));
  EXPECT_EQ(tensor.data()(1, 0), 4.0f);
  tensor.data()(1, 2) = 9;
  EXPECT_EQ(values(tensor), (std::vector<float>{1, 2, 3, 4, 5, 9}));
}

TEST(Tensor, ScalarHasOneElementAndEmptyHasNone) {
  const Tensor scalar = Tensor::full(Shape{}, 7);
  EXPECT_EQ(scalar.rank(), 0);
  EXPECT_EQ(values(scalar), std::vector<float>{7});
  const Tensor empty(Shape{3, 0});
  EXPECT_EQ(empty.size(), 0);
  EXPECT_EQ(empty.data().strides, (Strides{1, 1}));
  EXPECT_EQ(Tensor().shape(), Shape{0});
  EXPECT_EQ(values(Tensor(Tensor())), std::vector<float>{});
}

TEST(Tensor, CopyIsDeep) {
  Tensor a = Tensor::from({2}, {1, 2});
  Tensor b = a;
  b.data()(0) = 5;
  EXPECT_EQ(values(a), (std::vector<float>{1, 2}));
  a = b;
  EXPECT_NE(a.data().data, b.data().data);
  EXPECT_EQ(values(a), (std::vector<float>{5, 2}));
  const Tensor& self = a;
  a = self;
  EXPECT_EQ(values(a), (std::vector<float>{5, 2}));
}

TEST(Tensor, MoveKeepsTheMemoryAndLeavesAnEmptyTensor) {
  Tensor a = Tensor::from({2}, {1, 2});
  const float* memory = a.data().data;
  Tensor b = std::move(a);
  EXPECT_EQ(b.data().data, memory);
  EXPECT_EQ(a.shape(), Shape{0});  // NOLINT(bugprone-use-after-move): the promise under test
  EXPECT_EQ(a.size(), 0);
  Tensor& self = b;
  b = std::move(self);
  EXPECT_EQ(values(b), (std::vector<float>{1, 2}));
}

TEST(Tensor, StandsWhereAViewIsTaken) {
  const auto first = [](ConstView view) { return view.data[0]; };
  const auto write = [](View view) { view.data[0] = 3; };
  Tensor tensor({2});
  write(tensor);
  EXPECT_EQ(first(tensor), 3.0f);
  EXPECT_EQ(first(std::as_const(tensor)), 3.0f);
}

TEST(Tensor, CopyOfMaterialisesAnyStrides) {
  const Tensor a = Tensor::from({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(values(Tensor::copy_of(transpose(a.data()))), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(values(Tensor::copy_of(reversed(reversed(a.data(), 0), 1))), (std::vector<float>{6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(values(Tensor::copy_of(broadcast_to(slice(a.data(), 1, 1, 2), {2, 2}))), (std::vector<float>{2, 2, 5, 5}));
  EXPECT_EQ(values(Tensor::copy_of(Tensor::full(Shape{}, 4).data())), std::vector<float>{4});
  EXPECT_EQ(Tensor::copy_of(Tensor(Shape{2, 0}).data()).shape(), (Shape{2, 0}));
}

TEST(Tensor, FillsFromAGeneratorInRowMajorOrder) {
  Random filling(1), drawing(1);
  const Tensor uniform = Tensor::uniform({3, 2}, filling, -1, 1);
  for (float value : uniform.flat()) EXPECT_EQ(value, drawing.uniform(-1, 1));
  const Tensor normal = Tensor::normal({5}, filling, 2, 3);
  for (float value : normal.flat()) EXPECT_EQ(value, drawing.normal(2, 3));
}

TEST(Tensor, RefusesBadShapes) {
  EXPECT_ERROR(Tensor(Shape{2, -1}), invalid_argument, "shape (2, -1) has a negative extent");
  EXPECT_ERROR(Tensor(Shape{2, -1}), invalid_argument, "left is -1");
  EXPECT_ERROR(Tensor(Shape{0, -1}), invalid_argument, "negative extent");
  constexpr std::int64_t kHuge = std::int64_t{1} << 32;
  EXPECT_ERROR(Tensor({kHuge, kHuge}), invalid_argument, "(4294967296, 4294967296)");
  EXPECT_ERROR(Tensor({kHuge, kHuge / 2, 1}), invalid_argument, "more elements");
  EXPECT_ERROR(Tensor({kHuge, kHuge, 0}), invalid_argument, "more elements");
  EXPECT_ERROR(Tensor::full({-3}, 1), invalid_argument, "(-3)");
}

TEST(Tensor, RefusesAWrongNumberOfValues) {
  EXPECT_ERROR(Tensor::from({2, 3}, {1, 2, 3, 4}), invalid_argument, "shape (2, 3)");
  EXPECT_ERROR(Tensor::from({2, 3}, {1, 2, 3, 4}), invalid_argument, "left is 4, right is 6");
  EXPECT_ERROR(Tensor::from(Shape{}, {}), invalid_argument, "left is 0, right is 1");
}

}  // namespace
}  // namespace kiln
