// Cases through kiln::nn: what has an expected gradient is a Parameter, all else is data.
#include <algorithm>

#include "nn/nn.hpp"
#include "options.hpp"
#include "routes.hpp"

namespace kiln::golden {

namespace {

using nn::Parameter;
using nn::Variable;

Variable variable(const Case& golden, const std::string& name) {
  Tensor value = tensor_of(golden, name);
  if (golden.expects("grad_" + name)) return Parameter(std::move(value), name);
  return value;
}

/// Expects the value, runs backward where the case has a cotangent, and expects the operands' gradients.
void expect_all(const Case& golden, const std::string& result, Variable value,
                const std::map<std::string, Variable>& operands) {
  expect(golden, result, std::as_const(value).data());
  if (!golden.has_input("grad_" + result)) return;
  value.backward(tensor_of(golden, "grad_" + result));
  for (const auto& [name, operand] : operands)
    if (golden.expects("grad_" + name)) expect(golden, "grad_" + name, operand.gradient().data());
}

/// Copies the elements into a dense view of as many.
void assign(const View& to, const Tensor& from) { std::ranges::copy(from.flat(), to.data); }

// ---- one operation

template <class Operation>
ByNn unary(Operation operation) {
  return [=](const Case& golden) {
    const Variable in = variable(golden, "in");
    expect_all(golden, "out", operation(golden, in), {{"in", in}});
  };
}

ByNn activation(Variable (*operation)(const Variable&)) {
  return unary([=](const Case&, const Variable& in) { return operation(in); });
}

ByNn reduction(Variable (*operation)(const Variable&, int, bool)) {
  return unary([=](const Case& golden, const Variable& in) {
    return operation(in, golden.integer("axis"), golden.flag("keepdims"));
  });
}

ByNn binary(Variable (*operation)(const Variable&, const Variable&), const std::string& first = "a",
            const std::string& second = "b", const std::string& result = "out") {
  return [=](const Case& golden) {
    const Variable a = variable(golden, first), b = variable(golden, second);
    expect_all(golden, result, operation(a, b), {{first, a}, {second, b}});
  };
}

void linear(const Case& golden) {
  const Variable in = variable(golden, "in"), weight = variable(golden, "weight"), bias = variable(golden, "bias");
  if (golden.input("bias").values.empty()) {
    expect_all(golden, "out", nn::linear(in, weight), {{"in", in}, {"weight", weight}});
    return;
  }
  expect_all(golden, "out", nn::linear(in, weight, bias), {{"in", in}, {"weight", weight}, {"bias", bias}});
}

void cross_entropy(const Case& golden) {
  const Variable logits = variable(golden, "logits");
  const std::vector<std::int32_t> labels = golden.labels();
  expect_all(golden, "loss", nn::cross_entropy(logits, labels, golden.integer("ignore_index")), {{"logits", logits}});
}

void add_moves(std::map<std::string, ByNn>& routes) {
  routes["transpose"] = unary([](const Case& golden, const Variable& in) {
    return nn::transpose(in, golden.integer("first"), golden.integer("second"));
  });
  routes["reshape"] =
      unary([](const Case& golden, const Variable& in) { return nn::reshape(in, golden.shape("shape")); });
  routes["flatten"] = unary([](const Case& golden, const Variable& in) {
    return nn::flatten(in, golden.integer("first"), golden.integer("last"));
  });
  routes["dropout"] = unary([](const Case& golden, const Variable& in) {
    return nn::dropout(in, static_cast<float>(golden.number("p")), golden.flag("training"),
                       static_cast<std::uint64_t>(golden.number("seed")));
  });
}

// ---- images

void conv2d(const Case& golden) {
  const Variable in = variable(golden, "in"), weight = variable(golden, "weight"), bias = variable(golden, "bias");
  const Conv2dOptions options = conv2d_options(golden);
  if (golden.input("bias").values.empty()) {
    expect_all(golden, "out", nn::conv2d(in, weight, options), {{"in", in}, {"weight", weight}});
    return;
  }
  expect_all(golden, "out", nn::conv2d(in, weight, bias, options), {{"in", in}, {"weight", weight}, {"bias", bias}});
}

ByNn pool(Variable (*operation)(const Variable&, Pool2dOptions)) {
  return unary([=](const Case& golden, const Variable& in) { return operation(in, pool2d_options(golden)); });
}

/// A layer that was given the case's parameters and statistics.
void batch_norm(const Case& golden) {
  const bool training = golden.op == "batch_norm_train";
  const Variable in = variable(golden, "in");
  nn::BatchNorm layer(in.shape()[1], {.momentum = training ? static_cast<float>(golden.number("momentum")) : 0.1f,
                                      .epsilon = static_cast<float>(golden.number("epsilon"))});
  layer.train(training);
  std::map<std::string, Variable> operands{{"in", in}};
  for (Parameter parameter : layer.parameters()) {
    assign(parameter.data(), tensor_of(golden, parameter.name()));
    operands.emplace(parameter.name(), parameter);
  }
  const nn::State state = layer.state();
  for (const nn::State::Floats& each : state.tensors)
    assign(each.view, tensor_of(golden, training ? "initial_" + each.name : each.name));
  expect_all(golden, "out", layer(in), operands);
  for (const nn::State::Floats& each : state.tensors)
    if (golden.expects(each.name)) expect(golden, each.name, each.view);
}

// ---- networks

void diamond(const Case& golden) {
  const Variable x = variable(golden, "in");
  expect_all(golden, "out", x * x + x, {{"in", x}});
}

void shared(const Case& golden) {
  const Variable x = variable(golden, "in"), a = x * x, b = a + x;
  expect_all(golden, "out", a * b + a, {{"in", x}});
}

void mlp(const Case& golden) {
  const Variable in = variable(golden, "in");
  std::map<std::string, Parameter> parameters;
  for (const char* name : {"weight1", "bias1", "weight2", "bias2"})
    parameters.emplace(name, Parameter(tensor_of(golden, name), name));
  nn::Sequential model;
  model.add(std::make_shared<nn::Linear>(parameters.at("weight1"), parameters.at("bias1")));
  if (golden.word("hidden") == "relu")
    model.add(std::make_shared<nn::Relu>());
  else
    model.add(std::make_shared<nn::Tanh>());
  model.add(std::make_shared<nn::Linear>(parameters.at("weight2"), parameters.at("bias2")));

  const Variable output = model(in);
  expect(golden, "output", output.data());
  const bool labelled = golden.word("loss") == "cross_entropy";
  Variable loss = labelled ? nn::cross_entropy(output, golden.labels())
                           : nn::mean_squared_error(output, variable(golden, "target"));
  expect(golden, "loss", std::as_const(loss).data());
  loss.backward();
  expect(golden, "grad_in", in.gradient().data());
  for (const auto& [name, parameter] : parameters) expect(golden, "grad_" + name, parameter.gradient().data());
}

// ---- optimisers

/// Steps on the gradients that the case gives: those of sum(parameter * gradient).
template <class Optimizer, class Options>
ByNn optimizer(Options (*options)(const Case&)) {
  return [=](const Case& golden) {
    const testing::Array64 gradients = golden.input("gradient");
    Parameter parameter(tensor_of(golden, "initial_parameter"));
    Optimizer optimizer({parameter}, options(golden));
    const auto size = static_cast<std::ptrdiff_t>(parameter.size());
    std::vector<float> record;
    for (std::int64_t step = 0; step < gradients.shape[0]; ++step) {
      const auto begin = gradients.values.begin() + step * size;
      const std::vector<float> gradient(begin, begin + size);
      optimizer.zero_grad();
      nn::sum(parameter * Variable(Tensor::from(parameter.shape(), gradient))).backward();
      optimizer.step();
      const ConstView now = std::as_const(parameter).data();
      record.insert(record.end(), now.data, now.data + size);
    }
    const Tensor all = Tensor::from(gradients.shape, record);
    expect(golden, "parameter", all.data());
  };
}

}  // namespace

const std::map<std::string, ByNn>& by_nn() {
  static const std::map<std::string, ByNn> routes = [] {
    std::map<std::string, ByNn> made{
        {"add", binary(nn::add)},
        {"sub", binary(nn::sub)},
        {"mul", binary(nn::mul)},
        {"div", binary(nn::div)},
        {"sum", reduction(nn::sum)},
        {"mean", reduction(nn::mean)},
        {"max", reduction(nn::max)},
        {"matmul", binary(nn::matmul, "a", "b", "c")},
        {"batched_matmul", binary(nn::batched_matmul, "a", "b", "c")},
        {"relu", activation(nn::relu)},
        {"sigmoid", activation(nn::sigmoid)},
        {"tanh", activation(nn::tanh)},
        {"gelu", activation(nn::gelu)},
        {"gelu_tanh", activation(nn::gelu_tanh)},
        {"softmax", activation(nn::softmax)},
        {"log_softmax", activation(nn::log_softmax)},
        {"linear", linear},
        {"mean_squared_error", binary(nn::mean_squared_error, "prediction", "target", "loss")},
        {"binary_cross_entropy", binary(nn::binary_cross_entropy, "logits", "target", "loss")},
        {"cross_entropy", cross_entropy},
        {"conv2d", conv2d},
        {"max_pool2d", pool(nn::max_pool2d)},
        {"average_pool2d", pool(nn::average_pool2d)},
        {"batch_norm_train", batch_norm},
        {"batch_norm_eval", batch_norm},
        {"diamond", diamond},
        {"shared", shared},
        {"mlp", mlp},
        {"sgd_step", optimizer<nn::Sgd>(sgd_options)},
        {"adam_step", optimizer<nn::Adam>(adam_options)},
        {"adamw_step", optimizer<nn::AdamW>(adam_options)},
    };
    add_moves(made);
    return made;
  }();
  return routes;
}

}  // namespace kiln::golden
