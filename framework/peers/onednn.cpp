// oneDNN: its sgemm, and its primitives on plain row-major tensors. A convolution may choose its own layouts: what it
// takes to bring images and weights there and back is part of the call, since its callers have plain tensors as well.
#include <omp.h>

#include <oneapi/dnnl/dnnl.hpp>

#include "peers/peer.hpp"

namespace kiln::peers {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Arguments = std::unordered_map<int, memory>;

constexpr auto kForward = dnnl::prop_kind::forward_inference;

std::string instruction_set() {
  using dnnl::cpu_isa;
  const cpu_isa isa = dnnl::get_effective_cpu_isa();
  const std::pair<cpu_isa, const char*> names[] = {{cpu_isa::sse41, "SSE4.1"},
                                                   {cpu_isa::avx, "AVX"},
                                                   {cpu_isa::avx2, "AVX2"},
                                                   {cpu_isa::avx2_vnni, "AVX2 and VNNI"},
                                                   {cpu_isa::avx512_core, "AVX-512"},
                                                   {cpu_isa::avx512_core_vnni, "AVX-512 and VNNI"},
                                                   {cpu_isa::avx512_core_bf16, "AVX-512, VNNI and BF16"}};
  for (const auto& [known, name] : names)
    if (known == isa) return name;
  return "instruction set " + std::to_string(static_cast<int>(isa));
}

class OneDnn final : public Peer {
 public:
  std::string name() const override { return "onednn"; }
  std::string description() const override {
    const dnnl_version_t* version = dnnl_version();
    return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
           std::to_string(version->patch) + ", kernels for " + instruction_set();
  }
  void enter(int threads) override { omp_set_num_threads(threads); }
  Entrant prepare(const Problem& problem) override;

 private:
  memory::desc plain(const Extents& shape) const {
    constexpr Tag kTags[] = {Tag::undef, Tag::a, Tag::ab, Tag::abc, Tag::abcd};
    return {shape, memory::data_type::f32, kTags[shape.size()]};
  }
  memory::desc any(const Extents& shape) const { return {shape, memory::data_type::f32, Tag::any}; }

  /// A primitive on plain tensors: arguments named by `slots`, the output last.
  Entrant simple(const dnnl::primitive& primitive, const std::vector<int>& slots,
                 const std::vector<memory::desc>& shapes, Arguments more = {});
  Entrant elementwise(const Problem& problem, dnnl::algorithm algorithm);
  Entrant sum(const Problem& problem);
  Entrant layer_norm(const Problem& problem);
  Entrant max_pool(const Problem& problem);
  Entrant conv2d(const Problem& problem);

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
};

void point(memory& at, const float* data) { at.set_data_handle(const_cast<float*>(data)); }

Entrant OneDnn::simple(const dnnl::primitive& primitive, const std::vector<int>& slots,
                       const std::vector<memory::desc>& shapes, Arguments more) {
  std::vector<memory> memories;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    memories.emplace_back(shapes[i], engine_, nullptr);
    more.insert({slots[i], memories[i]});
  }
  // A memory is a handle: the table's are the same.
  return {[=, this](const Operands& on) mutable {
            for (std::size_t i = 0; i < on.in.size(); ++i) point(memories[i], on.in[i]);
            point(memories.back(), on.out);
            primitive.execute(stream_, more);
            stream_.wait();
          },
          {}};
}

Entrant OneDnn::elementwise(const Problem& problem, dnnl::algorithm algorithm) {
  const memory::desc shape = plain(problem.out);
  const dnnl::eltwise_forward::primitive_desc description({kForward, algorithm, shape, 0, 0}, engine_);
  return simple(dnnl::eltwise_forward(description), {DNNL_ARG_SRC, DNNL_ARG_DST}, {shape, shape});
}

Entrant OneDnn::sum(const Problem& problem) {
  const Extents& in = problem.in[0];
  const memory::desc from = plain(in);
  const memory::desc to = plain(problem.kind == Kind::sum_first ? Extents{1, in[1]} : Extents{in[0], 1});
  const dnnl::reduction::primitive_desc description({dnnl::algorithm::reduction_sum, from, to, 0, 0}, engine_);
  return simple(dnnl::reduction(description), {DNNL_ARG_SRC, DNNL_ARG_DST}, {from, to});
}

Entrant OneDnn::layer_norm(const Problem& problem) {
  const memory::desc shape = plain(problem.out), features = plain(problem.in[1]);
  const auto flags = dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;
  const dnnl::layer_normalization_forward::primitive_desc description({kForward, shape, kEpsilon, flags}, engine_);
  return simple(dnnl::layer_normalization_forward(description),
                {DNNL_ARG_SRC, DNNL_ARG_SCALE, DNNL_ARG_SHIFT, DNNL_ARG_DST}, {shape, features, features, shape});
}

Entrant OneDnn::max_pool(const Problem& problem) {
  const memory::desc from = plain(problem.in[0]), to = plain(problem.out);
  // For training, so that it keeps the winners as the others do, in its own form.
  const dnnl::pooling_forward::primitive_desc description(
      {dnnl::prop_kind::forward_training, dnnl::algorithm::pooling_max, from, to, {2, 2}, {2, 2}, {0, 0}, {0, 0}},
      engine_);
  return simple(dnnl::pooling_forward(description), {DNNL_ARG_SRC, DNNL_ARG_DST}, {from, to},
                {{DNNL_ARG_WORKSPACE, memory(description.workspace_desc(), engine_)}});
}

Entrant OneDnn::conv2d(const Problem& problem) {
  const Extents padding{problem.padding, problem.padding};
  const dnnl::convolution_forward::primitive_desc description({kForward,
                                                               dnnl::algorithm::convolution_auto,
                                                               any(problem.in[0]),
                                                               any(problem.in[1]),
                                                               any(problem.out),
                                                               {1, 1},
                                                               padding,
                                                               padding},
                                                              engine_);
  const dnnl::convolution_forward convolution(description);
  memory images(plain(problem.in[0]), engine_, nullptr), weight(plain(problem.in[1]), engine_, nullptr),
      out(plain(problem.out), engine_, nullptr);
  // Where the primitive likes the plain layout there is nothing to bring anywhere.
  const auto own = [&](const memory::desc& wanted, const memory& given) {
    return wanted == given.get_desc() ? given : memory(wanted, engine_);
  };
  const memory own_images = own(description.src_desc(), images), own_weight = own(description.weights_desc(), weight),
               own_out = own(description.dst_desc(), out);
  const auto move = [](const memory& from, const memory& to) {
    return from == to ? dnnl::reorder() : dnnl::reorder(from, to);
  };
  const dnnl::reorder images_in = move(images, own_images), weight_in = move(weight, own_weight),
                      out_back = move(own_out, out);
  return {[=, this](const Operands& on) mutable {
            point(images, on.in[0]);
            point(weight, on.in[1]);
            point(out, on.out);
            if (images_in) images_in.execute(stream_, images, const_cast<memory&>(own_images));
            if (weight_in) weight_in.execute(stream_, weight, const_cast<memory&>(own_weight));
            convolution.execute(stream_,
                                {{DNNL_ARG_SRC, own_images}, {DNNL_ARG_WEIGHTS, own_weight}, {DNNL_ARG_DST, own_out}});
            if (out_back) out_back.execute(stream_, const_cast<memory&>(own_out), out);
            stream_.wait();
          },
          {}};
}

Entrant OneDnn::prepare(const Problem& problem) {
  using dnnl::algorithm;
  switch (problem.kind) {
    case Kind::sgemm: {
      const std::int64_t m = problem.out[0], n = problem.out[1], k = problem.in[0][1];
      return {[=](const Operands& on) { dnnl_sgemm('N', 'N', m, n, k, 1, on.in[0], k, on.in[1], n, 0, on.out, n); },
              {}};
    }
    case Kind::conv2d: return conv2d(problem);
    case Kind::softmax: {
      const memory::desc shape = plain(problem.out);
      const dnnl::softmax_forward::primitive_desc description({kForward, shape, 1}, engine_);
      return simple(dnnl::softmax_forward(description), {DNNL_ARG_SRC, DNNL_ARG_DST}, {shape, shape});
    }
    case Kind::layer_norm: return layer_norm(problem);
    case Kind::gelu: return elementwise(problem, algorithm::eltwise_gelu_erf);
    case Kind::gelu_tanh: return elementwise(problem, algorithm::eltwise_gelu_tanh);
    case Kind::tanh: return elementwise(problem, algorithm::eltwise_tanh);
    case Kind::relu: return elementwise(problem, algorithm::eltwise_relu);
    case Kind::add: {
      const memory::desc shape = plain(problem.out);
      const dnnl::binary::primitive_desc description({algorithm::binary_add, shape, shape, shape}, engine_);
      return simple(dnnl::binary(description), {DNNL_ARG_SRC_0, DNNL_ARG_SRC_1, DNNL_ARG_DST}, {shape, shape, shape});
    }
    case Kind::sum_first:
    case Kind::sum_last: return sum(problem);
    case Kind::max_pool: return max_pool(problem);
    default: return {};
  }
}

}  // namespace

std::unique_ptr<Peer> onednn() { return std::make_unique<OneDnn>(); }

}  // namespace kiln::peers
