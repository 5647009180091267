// Variables and the graph behind them: handles, gradients, what is refused.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "kiln/array.hpp"
#include "kiln/random.hpp"
#include "nn/ops.hpp"
#include "throws.hpp"

namespace kiln::nn {
namespace {

static_assert(HasArrayAndData<Variable>);
static_assert(HasArrayAndData<Parameter>);
static_assert(std::is_same_v<decltype(std::declval<Tensor&>().data()), decltype(std::declval<Variable&>().data())>);
static_assert(std::is_same_v<decltype(std::declval<const Tensor&>().array()),
                             decltype(std::declval<const Parameter&>().array())>);

std::vector<float> values(const Tensor& tensor) { return {tensor.flat().begin(), tensor.flat().end()}; }

Parameter vector(std::initializer_list<float> values) {
  return Parameter(Tensor::from({static_cast<std::int64_t>(values.size())}, values));
}

TEST(Variable, IsAHandle) {
  Variable a = Tensor::from({2}, {1, 2});
  Variable b = a;
  b.data()(0) = 5;
  a.array()(1) = 6;
  EXPECT_EQ(values(a.value()), (std::vector<float>{5, 6}));
  EXPECT_EQ(a.data().data, b.data().data);
  a = Variable(3.0f);
  EXPECT_EQ(a.item(), 3);
  EXPECT_EQ(a.rank(), 0);
  EXPECT_EQ(b.shape(), Shape{2});
  EXPECT_ERROR(b.item(), invalid_argument, "item of a Variable of shape (2)");
  EXPECT_EQ(Variable().shape(), Shape{0});
}

TEST(Variable, LivesOnWhenMovedFrom) {
  Parameter a = vector({1, 2});
  const Variable b = std::move(a);
  EXPECT_EQ(a.data().data, b.data().data);  // NOLINT(bugprone-use-after-move): the promise under test
}

TEST(Variable, ParametersAreSharedUnderAnyName) {
  Parameter weight(Tensor::full({2}, 1), "weight");
  Parameter same = weight.renamed("0.weight");
  same.data()(0) = 4;
  EXPECT_EQ(same.name(), "0.weight");
  EXPECT_EQ(weight.name(), "weight");
  EXPECT_EQ(values(weight.value()), (std::vector<float>{4, 1}));
  EXPECT_TRUE(same.wants_gradient());
}

TEST(Backward, GathersInLeavesUntilTheyAreCleared) {
  Parameter x = vector({1, 2});
  EXPECT_FALSE(x.has_gradient());
  sum(x * x).backward();
  sum(x * 3.0f).backward();
  EXPECT_EQ(values(x.gradient()), (std::vector<float>{5, 7}));
  x.zero_grad();
  EXPECT_FALSE(x.has_gradient());
  sum(x).backward();
  EXPECT_EQ(values(x.gradient()), (std::vector<float>{1, 1}));
}

TEST(Backward, TakesACotangentOfAnyShape) {
  Parameter x = vector({1, 2});
  Variable y = x * x;
  y.backward(Tensor::from({2}, {10, 100}));
  EXPECT_EQ(values(x.gradient()), (std::vector<float>{20, 400}));
  EXPECT_EQ(values(y.gradient()), (std::vector<float>{10, 100}));
  // A leaf is its own graph.
  x.backward(Tensor::from({2}, {1, 1}));
  EXPECT_EQ(values(x.gradient()), (std::vector<float>{21, 401}));
}

TEST(Backward, AcceptsAnyShapeOfOneElement) {
  Parameter x(Tensor::full({1, 1}, 3));
  (x * x).backward();
  EXPECT_EQ(x.gradient().flat()[0], 6);
}

TEST(Backward, GivesWhatWasComputedItsLastGradient) {
  Parameter x = vector({1, 2});
  Variable y = x * x;
  Variable loss = sum(3.0f * y);
  loss.backward({.keep_graph = true});
  loss.backward();
  EXPECT_EQ(values(y.gradient()), (std::vector<float>{3, 3}));
  EXPECT_EQ(values(x.gradient()), (std::vector<float>{12, 24}));
}

TEST(Backward, RefusesAGraphThatWasFreed) {
  Parameter x = vector({1, 2});
  Variable y = x * x, loss = sum(y), other = mean(y);
  loss.backward();
  EXPECT_ERROR(loss.backward(), invalid_argument, "a result of sum of shape () was freed by an earlier backward");
  EXPECT_ERROR(loss.backward(), invalid_argument, "keep_graph");
  EXPECT_ERROR(other.backward(), invalid_argument, "a result of mul of shape (2) was freed");
  EXPECT_ERROR(sum(y + x).backward(), invalid_argument, "mul of shape (2)");
  EXPECT_EQ(values(x.gradient()), (std::vector<float>{2, 4})) << "a refused backward changes nothing";
  sum(y.detach() * x).backward();
  EXPECT_EQ(values(x.gradient()), (std::vector<float>{3, 8}));
}

TEST(Backward, RefusesWhatHasNoDirection) {
  Parameter x = vector({1, 2});
  EXPECT_ERROR((x * x).backward(), invalid_argument, "backward of a Variable of shape (2)");
  EXPECT_ERROR((x * x).backward(Tensor({3})), invalid_argument, "left is (3), right is (2)");
  Variable data = Tensor::full(Shape{}, 2);
  EXPECT_ERROR((data * data).backward(), invalid_argument, "nothing that it was computed from wants a gradient");
  EXPECT_ERROR(data.gradient(), invalid_argument, "it wants none");
  EXPECT_ERROR(x.gradient(), invalid_argument, "there is none yet");
}

TEST(Backward, LeavesDataWithoutAGradient) {
  Parameter x = vector({1, 2});
  const Variable data = Tensor::from({2}, {3, 4});
  sum(data * x + x.detach()).backward();
  EXPECT_EQ(values(x.gradient()), (std::vector<float>{3, 4}));
  EXPECT_FALSE(data.has_gradient());
}

TEST(NoGrad, NestsAndEnds) {
  Parameter x = vector({1, 2});
  {
    const NoGrad outer;
    {
      const NoGrad inner;
      EXPECT_FALSE((x * x).wants_gradient());
    }
    EXPECT_FALSE((x * x).wants_gradient());
    EXPECT_FALSE(grad_enabled());
  }
  EXPECT_TRUE((x * x).wants_gradient());
}

TEST(NoGrad, HoldsForItsOwnThread) {
  const NoGrad guard;
  bool there = false;
  std::thread([&] { there = grad_enabled(); }).join();
  EXPECT_TRUE(there);
}

TEST(Operations, OfOnesOwnJoinTheGraph) {
  Parameter x = vector({1, 2});
  const Variable data = Tensor::from({2}, {5, 6});
  // x + 2 data, with a backward that sees who wants what.
  Tensor out = (x + 2.0f * data).value();
  std::vector<bool> wanted;
  Variable y = record("own", std::move(out), {x, data}, [&](const BackwardCall& call) {
    wanted = {call.wants(0), call.wants(1)};
    for (int i = 0; i < 2; ++i) call.grad_inputs[0](i) += call.grad_output(i);
  });
  y.backward(Tensor::from({2}, {3, 4}));
  EXPECT_EQ(wanted, (std::vector<bool>{true, false}));
  EXPECT_EQ(values(x.gradient()), (std::vector<float>{3, 4}));
}

TEST(Operations, NameThemselvesAndTheShapesInErrors) {
  const Variable a = Tensor({2, 3}), b = Tensor({4}), c = Tensor({4, 5}), scalar = Tensor(Shape{});
  EXPECT_ERROR(a + b, invalid_argument, "add of (2, 3) and (4): ");
  EXPECT_ERROR(a / b, invalid_argument, "div of (2, 3) and (4): ");
  EXPECT_ERROR(matmul(a, c), invalid_argument, "matmul of (2, 3) and (4, 5): ");
  EXPECT_ERROR(matmul(a, b), invalid_argument, "matmul of (2, 3) and (4): matmul: b has a wrong number of dimensions");
  EXPECT_ERROR(batched_matmul(a, c), invalid_argument, "batched_matmul of (2, 3) and (4, 5): ");
  EXPECT_ERROR(batched_matmul(Tensor({2, 3, 4}), Tensor({3, 4, 5})), invalid_argument, "of (2, 3, 4) and (3, 4, 5): ");
  EXPECT_ERROR(linear(a, c, b), invalid_argument, "linear of (2, 3), (4, 5) and (4): ");
  EXPECT_ERROR(linear(a, b), invalid_argument, "linear of (2, 3) and (4): ");
  EXPECT_ERROR(sum(a, 2), invalid_argument, "sum of (2, 3): there is no axis 2");
  EXPECT_ERROR(mean(a, -3), invalid_argument, "mean of (2, 3): there is no axis -3");
  EXPECT_ERROR(max(Tensor({2, 0}), 1), invalid_argument, "max of (2, 0): ");
  EXPECT_ERROR(transpose(a, 0, 2), invalid_argument, "transpose of (2, 3): ");
  EXPECT_ERROR(reshape(a, {4, -1}), invalid_argument, "reshape of (2, 3): ");
  EXPECT_ERROR(flatten(a, 1, 0), invalid_argument, "flatten of (2, 3): ");
  EXPECT_ERROR(softmax(scalar), invalid_argument, "softmax of (): ");
  EXPECT_ERROR(dropout(a, 1, true, 0), invalid_argument, "dropout of (2, 3): ");
  EXPECT_ERROR(dropout(a, -0.1f, false, 0), invalid_argument, "dropout of (2, 3): ");
  EXPECT_ERROR(mean_squared_error(a, b), invalid_argument, "mean_squared_error of (2, 3) and (4): ");
  EXPECT_ERROR(binary_cross_entropy(a, b), invalid_argument, "binary_cross_entropy of (2, 3) and (4): ");
  EXPECT_ERROR(binary_cross_entropy(b, vector({1, 1, 1, 1})), invalid_argument, "target.detach()");
  EXPECT_ERROR(cross_entropy(a, std::vector{0}), invalid_argument, "cross_entropy of (2, 3): ");
  EXPECT_ERROR(cross_entropy(a, std::vector{0, 3}), invalid_argument, "cross_entropy of (2, 3): ");
}

TEST(Operations, TellWhichBackwardFailed) {
  Parameter x = vector({1, 2});
  Variable y = record("own", Tensor({2}), {x, x},
                      [](const BackwardCall&) { throw Error(ErrorKind::stub, "own_backward is not written yet"); });
  EXPECT_ERROR(sum(y).backward(), stub, "backward of own of (2) and (2): own_backward is not written yet");
}

TEST(Dropout, IsTheSameForTheSameSeed) {
  const Variable ones = Tensor::full({1000}, 1);
  const auto dropped = [&](std::uint64_t seed) { return values(dropout(ones, 0.25f, true, seed).value()); };
  EXPECT_EQ(dropped(1), dropped(1));
  EXPECT_NE(dropped(1), dropped(2));
  EXPECT_EQ(dropout(ones, 0.25f, false, 1).data().data, ones.data().data);
}

}  // namespace
}  // namespace kiln::nn
