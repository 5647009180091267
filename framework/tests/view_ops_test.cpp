// Views of the same elements: shapes, strides, first elements, and what is refused.
#include "kiln/view_ops.hpp"

#include "kiln/tensor.hpp"
#include "throws.hpp"

namespace kiln {
namespace {

class ViewOps : public testing::Test {
 protected:
  Tensor tensor_ = Tensor::from({2, 3}, {1, 2, 3, 4, 5, 6});
  View view_ = tensor_.data();
};

TEST_F(ViewOps, TransposeSwapsTwoDimensions) {
  const View t = transpose(view_);
  EXPECT_EQ(t.shape, (Shape{3, 2}));
  EXPECT_EQ(t(2, 1), 6.0f);
  EXPECT_EQ(t(0, 1), 4.0f);
  const Tensor three({2, 3, 4});
  EXPECT_EQ(transpose(three.data()).shape, (Shape{2, 4, 3}));
  EXPECT_EQ(transpose(three.data(), 0, -1).strides, (Strides{1, 4, 12}));
  EXPECT_ERROR(transpose(view_, 0, 2), invalid_argument, "shape (2, 3) has no dimension 2");
  EXPECT_ERROR(transpose(view_, -3, 0), invalid_argument, "no dimension -3");
}

TEST_F(ViewOps, SliceTakesARangeWithSteps) {
  const View odd = slice(view_, 1, 0, 3, 2);
  EXPECT_EQ(odd.shape, (Shape{2, 2}));
  EXPECT_EQ(odd(1, 1), 6.0f);
  EXPECT_EQ(slice(view_, -1, 1, 3, 2).shape, (Shape{2, 1}));
  EXPECT_EQ(slice(view_, 0, 1, 2)(0, 0), 4.0f);
  slice(view_, 0, 1, 2)(0, 0) = 9;
  EXPECT_EQ(tensor_.data()(1, 0), 9.0f);
}

TEST_F(ViewOps, EmptySlicesStayInsideTheirMemory) {
  for (std::int64_t at : {0, 1, 2}) {
    EXPECT_EQ(slice(view_, 0, at, at).shape, (Shape{0, 3}));
    EXPECT_EQ(slice(view_, 0, at, at).data, view_.data);
  }
  const View none = slice(view_, 0, 0, 0);
  EXPECT_EQ(reversed(none, 0).data, view_.data);
  EXPECT_EQ(select(none, 1, 2).data, view_.data);
}

TEST_F(ViewOps, SliceRefusesWhatIsOutOfRange) {
  EXPECT_ERROR(slice(view_, 1, 0, 4), invalid_argument, "slice [0, 4) of dimension 1 of shape (2, 3)");
  EXPECT_ERROR(slice(view_, 1, 0, 4), invalid_argument, "left is 4, right is 3");
  EXPECT_ERROR(slice(view_, 1, -1, 2), invalid_argument, "begin >= 0");
  EXPECT_ERROR(slice(view_, 1, 2, 1), invalid_argument, "begin <= end");
  EXPECT_ERROR(slice(view_, 1, 0, 1, 0), invalid_argument, "step >= 1");
  EXPECT_ERROR(slice(view_, 2, 0, 1), invalid_argument, "no dimension 2");
}

TEST_F(ViewOps, SelectDropsADimension) {
  EXPECT_EQ(select(view_, 1, 2).shape, Shape{2});
  EXPECT_EQ(select(view_, 1, 2)(1), 6.0f);
  EXPECT_EQ(select(select(view_, 0, 1), 0, 1)(), 5.0f);
  EXPECT_ERROR(select(view_, 0, 2), invalid_argument, "select index 2 of dimension 0 of shape (2, 3)");
  EXPECT_ERROR(select(view_, 0, -1), invalid_argument, "index >= 0");
}

TEST_F(ViewOps, ReversedTwiceIsTheSame) {
  const View backwards = reversed(view_, 1);
  EXPECT_EQ(backwards.strides, (Strides{3, -1}));
  EXPECT_EQ(backwards(0, 0), 3.0f);
  const View twice = reversed(backwards, -1);
  EXPECT_EQ(twice.data, view_.data);
  EXPECT_EQ(twice.strides, view_.strides);
}

TEST_F(ViewOps, BroadcastRepeatsWithStrideZero) {
  const ConstView row = broadcast_to(select(view_, 0, 1), {4, 3});
  EXPECT_EQ(row.strides, (Strides{0, 1}));
  EXPECT_EQ(row(3, 2), 6.0f);
  const ConstView column = broadcast_to(slice(view_, 1, 1, 2), {5, 2, 3});
  EXPECT_EQ(column.strides, (Strides{0, 3, 0}));
  EXPECT_EQ(column(4, 1, 2), 5.0f);
  EXPECT_EQ(broadcast_to(slice(view_, 1, 1, 2), {2, 0}).size(), 0);
  EXPECT_ERROR(broadcast_to(view_, {3, 3}), invalid_argument, "shape (2, 3) does not give (3, 3)");
  EXPECT_ERROR(broadcast_to(view_, {3, 3}), invalid_argument, "expected 1 or 3 in dimension 0, got 2");
  EXPECT_ERROR(broadcast_to(view_, {3}), invalid_argument, "more dimensions");
  EXPECT_ERROR(broadcast_to(view_, {-1, 2, 3}), invalid_argument, "negative extent");
}

TEST_F(ViewOps, ReshapeKeepsRowMajorOrder) {
  EXPECT_EQ(reshape(view_, {3, 2})(2, 0), 5.0f);
  EXPECT_EQ(reshape(view_, {-1}).shape, Shape{6});
  EXPECT_EQ(reshape(view_, {1, -1, 2}).shape, (Shape{1, 3, 2}));
  EXPECT_EQ(reshape(Tensor(Shape{0, 3}).data(), {5, 0}).shape, (Shape{5, 0}));
  EXPECT_ERROR(reshape(view_, {4, 2}), invalid_argument, "left is 6, right is 8");
  EXPECT_ERROR(reshape(view_, {-1, 4}), invalid_argument, "not whole");
  EXPECT_ERROR(reshape(view_, {-1, -1}), invalid_argument, "more than one extent is -1");
  EXPECT_ERROR(reshape(view_, {-2, 3}), invalid_argument, "negative extent");
  EXPECT_ERROR(reshape(Tensor(Shape{0, 3}).data(), {-1, 0}), invalid_argument, "not determined");
  EXPECT_ERROR(reshape(transpose(view_), {6}), invalid_argument, "expected a contiguous view");
}

}  // namespace
}  // namespace kiln
