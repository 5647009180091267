// OpenBLAS: products.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"  // its header uses C's _Complex
#include <cblas.h>
#pragma GCC diagnostic pop

#include "peers/peer.hpp"

namespace kiln::peers {
namespace {

class OpenBlas final : public Peer {
 public:
  std::string name() const override { return "openblas"; }
  std::string description() const override {
    return std::string(openblas_get_config()) + ", kernels for " + openblas_get_corename();
  }
  void enter(int threads) override { openblas_set_num_threads(threads); }

  Entrant prepare(const Problem& problem) override {
    if (problem.kind != Kind::sgemm) return {};
    const auto m = static_cast<int>(problem.out[0]), n = static_cast<int>(problem.out[1]);
    const auto k = static_cast<int>(problem.in[0][1]);
    return {[=](const Operands& on) {
              cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, on.in[0], k, on.in[1], n, 0, on.out,
                          n);
            },
            {}};
  }
};

}  // namespace

std::unique_ptr<Peer> openblas() { return std::make_unique<OpenBlas>(); }

}  // namespace kiln::peers
