// Eigen: products and what goes element by element, compiled for the machine that compiles it.
#include <Eigen/Core>

#include "peers/peer.hpp"

namespace kiln::peers {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using In = Eigen::Map<const Matrix>;
using Out = Eigen::Map<Matrix>;

class EigenPeer final : public Peer {
 public:
  std::string name() const override { return "eigen"; }
  std::string description() const override {
    return std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
           std::to_string(EIGEN_MINOR_VERSION) + ", " + Eigen::SimdInstructionSetsInUse();
  }
  void enter(int threads) override { Eigen::setNbThreads(threads); }

  Entrant prepare(const Problem& problem) override {
    const Eigen::Index rows = problem.in[0][0], columns = problem.in[0].back();
    switch (problem.kind) {
      case Kind::sgemm:
        return {[=, n = problem.out[1]](const Operands& on) {
                  Out(on.out, rows, n).noalias() = In(on.in[0], rows, columns) * In(on.in[1], columns, n);
                },
                {}};
      case Kind::tanh:
        return {[=](const Operands& on) {
                  Out(on.out, rows, columns).array() = In(on.in[0], rows, columns).array().tanh();
                },
                {}};
      case Kind::relu:
        return {[=](const Operands& on) { Out(on.out, rows, columns) = In(on.in[0], rows, columns).cwiseMax(0.0f); },
                {}};
      case Kind::add:
        return {[=](const Operands& on) {
                  Out(on.out, rows, columns) = In(on.in[0], rows, columns) + In(on.in[1], rows, columns);
                },
                {}};
      case Kind::sum_first:
        return {[=](const Operands& on) { Out(on.out, 1, columns) = In(on.in[0], rows, columns).colwise().sum(); }, {}};
      case Kind::sum_last:
        return {[=](const Operands& on) { Out(on.out, rows, 1) = In(on.in[0], rows, columns).rowwise().sum(); }, {}};
      default: return {};
    }
  }
};

}  // namespace

std::unique_ptr<Peer> eigen() { return std::make_unique<EigenPeer>(); }

}  // namespace kiln::peers
