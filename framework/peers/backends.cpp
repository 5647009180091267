// Kiln's own contestants: every registered backend, by the kernels that it has itself; and what students write in
// module 15, which networks do not call.
#include <algorithm>
#include <span>

#include "kiln/backend.hpp"
#include "kiln/kernels/acceleration.hpp"
#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/parallel.hpp"
#include "nn/nn.hpp"
#include "peers/peer.hpp"

namespace kiln::peers {
namespace {

Shape shape_of(const Extents& extents) {
  Shape shape;
  for (const std::int64_t each : extents) shape.push_back(each);
  return shape;
}

/// Operands as views; shapes are worked out once.
struct Views {
  std::vector<Shape> in;
  Shape out;

  explicit Views(const Problem& problem) : out(shape_of(problem.out)) {
    for (const Extents& each : problem.in) in.push_back(shape_of(each));
  }
  ConstView operand(const Operands& on, std::size_t i) const { return contiguous_view(on.in[i], in[i]); }
  View result(const Operands& on) const { return contiguous_view(on.out, out); }
  std::span<std::int64_t> winners(const Operands& on) const {
    return {on.winners, static_cast<std::size_t>(out.elements())};
  }
};

Entrant unary(const Problem& problem, void (*kernel)(ConstView, View)) {
  return {[kernel, views = Views(problem)](const Operands& on) { kernel(views.operand(on, 0), views.result(on)); }, {}};
}

Entrant binary(const Problem& problem, void (*kernel)(ConstView, ConstView, View)) {
  return {[kernel, views = Views(problem)](const Operands& on) {
            kernel(views.operand(on, 0), views.operand(on, 1), views.result(on));
          },
          {}};
}

Entrant sum(const Problem& problem, decltype(TensorSlots::sum) kernel) {
  return {[kernel, views = Views(problem), axis = problem.kind == Kind::sum_first ? 0 : 1](const Operands& on) {
            kernel(views.operand(on, 0), axis, false, views.result(on));
          },
          {}};
}

Entrant conv2d(const Problem& problem, decltype(SpatialSlots::conv2d) kernel) {
  const Conv2dOptions options{.padding_height = problem.padding, .padding_width = problem.padding};
  return {[kernel, options, views = Views(problem)](const Operands& on) {
            kernel(views.operand(on, 0), views.operand(on, 1), contiguous_view<const float>(nullptr, Shape{0}), options,
                   views.result(on));
          },
          {}};
}

Entrant max_pool(const Problem& problem, decltype(SpatialSlots::max_pool2d) kernel) {
  return {[kernel, views = Views(problem)](const Operands& on) {
            kernel(views.operand(on, 0), {}, views.result(on), views.winners(on));
          },
          {}};
}

Entrant layer_norm(const Problem& problem, decltype(AccelerationSlots::layer_norm_simd) kernel) {
  return {[kernel, views = Views(problem)](const Operands& on) {
            kernel(views.operand(on, 0), views.operand(on, 1), views.operand(on, 2), kEpsilon, views.result(on));
          },
          {}};
}

Entrant training(const Problem& problem, const std::shared_ptr<nn::Sequential>& model,
                 const std::shared_ptr<nn::Optimizer>& optimizer) {
  return {[=, shape = shape_of(problem.in[0])](const Operands& on) {
            Tensor images = Tensor::copy_of(contiguous_view(on.in[0], shape));
            optimizer->zero_grad();
            const nn::Variable logits = (*model)(nn::Variable(std::move(images)));
            nn::Variable loss = nn::cross_entropy(logits, {on.labels, static_cast<std::size_t>(shape[0])});
            loss.backward();
            optimizer->step();
            on.out[0] = loss.item();
          },
          {}};
}

void begin(const Problem& problem, const nn::Sequential& model) {
  std::vector<nn::Parameter> parameters = model.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    std::ranges::copy(problem.parameters[i], parameters[i].data().data);
}

Entrant mlp(const Problem& problem) {
  auto model = std::make_shared<nn::Sequential>(nn::Linear(784, 256, 1), nn::Relu(), nn::Linear(256, 128, 2),
                                                nn::Relu(), nn::Linear(128, kClasses, 3));
  begin(problem, *model);
  return training(problem, model,
                  std::make_shared<nn::Sgd>(model->parameters(), SgdOptions{.learning_rate = kSgdRate}));
}

Entrant cnn(const Problem& problem) {
  auto model = std::make_shared<nn::Sequential>(nn::Conv2d(1, 16, 3, 1, {.padding = 1}), nn::Relu(), nn::MaxPool2d(2),
                                                nn::Conv2d(16, 32, 3, 2, {.padding = 1}), nn::Relu(), nn::MaxPool2d(2),
                                                nn::Flatten(), nn::Linear(32 * 7 * 7, kClasses, 3));
  begin(problem, *model);
  return training(problem, model,
                  std::make_shared<nn::Adam>(model->parameters(), AdamOptions{.learning_rate = kAdamRate}));
}

/// Whether the backend has this kernel of its own, rather than leaving it to the reference.
bool answers(const std::string& backend, const std::string& family, const std::string& kernel) {
  const Answer own = backend == kReference ? Answer::reference : Answer::student;
  return std::ranges::any_of(backend_report(backend), [&](const SlotReport& slot) {
    return slot.family == family && slot.kernel == kernel && slot.answer == own;
  });
}

class Backend final : public Peer {
 public:
  explicit Backend(std::string name) : name_(std::move(name)) {}
  std::string name() const override { return name_; }
  bool ours() const override { return true; }
  void enter(int threads) override {
    if (get_backend() != name_) set_backend(name_);
    if (thread_count() != threads) set_thread_count(threads);
  }
  Entrant prepare(const Problem& problem) override;

 private:
  /// `make` on the kernel where the backend has it.
  template <class Slots, class Kernel, class Make>
  Entrant own(const Problem& problem, const char* kernel, Kernel Slots::*slot, Make make) const {
    if (!answers(name_, Slots::kFamily, kernel)) return {};
    return make(problem, kernels<Slots>(name_).*slot);
  }

  std::string name_;
};

Entrant Backend::prepare(const Problem& problem) {
  switch (problem.kind) {
    case Kind::sgemm: return own(problem, "matmul", &TensorSlots::matmul, binary);
    case Kind::conv2d: return own(problem, "conv2d", &SpatialSlots::conv2d, conv2d);
    case Kind::softmax: return own(problem, "softmax", &ActivationSlots::softmax, unary);
    case Kind::layer_norm: return own(problem, "layer_norm_simd", &AccelerationSlots::layer_norm_simd, layer_norm);
    case Kind::gelu: return own(problem, "gelu", &ActivationSlots::gelu, unary);
    case Kind::gelu_tanh: return own(problem, "gelu_tanh", &ActivationSlots::gelu_tanh, unary);
    case Kind::tanh: return own(problem, "tanh", &ActivationSlots::tanh, unary);
    case Kind::relu: return own(problem, "relu", &ActivationSlots::relu, unary);
    case Kind::add: return own(problem, "add", &TensorSlots::add, binary);
    case Kind::sum_first:
    case Kind::sum_last: return own(problem, "sum", &TensorSlots::sum, sum);
    case Kind::max_pool: return own(problem, "max_pool2d", &SpatialSlots::max_pool2d, max_pool);
    case Kind::mlp: return mlp(problem);
    case Kind::cnn: return cnn(problem);
  }
  return {};
}

/// The reference solutions of module 15's exercises.
class Acceleration final : public Peer {
 public:
  std::string name() const override { return "exercises"; }
  std::string description() const override {
    return "module 15 as its solutions have it: matmul_packed, or matmul_parallel on several threads; "
           "conv2d_im2col; softmax_simd";
  }
  bool ours() const override { return true; }
  void enter(int threads) override {
    if (get_backend() != kReference) set_backend(kReference);
    if (thread_count() != threads) set_thread_count(threads);
  }
  Entrant prepare(const Problem& problem) override {
    const auto has = [](const char* kernel) { return answers(kReference, AccelerationSlots::kFamily, kernel); };
    const AccelerationSlots& table = kernels<AccelerationSlots>(kReference);
    const bool parallel = thread_count() > 1;
    if (problem.kind == Kind::sgemm && has(parallel ? "matmul_parallel" : "matmul_packed"))
      return {[kernel = parallel ? table.matmul_parallel : table.matmul_packed, views = Views(problem)](
                  const Operands& on) { kernel(1, views.operand(on, 0), views.operand(on, 1), 0, views.result(on)); },
              {}};
    if (problem.kind == Kind::conv2d && has("conv2d_im2col")) return conv2d(problem, table.conv2d_im2col);
    if (problem.kind == Kind::softmax && has("softmax_simd")) return unary(problem, table.softmax_simd);
    return {};
  }
};

}  // namespace

std::vector<std::unique_ptr<Peer>> kiln_backends(bool variants) {
  std::vector<std::unique_ptr<Peer>> backends;
  // The fastest first; a backend that is new here takes part by being registered.
  std::vector<std::string> names = known_backends();
  std::ranges::stable_sort(names, {}, [](const std::string& name) {
    return name == "naive" ? 3 : name == kReference ? 2 : name.starts_with("optimized") ? 0 : 1;
  });
  for (const std::string& name : names)
    if (name != "student" && (variants || !name.starts_with("optimized_")))
      backends.push_back(std::make_unique<Backend>(name));
  if (answers(kReference, AccelerationSlots::kFamily, "matmul_packed"))
    backends.push_back(std::make_unique<Acceleration>());
  return backends;
}

}  // namespace kiln::peers
