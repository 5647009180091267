// What prefetching is worth: an epoch whose batches take as long to load as to use, both by busy work.
//   prefetch-bench [--batches N] [--milliseconds MS] [--rounds N] [--slots N] [--json FILE]
// Computing alone, the epoch with prefetch and the epoch without take turns, on the reference's kernels; each round
// gives the ratio of an epoch to computing alone. Without prefetch it is about 2; with it at most 1.2, or the exit
// status is 1. It needs two idle cores: what two threads lose by running at once, without any loader, is told beside.
#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "nn/data_loader.hpp"
#include "speed/statistics.hpp"

namespace {

using namespace kiln;
using Clock = std::chrono::steady_clock;

constexpr double kMostRatio = 1.2;

struct Call {
  std::int64_t batches = 50, slots = 2;
  double milliseconds = 2;
  int rounds = 11;
  std::string json;
};

/// A chain of steps that each wait for the one before, in registers alone: as long on every core.
/// It begins with what the compiler cannot know: calls with equal arguments must not become one.
volatile std::uint64_t seed = 88172645463325252u;
std::uint64_t work(std::int64_t steps) {
  std::uint64_t x = seed;
  for (std::int64_t i = 0; i < steps; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

volatile std::uint64_t sink;

template <class Body>
double seconds_of(Body body) {
  const auto start = Clock::now();
  body();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// How many steps take `seconds`, by the median of several tries.
std::int64_t calibrated(double seconds) {
  constexpr std::int64_t kTried = 1'000'000;
  std::vector<double> tries;
  for (int i = 0; i < 41; ++i) tries.push_back(seconds_of([] { sink = work(kTried); }));
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(seconds / speed::median(tries) * kTried));
}

/// One example a batch, each as much work as is said.
class Slow final : public nn::Source {
 public:
  Slow(std::int64_t size, std::int64_t steps) : size_(size), steps_(steps) {}

  std::int64_t size() const override { return size_; }
  Shape example_shape() const override { return {1, 8, 8}; }
  void load(std::span<const std::int64_t> numbers, View images, std::span<std::int32_t> labels) const override {
    std::fill_n(images.data, images.size(), static_cast<float>(work(steps_) & 1));
    labels[0] = static_cast<std::int32_t>(numbers[0]);
  }

 private:
  std::int64_t size_, steps_;
};

class Bench {
 public:
  Bench(const Call& call, std::int64_t steps)
      : steps_(steps),
        batches_(call.batches),
        source_(std::make_shared<Slow>(call.batches, steps)),
        ahead_(source_, {.batch_size = 1, .prefetch = call.slots}),
        plain_(source_, {.batch_size = 1, .prefetch = 0}) {}

  double alone() const {
    return seconds_of([&] { compute_all(); });
  }
  double ahead() const { return epoch(ahead_); }
  double plain() const { return epoch(plain_); }
  /// As much work on two threads at once: no loader can beat it.
  double at_once() const {
    return seconds_of([&] {
      std::thread other([&] { compute_all(); });
      compute_all();
      other.join();
    });
  }

 private:
  void compute_all() const {
    for (std::int64_t i = 0; i < batches_; ++i) sink = work(steps_);
  }
  double epoch(const nn::DataLoader& loader) const {
    return seconds_of([&] {
      auto batches = loader.epoch(0);
      while (const nn::Batch* batch = batches.next())
        sink = work(steps_) + static_cast<std::uint64_t>(batch->images.flat()[0]);
    });
  }

  std::int64_t steps_, batches_;
  std::shared_ptr<const nn::Source> source_;
  nn::DataLoader ahead_, plain_;
};

struct Ratios {
  std::vector<double> ahead, plain, at_once;
};

/// Forwards and backwards in turn, so that a drift of the machine acts on all alike.
Ratios measure(const Bench& bench, int rounds) {
  Ratios ratios;
  for (int round = 0; round < rounds; ++round) {
    double alone = 0, ahead = 0, plain = 0, at_once = 0;
    for (int place = 0; place < 4; ++place) switch (round % 2 == 0 ? place : 3 - place) {
        case 0: alone = bench.alone(); break;
        case 1: ahead = bench.ahead(); break;
        case 2: at_once = bench.at_once(); break;
        default: plain = bench.plain();
      }
    ratios.ahead.push_back(ahead / alone);
    ratios.plain.push_back(plain / alone);
    ratios.at_once.push_back(at_once / alone);
  }
  return ratios;
}

nlohmann::json tell(const char* words, const std::vector<double>& ratios) {
  const double middle = speed::median(ratios), low = speed::quantile(ratios, 0.25),
               high = speed::quantile(ratios, 0.75);
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  std::printf("%-34s %6.3f %8.3f to %.3f %8.3f to %.3f\n", words, middle, low, high, *least, *most);
  return {{"median", middle}, {"quartiles", {low, high}}, {"range", {*least, *most}}, {"rounds", ratios}};
}

int run(const Call& call) {
  const std::int64_t steps = calibrated(call.milliseconds / 1000);
  const Bench bench(call, steps);
  bench.ahead();
  const Ratios ratios = measure(bench, call.rounds);
  std::printf("%lld batches, %.3g ms to load and to use each, %lld slots, %d rounds; ratios to computing alone\n",
              static_cast<long long>(call.batches), call.milliseconds, static_cast<long long>(call.slots), call.rounds);
  std::printf("%-34s median        quartiles             range\n", "");
  nlohmann::json json{
      {"batches", call.batches}, {"milliseconds", call.milliseconds}, {"slots", call.slots}, {"most", kMostRatio}};
  json["without_prefetch"] = tell("epoch without prefetch", ratios.plain);
  json["with_prefetch"] = tell("epoch with prefetch", ratios.ahead);
  json["two_threads"] = tell("two threads at once, no loader", ratios.at_once);
  const bool well = speed::median(ratios.ahead) <= kMostRatio;
  json["within"] = well;
  std::printf("with prefetch %.3f, at most %.1f is asked: %s\n", speed::median(ratios.ahead), kMostRatio,
              well ? "reached" : "missed");
  if (!well && speed::median(ratios.at_once) > kMostRatio)
    std::printf("two threads alone take longer than that: are two cores idle?\n");
  if (!call.json.empty() && !(std::ofstream(call.json) << json.dump(2) << '\n').flush()) {
    std::fprintf(stderr, "%s cannot be written\n", call.json.c_str());
    return 2;
  }
  return well ? 0 : 1;
}

int processors() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli{"What prefetching is worth, where loading a batch takes as long as using it."};
  Call call;
  cli.add_option("--batches", call.batches, "an epoch's")->check(CLI::Range(2, 100'000));
  cli.add_option("--milliseconds", call.milliseconds, "to load a batch, and to use it")->check(CLI::Range(0.01, 1e4));
  cli.add_option("--rounds", call.rounds)->check(CLI::Range(1, 10'000));
  cli.add_option("--slots", call.slots, "of the ring")->check(CLI::Range(1, 1000));
  cli.add_option("--json", call.json, "write the result to this file too");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2;
  }
  if (processors() < 2) {
    std::fprintf(stderr, "prefetch-bench: this process may run on one processor only, and two threads need two\n");
    return 3;
  }
  try {
    return run(call);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
}
