// What is measured, and what every contestant is to tools/peers: a library, or one of Kiln's backends.
// Peers see plain arrays and the standard library only, so that none depends on another's headers: each is one source
// file, and one that is not installed leaves its column empty.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kiln::peers {

using Extents = std::vector<std::int64_t>;

enum class Kind {
  sgemm,       ///< in: (m, k), (k, n); out: (m, n)
  conv2d,      ///< in: images (n, c, h, w), weight (o, c, k, k), stride 1, no bias; out: (n, o, h', w')
  softmax,     ///< over the rows of (rows, features), as the others down to sum_last
  layer_norm,  ///< in: also weight and bias (features); epsilon is kEpsilon
  gelu,        ///< by erf
  gelu_tanh,   ///< by tanh
  tanh,
  relu,
  add,        ///< in: two of a shape
  sum_first,  ///< over the rows: out is (features)
  sum_last,   ///< over the features: out is (rows)
  max_pool,   ///< windows of 2 by 2 side by side; `winners` as kiln's max_pool2d has them
  mlp,        ///< a step of training, images (batch, 784) and labels: see parameter_shapes
  cnn,        ///< the same, images (batch, 1, 28, 28)
};

inline constexpr float kEpsilon = 1e-5f;      ///< of layer_norm
inline constexpr float kSgdRate = 0.01f;      ///< of the mlp's step: plain SGD
inline constexpr float kAdamRate = 0.001f;    ///< of the cnn's step: Adam, all else as in its paper
inline constexpr std::int64_t kClasses = 10;  ///< of the networks

inline bool is_network(Kind kind) { return kind == Kind::mlp || kind == Kind::cnn; }

struct Problem {
  std::string name;  ///< "sgemm/512"
  Kind kind = Kind::sgemm;
  std::vector<Extents> in;
  Extents out;
  std::int64_t padding = 0;  ///< of conv2d, on each side
  float low = -1, high = 1;  ///< inputs are uniform between
  double flops = 0;          ///< of a call, by the definition: no trick makes it less; 0 where few matter
  double bytes = 0;          ///< of a call at least: every operand moved once
  /// Of a network: weight and bias of each layer with where a step of training begins.
  std::vector<Extents> parameter_shapes;
  std::vector<std::vector<float>> parameters;
};

/// One set of arguments. Pointers of one set stay the same as long as the problem is measured; contents change.
struct Operands {
  int set = 0;  ///< which one, from 0
  std::vector<const float*> in;
  const std::int32_t* labels = nullptr;  ///< of a network
  float* out = nullptr;                  ///< a network writes its loss there
  std::int64_t* winners = nullptr;       ///< of max_pool; a contestant may leave them alone
};

struct Entrant {
  std::function<void(const Operands&)> run;  ///< what is timed; empty: the contestant has no such kernel
  /// Where run() keeps its result in memory of its own: puts it into `out`. Not timed.
  std::function<void(const Operands&)> collect;
};

class Peer {
 public:
  virtual ~Peer() = default;
  virtual std::string name() const = 0;
  /// Version, instruction set, what it stands on: whatever a reader of its figures should know.
  virtual std::string description() const { return ""; }
  /// One of Kiln's own.
  virtual bool ours() const { return false; }
  /// Before every turn: as many threads, and whatever else the contestant shares with others.
  virtual void enter(int threads) = 0;
  /// After enter(). A network begins anew from problem.parameters each time. The problem outlives the entrant.
  virtual Entrant prepare(const Problem& problem) = 0;
};

std::vector<std::unique_ptr<Peer>> kiln_backends(bool variants);  // backends.cpp
std::unique_ptr<Peer> openblas();                                 // openblas.cpp, and so on; each where it is installed
std::unique_ptr<Peer> onednn();
std::unique_ptr<Peer> eigen();
std::unique_ptr<Peer> libtorch();

}  // namespace kiln::peers
