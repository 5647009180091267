// The table of promises, and its only reader.
#include "peers/promises.hpp"

#include <algorithm>
#include <regex>

namespace kiln::peers {
namespace {

constexpr const char* kPromising = "optimized";

struct Promise {
  const char* cases;               ///< a regular expression for the whole name
  std::vector<std::string> peers;  ///< the best of these counts; empty: the FMA roof
  double at_least;
};

const std::vector<Promise>& promises() {
  static const std::vector<Promise> kPromises{
      {"sgemm/(255|256|257|512|1000|1024|2048)", {"openblas", "onednn"}, 0.95},
      {"sgemm/(512|1000|1024|2048)", {}, 0.90},
      {"conv2d/32x64x56x56-64", {"libtorch"}, 1.3},
      {"conv2d/(64x1x28x28-16|32x16x14x14-32)", {"libtorch"}, 1.0},
      {"(softmax|layer_norm|gelu|gelu_tanh)/.*", {"libtorch"}, 1.2},
      {"(add|relu|sum_first|sum_last)/.*", {"libtorch"}, 1.0},
      {"max_pool/.*", {"libtorch"}, 10},
      {"train/.*", {"libtorch"}, 1.0},
  };
  return kPromises;
}

/// Against the best of several peers: the least of the ratios. One that is missing leaves the promise open.
std::optional<double> against_peers(const Result& result, const std::vector<std::string>& peers) {
  std::optional<double> least;
  for (const std::string& peer : peers) {
    const Pair* pair = result.pair(kPromising, peer);
    if (pair == nullptr) return std::nullopt;
    least = std::min(least.value_or(pair->ratio.median), pair->ratio.median);
  }
  return least;
}

std::optional<double> against_roof(const Result& result, const std::vector<speed::Roofs>& roofs) {
  const Standing* standing = result.standing(kPromising);
  const auto roof = std::ranges::find(roofs, result.threads, &speed::Roofs::threads);
  if (standing == nullptr || !standing->call || roof == roofs.end()) return std::nullopt;
  return result.flops / standing->call->median / roof->flops;
}

std::string words(const std::vector<std::string>& peers) {
  if (peers.empty()) return "the FMA roof";
  if (peers.size() == 1) return peers[0];
  return "the better of " + peers[0] + " and " + peers[1];
}

}  // namespace

std::vector<Verdict> verdicts(const std::vector<Result>& results, const std::vector<speed::Roofs>& roofs) {
  std::vector<Verdict> all;
  for (const Promise& promise : promises())
    for (const Result& result : results) {
      if (result.threads != 1 || !std::regex_match(result.name, std::regex(promise.cases))) continue;
      Verdict verdict{.name = result.name, .against = words(promise.peers), .at_least = promise.at_least};
      verdict.measured = promise.peers.empty() ? against_roof(result, roofs) : against_peers(result, promise.peers);
      verdict.holds = verdict.measured && *verdict.measured >= promise.at_least;
      all.push_back(std::move(verdict));
    }
  return all;
}

}  // namespace kiln::peers
