// libtorch: operations of ATen, and the networks as its users write them. Its headers take ten seconds to compile.
// Results go into given tensors where ATen has a kernel that does so; the others (conv2d, layer_norm) are new tensors.
#include <dlfcn.h>
#include <torch/torch.h>

#include <map>

#include "peers/peer.hpp"

namespace kiln::peers {
namespace {

using at::Tensor;

Tensor wrap(const float* data, const Extents& shape) { return at::from_blob(const_cast<float*>(data), shape); }

/// The operands of one set as tensors: wrapping them anew takes longer than a small product.
struct Wrapped {
  std::vector<Tensor> in;
  Tensor out, winners;
};

/// A kernel on wrapped operands. Gradients are nobody's wish here.
template <class Body>
Entrant kernel(const Problem& problem, Body body) {
  auto sets = std::make_shared<std::map<int, Wrapped>>();
  return {[=, &problem](const Operands& on) {
            const c10::InferenceMode no_gradients;
            auto found = sets->find(on.set);
            if (found == sets->end()) {
              Wrapped wrapped;
              for (std::size_t i = 0; i < on.in.size(); ++i) wrapped.in.push_back(wrap(on.in[i], problem.in[i]));
              wrapped.out = wrap(on.out, problem.out);
              if (on.winners != nullptr) wrapped.winners = at::from_blob(on.winners, problem.out, at::kLong);
              found = sets->emplace(on.set, std::move(wrapped)).first;
            }
            body(found->second);
          },
          {}};
}

/// A kernel that makes its own result.
template <class Body>
Entrant making(const Problem& problem, Body body) {
  auto result = std::make_shared<Tensor>();
  Entrant entrant = kernel(problem, [=](Wrapped& on) { *result = body(on); });
  entrant.collect = [=, &problem](const Operands& on) { wrap(on.out, problem.out).copy_(*result); };
  return entrant;
}

/// A step of training of `model`, from the problem's parameters on.
Entrant training(const Problem& problem, torch::nn::Sequential model,
                 std::shared_ptr<torch::optim::Optimizer> optimizer) {
  const std::vector<Tensor> parameters = model->parameters();
  {
    const torch::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < parameters.size(); ++i)
      parameters[i].copy_(wrap(problem.parameters[i].data(), problem.parameter_shapes[i]));
  }
  return {[=, &problem](const Operands& on) mutable {
            const Tensor images = wrap(on.in[0], problem.in[0]).clone();
            const Tensor labels =
                at::from_blob(const_cast<std::int32_t*>(on.labels), {problem.in[0][0]}, at::kInt).to(at::kLong);
            optimizer->zero_grad();
            const Tensor loss = torch::nn::functional::cross_entropy(model->forward(images), labels);
            loss.backward();
            optimizer->step();
            on.out[0] = loss.item<float>();
          },
          {}};
}

Entrant mlp(const Problem& problem) {
  torch::nn::Sequential model(torch::nn::Linear(784, 256), torch::nn::ReLU(), torch::nn::Linear(256, 128),
                              torch::nn::ReLU(), torch::nn::Linear(128, kClasses));
  return training(problem, model, std::make_shared<torch::optim::SGD>(model->parameters(), kSgdRate));
}

Entrant cnn(const Problem& problem) {
  using torch::nn::Conv2dOptions;
  torch::nn::Sequential model(torch::nn::Conv2d(Conv2dOptions(1, 16, 3).padding(1)), torch::nn::ReLU(),
                              torch::nn::MaxPool2d(2), torch::nn::Conv2d(Conv2dOptions(16, 32, 3).padding(1)),
                              torch::nn::ReLU(), torch::nn::MaxPool2d(2), torch::nn::Flatten(),
                              torch::nn::Linear(32 * 7 * 7, kClasses));
  return training(problem, model,
                  std::make_shared<torch::optim::Adam>(model->parameters(), torch::optim::AdamOptions(kAdamRate)));
}

/// The file that the loader took BLAS from.
std::string blas() {
  Dl_info info{};
  void* symbol = dlsym(RTLD_DEFAULT, "sgemm_");
  if (symbol == nullptr || dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) return "no BLAS";
  const std::string path = info.dli_fname;
  return path.substr(path.rfind('/') + 1);
}

class LibTorch final : public Peer {
 public:
  std::string name() const override { return "libtorch"; }
  std::string description() const override {
    // The one line of many that tells which of its kernels run.
    const std::string config = at::show_config(), key = "CPU capability usage: ";
    const std::size_t at = config.find(key);
    const std::string capability =
        at == std::string::npos ? "unknown" : config.substr(at + key.size(), config.find('\n', at) - at - key.size());
    return std::string(TORCH_VERSION) + ", kernels for " + capability + ", products by " + blas();
  }
  void enter(int threads) override {
    if (at::get_num_threads() != threads) at::set_num_threads(threads);
    // A BLAS with threads of its own does not ask libtorch how many to use.
    static const auto set_blas_threads =
        reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
    if (set_blas_threads != nullptr) set_blas_threads(threads);
  }
  Entrant prepare(const Problem& problem) override;
};

Entrant LibTorch::prepare(const Problem& problem) {
  switch (problem.kind) {
    case Kind::sgemm: return kernel(problem, [](Wrapped& on) { at::mm_out(on.out, on.in[0], on.in[1]); });
    case Kind::conv2d:
      return making(
          problem, [padding = problem.padding](Wrapped& on) { return at::conv2d(on.in[0], on.in[1], {}, 1, padding); });
    case Kind::softmax: return kernel(problem, [](Wrapped& on) { at::_softmax_out(on.out, on.in[0], 1, false); });
    case Kind::layer_norm:
      return making(problem, [features = problem.in[1]](Wrapped& on) {
        return at::layer_norm(on.in[0], features, on.in[1], on.in[2], kEpsilon);
      });
    case Kind::gelu: return kernel(problem, [](Wrapped& on) { at::gelu_out(on.out, on.in[0], "none"); });
    case Kind::gelu_tanh: return kernel(problem, [](Wrapped& on) { at::gelu_out(on.out, on.in[0], "tanh"); });
    case Kind::tanh: return kernel(problem, [](Wrapped& on) { at::tanh_out(on.out, on.in[0]); });
    // at::relu has no kernel that writes into a given tensor; this is the one it calls.
    case Kind::relu: return kernel(problem, [](Wrapped& on) { at::clamp_min_out(on.out, on.in[0], 0); });
    case Kind::add: return kernel(problem, [](Wrapped& on) { at::add_out(on.out, on.in[0], on.in[1]); });
    case Kind::sum_first: return kernel(problem, [](Wrapped& on) { at::sum_out(on.out, on.in[0], 0); });
    case Kind::sum_last: return kernel(problem, [](Wrapped& on) { at::sum_out(on.out, on.in[0], 1); });
    case Kind::max_pool:
      return kernel(problem, [](Wrapped& on) { at::max_pool2d_with_indices_out(on.out, on.winners, on.in[0], 2); });
    case Kind::mlp: return mlp(problem);
    case Kind::cnn: return cnn(problem);
  }
  return {};
}

}  // namespace

std::unique_ptr<Peer> libtorch() { return std::make_unique<LibTorch>(); }

}  // namespace kiln::peers
