// Instrumented kernels: what is recorded, with a clock that only kernels move.
#include "profile/instrument.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/tensor.hpp"
#include "nn/variable.hpp"
#include "profile/summary.hpp"

namespace kiln::profile {
namespace {

thread_local std::int64_t time_now = 0;
const std::string kNoLayer;

LayerPlace place() {
  const nn::Place here = nn::current_place();
  return {&here.layer, here.backward};
}

// matmul takes 100 of its own and calls copy (7) twice; add takes 5 and fails where asked.
void copy(ConstView, View) { time_now += 7; }
void matmul(ConstView a, ConstView, View c) {
  time_now += 60;
  kernels<TensorSlots>().copy(a, c);
  time_now += 40;
  kernels<TensorSlots>().copy(a, c);
}
bool add_fails = false;
void add(ConstView a, ConstView, View c) {
  time_now += 5;
  kernels<TensorSlots>().copy(a, c);
  if (add_fails) throw Error(ErrorKind::exception, "add: as asked");
}
// Calls itself until it stands three deep.
int depth = 0;
void sub(ConstView a, ConstView b, View c) {
  time_now += 10;
  if (++depth < 3) kernels<TensorSlots>().sub(a, b, c);
}
// A kernel without a rule that calls one with.
void backward_step(const GraphNode&, const std::vector<ConstView>& in, ConstView, ConstView,
                   const std::vector<View>& out) {
  time_now += 3;
  kernels<TensorSlots>().matmul(in[0], in[0], out[0]);
}
std::int64_t in_order(std::span<const std::int64_t>, std::span<const std::int64_t>, std::int64_t,
                      std::span<std::int64_t> order) {
  std::iota(order.begin(), order.end(), 0);
  return static_cast<std::int64_t>(order.size());
}
void unbroadcast(ConstView, View) { time_now += 1; }

class Instrument : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    register_backend<TensorSlots>("fake", {.copy = copy, .add = add, .sub = sub, .matmul = matmul});
    register_backend<AutogradSlots>(
        "fake", {.unbroadcast = unbroadcast, .topological_order = in_order, .backward_step = backward_step});
  }
  void SetUp() override {
    add_fails = false;
    Recorder::instance().reset({.now = [] { return time_now; }, .place = place});
    set_backend(instrument_backend("fake"));
    Recorder::instance().record(true);
  }
  void TearDown() override {
    Recorder::instance().record(false);
    set_backend(kReference);
  }

  static Summary summary() { return summarise(Recorder::instance().calls(), std::this_thread::get_id(), 1e-6); }
  static KernelRow row(const Summary& summary, const std::string& name) {
    for (const KernelRow& each : summary.kernels)
      if (each.kernel == name) return each;
    ADD_FAILURE() << name << " was not recorded";
    return {};
  }

  Tensor square_ = Tensor(Shape{2, 2});
};

TEST_F(Instrument, NestedKernelsTakeTheirTimeFromTheCallersOwn) {
  const TensorSlots& tensor = kernels<TensorSlots>();
  tensor.matmul(square_, square_, square_);
  tensor.matmul(square_, square_, square_);
  tensor.copy(square_, square_);
  const Summary all = summary();
  const KernelRow product = row(all, "matmul"), copied = row(all, "copy");
  EXPECT_EQ(product.calls, 2);
  EXPECT_NEAR(product.seconds, 2 * 114e-9, 1e-15);
  EXPECT_NEAR(product.self_seconds, 2 * 100e-9, 1e-15);
  EXPECT_EQ(copied.calls, 5);
  EXPECT_NEAR(copied.self_seconds, 5 * 7e-9, 1e-15);
  EXPECT_NEAR(all.kernel_seconds, (2 * 114 + 7) * 1e-9, 1e-15);
}

TEST_F(Instrument, CostsCountOnceAlongAPath) {
  kernels<TensorSlots>().matmul(square_, square_, square_);
  const Summary all = summary();
  // The product's own: 2 * 2 * 2 * 2 operations, 3 * 4 floats. Its copies are part of it.
  EXPECT_EQ(all.cost, (Cost{16, 48}));
  EXPECT_EQ(row(all, "copy").cost, (Cost{0, 2 * 32}));
}

TEST_F(Instrument, AKernelInsideOfItselfCountsItsTimeOnce) {
  depth = 0;
  kernels<TensorSlots>().sub(square_, square_, square_);
  const KernelRow row = this->row(summary(), "sub");
  EXPECT_EQ(row.calls, 3);
  EXPECT_NEAR(row.seconds, 30e-9, 1e-15);
  EXPECT_NEAR(row.self_seconds, 30e-9, 1e-15);
  EXPECT_EQ(row.cost.flops, 4);
}

TEST_F(Instrument, AKernelWithoutARuleCostsWhatItCalls) {
  const std::vector<ConstView> in{square_.data()};
  const std::vector<View> out{square_.data()};
  kernels<AutogradSlots>().backward_step(GraphNode{}, in, square_, square_, out);
  const Summary all = summary();
  const KernelRow step = row(all, "backward_step");
  EXPECT_FALSE(step.costed);
  EXPECT_EQ(step.cost, (Cost{16, 48}));
  EXPECT_NEAR(step.self_seconds, 3e-9, 1e-15);
  EXPECT_NEAR(step.seconds, 117e-9, 1e-15);
}

TEST_F(Instrument, AKernelThatThrowsLeavesTheRecordInOrder) {
  const TensorSlots& tensor = kernels<TensorSlots>();
  add_fails = true;
  EXPECT_THROW(tensor.add(square_, square_, square_), Error);
  add_fails = false;
  tensor.add(square_, square_, square_);
  tensor.copy(square_, square_);
  const std::vector<ThreadCalls> calls = Recorder::instance().calls();
  ASSERT_EQ(calls.size(), 1u);
  // Both top-level kernels hang from the root: nothing is left on the stack.
  EXPECT_EQ(calls[0].nodes[0].children.size(), 2u);
  const KernelRow sum = row(summary(), "add");
  EXPECT_EQ(sum.calls, 2);
  EXPECT_NEAR(sum.self_seconds, 10e-9, 1e-15);
  EXPECT_EQ(sum.cost.flops, 4) << "a call that threw did not do its work";
}

TEST_F(Instrument, NothingIsRecordedWhereNobodyAsks) {
  Recorder::instance().record(false);
  kernels<TensorSlots>().copy(square_, square_);
  EXPECT_TRUE(Recorder::instance().calls().empty());
  Recorder::instance().record(true);
  set_backend("fake");
  kernels<TensorSlots>().copy(square_, square_);
  EXPECT_TRUE(Recorder::instance().calls().empty());
}

TEST_F(Instrument, LayersAreThoseOfForwardAndBackward) {
  const nn::Parameter weight(Tensor(Shape{2, 2}));
  nn::Variable result;
  {
    const nn::InLayer outer("1.Sequential"), inner("0.Custom");
    Tensor value(Shape{2, 2});
    kernels<TensorSlots>().add(weight.data(), weight.data(), value);
    result = nn::record("custom", std::move(value), {weight}, [](const nn::BackwardCall& call) {
      kernels<TensorSlots>().matmul(call.grad_output, call.inputs[0], call.grad_inputs[0]);
    });
  }
  result.backward(Tensor(Shape{2, 2}));
  const Summary all = summary();
  ASSERT_EQ(all.layers.size(), 2u);
  EXPECT_EQ(all.layers[0].layer, "1.Sequential/0.Custom");
  EXPECT_NEAR(all.layers[0].forward_seconds, 12e-9, 1e-15);
  EXPECT_NEAR(all.layers[0].backward_seconds, 114e-9, 1e-15);
  // What backward() calls by itself is in no layer, and no node's.
  EXPECT_EQ(all.layers[1].layer, "outside of layers");
  EXPECT_NEAR(all.layers[1].forward_seconds, 1e-9, 1e-15);
  EXPECT_EQ(nn::current_place().layer, "");
  EXPECT_FALSE(nn::current_place().backward);
  EXPECT_EQ(row(all, "matmul").layer, "1.Sequential/0.Custom");
}

TEST_F(Instrument, TheSameKernelInTwoLayersIsKeptApart) {
  for (const char* name : {"0.Linear", "1.Linear", "0.Linear"}) {
    const nn::InLayer layer(name);
    kernels<TensorSlots>().copy(square_, square_);
  }
  const Summary all = summary();
  ASSERT_EQ(all.layers.size(), 2u);
  EXPECT_EQ(all.layers[0].calls, 2);
  EXPECT_EQ(all.layers[1].layer, "1.Linear");
  EXPECT_EQ(all.layers[1].calls, 1);
  const KernelRow copied = row(all, "copy");
  EXPECT_EQ(copied.calls, 3);
  EXPECT_EQ(copied.layer, "0.Linear");
  EXPECT_NEAR(copied.layer_share, 2.0 / 3, 1e-12);
}

TEST_F(Instrument, ABackwardThatThrowsGivesTheLayerBack) {
  const nn::Parameter weight(Tensor(Shape{2, 2}));
  nn::Variable result;
  {
    const nn::InLayer layer("0.Custom");
    result = nn::record("custom", Tensor(Shape{2, 2}), {weight}, [](const nn::BackwardCall& call) {
      add_fails = true;
      kernels<TensorSlots>().add(call.grad_output, call.inputs[0], call.grad_inputs[0]);
    });
  }
  EXPECT_THROW(result.backward(Tensor(Shape{2, 2})), Error);
  EXPECT_EQ(nn::current_place().layer, "");
  EXPECT_FALSE(nn::current_place().backward);
}

TEST_F(Instrument, ThreadsHaveTreesOfTheirOwn) {
  std::thread loader([this] { kernels<TensorSlots>().copy(square_, square_); });
  loader.join();
  kernels<TensorSlots>().add(square_, square_, square_);
  const Summary all = summary();
  ASSERT_EQ(all.beside.size(), 1u);
  EXPECT_EQ(all.beside[0].kernel, "copy");
  EXPECT_NEAR(all.kernel_seconds, 12e-9, 1e-15);
}

TEST_F(Instrument, AnUnknownBackendIsRefusedWithTheKnownOnes) {
  try {
    instrument_backend("fastest");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("fake"), std::string::npos) << error.what();
  }
}

TEST(PlaceName, OfWhatIsInNoLayer) {
  EXPECT_EQ(place_name("0.Linear", {"optimizers", "sgd_step", nullptr}), "0.Linear");
  EXPECT_EQ(place_name("", {"optimizers", "sgd_step", nullptr}), "optimizer");
  EXPECT_EQ(place_name("", {"autograd", "cross_entropy_backward", nullptr}), "loss");
  EXPECT_EQ(place_name("", {"data", "collate", nullptr}), "data");
  EXPECT_EQ(place_name("", {"tensor", "add", nullptr}), "outside of layers");
}

}  // namespace
}  // namespace kiln::profile
