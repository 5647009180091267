// The xtensor adaptors: reading, writing and assigning, for dense and strided memory of any rank.
#include "kiln/array.hpp"

#include <type_traits>
#include <utility>
#include <vector>
#include <xsimd/xsimd.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xview.hpp>

#include "throws.hpp"

// light_test.cpp forbids these: if a library renames them, that test would no longer see it.
#if !defined(XTENSOR_VERSION_MAJOR) || !defined(XSIMD_VERSION_MAJOR) || !defined(GTEST_TEST)
#error "light_test.cpp looks for macros that the libraries do not define"
#endif

namespace kiln {
namespace {

/// What a Parameter will be: a class of its own that owns a tensor and says where the elements are.
class Holder : public ArrayInterface<Holder> {
 public:
  View data() { return tensor_.data(); }
  ConstView data() const { return tensor_.data(); }

 private:
  Tensor tensor_ = Tensor::from({2}, {1, 2});
};
static_assert(HasArrayAndData<Holder>);
static_assert(!HasArrayAndData<std::vector<float>>);
static_assert(!std::is_assignable_v<decltype(std::declval<const Tensor&>().array()(0)), float>,
              "a const tensor's elements are const");

class ArrayTest : public testing::Test {
 protected:
  std::vector<float> values() const { return {tensor_.flat().begin(), tensor_.flat().end()}; }
  Tensor tensor_ = Tensor::from({2, 3}, {1, 2, 3, 4, 5, 6});
};

TEST_F(ArrayTest, ReadsAndWritesTheTensorsOwnMemory) {
  EXPECT_EQ(tensor_.array().data(), tensor_.data().data);
  tensor_.array()(1, 0) = 9;
  xt::view(tensor_.array(), xt::all(), 2) *= 10;
  EXPECT_EQ(values(), (std::vector<float>{1, 2, 30, 9, 5, 60}));
  const xt::xarray<float> sums = xt::sum(std::as_const(tensor_).array(), {1});
  EXPECT_EQ(sums, (xt::xarray<float>{33, 74}));
}

TEST_F(ArrayTest, AssigningCopiesElementsNotPointers) {
  const Tensor other = Tensor::full({2, 3}, 7);
  Tensor same_type = Tensor::full({2, 3}, 8);
  tensor_.array() = same_type.array();
  EXPECT_EQ(values(), std::vector<float>(6, 8));
  tensor_.array() = other.array();
  EXPECT_EQ(values(), std::vector<float>(6, 7));
  auto array = tensor_.array();
  array = same_type.array() * 2;
  EXPECT_EQ(values(), std::vector<float>(6, 16));
  EXPECT_EQ(array.data(), tensor_.data().data);
  array = 0;
  EXPECT_EQ(values(), std::vector<float>(6, 0));
}

TEST_F(ArrayTest, AssigningBroadcastsAndNeverReshapes) {
  tensor_.array() = xt::xarray<float>{1, 2, 3};
  EXPECT_EQ(values(), (std::vector<float>{1, 2, 3, 1, 2, 3}));
  Tensor taller = Tensor::full({3, 2}, 1), longer = Tensor::full({4}, 1);
  EXPECT_ERROR(tensor_.array() = taller.array(), invalid_argument, "shape (3, 2) does not give (2, 3)");
  EXPECT_ERROR(tensor_.array() = longer.array(), invalid_argument, "shape (4) does not give (2, 3)");
  EXPECT_EQ(tensor_.shape(), (Shape{2, 3}));
  EXPECT_EQ(values(), (std::vector<float>{1, 2, 3, 1, 2, 3}));
}

TEST_F(ArrayTest, AssigningReadsTheSourceFirst) {
  array(tensor_.data()) = array(reversed(tensor_.data(), 1));
  EXPECT_EQ(values(), (std::vector<float>{3, 2, 1, 6, 5, 4}));
}

TEST_F(ArrayTest, StridedViewsReadInTheirOwnOrder) {
  const ConstView turned = reversed(transpose(std::as_const(tensor_).data()), 0);
  const auto adaptor = array(turned);
  EXPECT_EQ(adaptor(0, 0), 3.0f);
  EXPECT_EQ(adaptor, (xt::xarray<float>{{3, 6}, {2, 5}, {1, 4}}));
  EXPECT_EQ(xt::sum(adaptor)(), 21.0f);
  const auto copy = adaptor;
  EXPECT_EQ(copy(2, 1), 4.0f);
  EXPECT_EQ(array(broadcast_to(select(tensor_.data(), 0, 0), {2, 3})), (xt::xarray<float>{{1, 2, 3}, {1, 2, 3}}));
  EXPECT_EQ(array(ConstView(slice(tensor_.data(), 1, 1, 3))), (xt::xarray<float>{{2, 3}, {5, 6}}));
}

TEST_F(ArrayTest, StridedViewsWriteOnlyTheirElements) {
  array(reversed(slice(tensor_.data(), 1, 0, 3, 2), 1)) = xt::xarray<float>{{10, 20}, {30, 40}};
  EXPECT_EQ(values(), (std::vector<float>{20, 2, 10, 40, 5, 30}));
  array(select(tensor_.data(), 1, 1)) = 0;
  EXPECT_EQ(values(), (std::vector<float>{20, 0, 10, 40, 0, 30}));
  Tensor wide = Tensor::full({2, 4}, 1);
  EXPECT_ERROR(array(transpose(tensor_.data())) = array(wide.data()), invalid_argument, "does not give (3, 2)");
}

TEST_F(ArrayTest, ScalarsAndEmptyTensors) {
  Tensor scalar = Tensor::full(Shape{}, 3);
  EXPECT_EQ(scalar.array().dimension(), 0u);
  scalar.array()() = 4;
  scalar.array() += 1;
  EXPECT_EQ(array(scalar.data())(), 5.0f);
  for (const Shape& shape : {Shape{0}, Shape{2, 0, 3}, Shape{0, 3}}) {
    Tensor empty(shape);
    EXPECT_EQ(empty.array().size(), 0u);
    EXPECT_EQ(array(empty.data()).size(), 0u);
    empty.array() = 1;
    array(empty.data()) = empty.array() + 1;
    EXPECT_EQ(xt::sum(empty.array())(), 0.0f);
  }
  EXPECT_EQ(Tensor().array().size(), 0u);
  EXPECT_EQ(array(reversed(slice(tensor_.data(), 0, 1, 1), 1)).size(), 0u);
}

}  // namespace
}  // namespace kiln
