// Rungs of one thread are timed by the CPU time of this process, so that other processes count little, and a library
// that starts threads of its own all the same gains nothing by them; rungs of several threads by the wall clock.
#include "journey/measure.hpp"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kiln/backend.hpp"
#include "kiln/parallel.hpp"
#include "kiln/random.hpp"
#include "kiln/tensor.hpp"

namespace kiln::journey {
namespace {

constexpr std::int64_t kMostSets = 16, kSetFloats = 8 << 20;  // inputs kept at a time
constexpr double kLong = 0.3;                                 // seconds: of such calls fewer are made
constexpr int kLongRounds = 2;

double now(int threads) {
  timespec time{};
  clock_gettime(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::vector<ConstView> views(const std::vector<Tensor>& tensors) { return {tensors.begin(), tensors.end()}; }

/// The inputs of a problem, and what comes out of the first set, with how far an element may be off.
class Bench {
 public:
  Bench(const Ladder& ladder, const Problem& problem, std::uint64_t seed)
      : problem_(problem), expected_(problem.output), magnitude_(problem.output), out_(problem.output) {
    Random random(seed);
    std::int64_t floats = 1;
    for (const Shape& shape : problem.inputs) floats += shape.elements();
    const std::int64_t sets = std::clamp<std::int64_t>(kSetFloats / floats, 2, kMostSets);
    for (std::int64_t i = 0; i < sets; ++i) {
      std::vector<Tensor> set;
      for (const Shape& shape : problem.inputs) set.push_back(Tensor::uniform(shape, random, -1, 1));
      sets_.push_back(std::move(set));
    }
    // |error| <= terms eps sum |terms|, of this result and the rung's together.
    std::vector<Tensor> absolute = sets_[0];
    for (Tensor& tensor : absolute)
      for (float& value : tensor.flat()) value = std::abs(value);
    ladder.reference(views(sets_[0]), expected_);
    ladder.reference(views(absolute), magnitude_);
    for (const std::vector<Tensor>& set : sets_) views_.push_back(views(set));
  }

  /// Seconds of a call: `calls` of them, the last one on the first set.
  double time(const Rung& rung, std::int64_t calls) {
    const auto sets = static_cast<std::int64_t>(views_.size());
    const double begin = now(rung.threads);
    for (std::int64_t left = calls; left-- > 0;) rung.work(views_[static_cast<std::size_t>(left % sets)], out_);
    return (now(rung.threads) - begin) / static_cast<double>(calls);
  }

  void spoil() { std::ranges::fill(out_.flat(), std::numeric_limits<float>::quiet_NaN()); }

  /// What is wrong with the output of the first set; "" where nothing is.
  std::string wrong() const {
    const std::span<const float> got = out_.flat(), expected = expected_.flat(), magnitude = magnitude_.flat();
    const double factor = (problem_.terms + 1) * std::numeric_limits<float>::epsilon();
    for (std::size_t i = 0; i < got.size(); ++i)
      if (!(std::abs(static_cast<double>(got[i]) - expected[i]) <= factor * magnitude[i]))
        return fmt::format("element {}: expected {} +- {:.2g}, got {}", i, expected[i], factor * magnitude[i], got[i]);
    return "";
  }

 private:
  const Problem& problem_;
  std::vector<std::vector<Tensor>> sets_;
  std::vector<std::vector<ConstView>> views_;
  Tensor expected_, magnitude_, out_;
};

/// A rung on its way through the rounds.
struct Runner {
  const Rung* rung;
  Result* result;
  std::int64_t calls = 1;
  int rounds = 0;
  std::vector<double> seconds;

  /// Its backend is the chosen one, and its threads are there.
  void take_over() const {
    set_backend(rung->backend);
    if (thread_count() != rung->threads) set_thread_count(rung->threads);
  }
};

/// Calls it once to verify it and once to see how long it takes; false where it is not to be timed.
bool prepare(Runner& runner, Bench& bench, const MeasureOptions& options) {
  runner.take_over();
  bench.spoil();
  try {
    bench.time(*runner.rung, 1);
    runner.result->wrong = bench.wrong();
    if (!runner.result->wrong.empty()) return false;
    const double call = std::max(bench.time(*runner.rung, 1), 1e-9);
    runner.calls = std::clamp<std::int64_t>(static_cast<std::int64_t>(options.round_seconds / call), 1, 1'000'000);
    runner.rounds = call > kLong ? std::min(kLongRounds, options.rounds) : options.rounds;
  } catch (const std::exception& error) {
    runner.result->wrong = error.what();
    return false;
  }
  return true;
}

void run_round(Runner& runner, Bench& bench) {
  runner.take_over();
  // The call before the timed ones finds caches and threads as they are between calls of this rung.
  if (runner.calls > 1 || runner.rung->threads > 1) bench.time(*runner.rung, 1);
  runner.seconds.push_back(bench.time(*runner.rung, runner.calls));
  runner.result->wrong = bench.wrong();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t n = values.size();
  return n == 0 ? 0 : n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

}  // namespace

Measured measure(const Ladder& ladder, const Problem& problem, const std::vector<double>& expected,
                 const MeasureOptions& options) {
  Measured measured{problem, std::vector<Result>(ladder.rungs.size())};
  Bench bench(ladder, problem, options.seed);
  std::vector<Runner> runners;
  for (std::size_t i = 0; i < ladder.rungs.size() && !options.stop(); ++i) {
    Runner runner{&ladder.rungs[i], &measured.results[i], 1, 0, {}};
    if (!runner.rung->work)
      runner.result->skipped = runner.rung->missing;
    else if (expected[i] > options.limit_seconds)
      runner.result->skipped = fmt::format("a call would take about {:.0f} s", std::ceil(expected[i]));
    else if (prepare(runner, bench, options))
      runners.push_back(runner);
  }
  for (int round = 0; round < options.rounds && !options.stop(); ++round) {
    for (std::size_t i = 0; i < runners.size() && !options.stop(); ++i) {
      Runner& runner = runners[(i + static_cast<std::size_t>(round)) % runners.size()];
      if (round < runner.rounds && runner.result->wrong.empty()) run_round(runner, bench);
    }
  }
  for (Runner& runner : runners) {
    runner.result->rounds = static_cast<int>(runner.seconds.size());
    if (runner.result->wrong.empty()) runner.result->seconds = median(std::move(runner.seconds));
  }
  return measured;
}

std::vector<double> expected_seconds(const std::vector<Measured>& before, const Problem& problem, std::size_t rungs) {
  std::vector<double> seconds(rungs, 0), largest(rungs, 0);
  for (const Measured& measured : before)
    for (std::size_t i = 0; i < rungs; ++i) {
      const Result& result = measured.results[i];
      if (result.seconds <= 0 || measured.problem.flops < largest[i]) continue;
      largest[i] = measured.problem.flops;
      seconds[i] = result.seconds * problem.flops / measured.problem.flops;
    }
  return seconds;
}

}  // namespace kiln::journey
