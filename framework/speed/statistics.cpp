// Order statistics, the two-level bootstrap and the rules of drift.
#include "speed/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "kiln/check.hpp"

namespace kiln::speed {
namespace {

void require_values(const char* what, std::span<const double> values) {
  KILN_REQUIRE(std::string(what) + " needs at least one value", values.size() > 0u);
  for (const double value : values) KILN_REQUIRE(std::string(what) + " needs finite values", std::isfinite(value));
}

/// Type 7 quantile; reorders `values`, which is not empty.
double quantile_in_place(std::vector<double>& values, double p) {
  const double position = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(position);
  const auto at = values.begin() + below;
  std::nth_element(values.begin(), at, values.end());
  const double fraction = position - static_cast<double>(below);
  // At p = 1, or an exact position, there is no neighbour to interpolate with.
  if (fraction == 0) return *at;
  return *at + fraction * (*std::min_element(at + 1, values.end()) - *at);
}

/// Uniform in [0, size). The standard's distributions differ from library to library; a multiply and a shift do not.
std::size_t draw(std::mt19937_64& engine, std::size_t size) {
  return static_cast<std::size_t>(((engine() >> 32) * static_cast<std::uint64_t>(size)) >> 32);
}

void resample(const Groups& groups, std::mt19937_64& engine, std::vector<double>& out) {
  out.clear();
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto& group = groups[draw(engine, groups.size())];
    for (std::size_t i = 0; i < group.size(); ++i) out.push_back(group[draw(engine, group.size())]);
  }
}

double reference_seconds(const Round& round, Clock clock) {
  return (seconds(round.reference[0], clock) + seconds(round.reference[1], clock)) / 2;
}

std::string lost_note(const Screened& screened, std::size_t rounds) {
  if (screened.lost_rounds == 0) return {};
  return "the reference's own time drifted: " + std::to_string(screened.lost_rounds) + " of " + std::to_string(rounds) +
         " rounds thrown away";
}

}  // namespace

double quantile(std::span<const double> values, double p) {
  require_values("a quantile", values);
  KILN_REQUIRE("a quantile's p must lie in [0, 1]", (p >= 0 && p <= 1));
  std::vector<double> copy(values.begin(), values.end());
  return quantile_in_place(copy, p);
}

double median(std::span<const double> values) {
  require_values("a median", values);
  return quantile(values, 0.5);
}

double median_absolute_deviation(std::span<const double> values) {
  const double middle = median(values);
  std::vector<double> deviations;
  for (const double value : values) deviations.push_back(std::abs(value - middle));
  return quantile_in_place(deviations, 0.5);
}

double geometric_mean(std::span<const double> values) {
  require_values("a geometric mean", values);
  double log_sum = 0;
  for (const double value : values) {
    KILN_REQUIRE("a geometric mean needs values above 0", value > 0);
    log_sum += std::log(value);
  }
  return std::exp(log_sum / static_cast<double>(values.size()));
}

Interval bootstrap_median(const Groups& groups, const BootstrapOptions& options) {
  KILN_REQUIRE("a bootstrap needs at least one resample", options.resamples >= 1);
  KILN_REQUIRE("a bootstrap's confidence must lie in (0, 1)", (options.confidence > 0 && options.confidence < 1));
  Groups filled;
  std::vector<double> pooled;
  for (const auto& group : groups) {
    if (group.empty()) continue;
    filled.push_back(group);
    pooled.insert(pooled.end(), group.begin(), group.end());
  }
  require_values("a bootstrap", pooled);

  std::mt19937_64 engine(options.seed);
  std::vector<double> medians, drawn;
  medians.reserve(static_cast<std::size_t>(options.resamples));
  for (int i = 0; i < options.resamples; ++i) {
    resample(filled, engine, drawn);
    medians.push_back(quantile_in_place(drawn, 0.5));
  }

  const double tail = (1 - options.confidence) / 2;
  const double middle = quantile_in_place(pooled, 0.5);
  // Uneven groups can pull every resampled median to one side of the pooled one; keep low <= median <= high.
  return {.median = middle,
          .low = std::min(middle, quantile_in_place(medians, tail)),
          .high = std::max(middle, quantile_in_place(medians, 1 - tail)),
          .confidence = options.confidence};
}

bool drifts_within(const Round& round, Clock clock) {
  const auto [less, more] = std::minmax({seconds(round.reference[0], clock), seconds(round.reference[1], clock)});
  return more > less * (1 + kRoundDrift);
}

bool drifts_between_halves(std::span<const Round> rounds, Clock clock) {
  const std::size_t half = rounds.size() / 2;
  if (half < kHalvesMinimum) return false;
  std::vector<double> first, second;
  for (const Round& round : rounds.first(half)) first.push_back(reference_seconds(round, clock));
  for (const Round& round : rounds.last(half)) second.push_back(reference_seconds(round, clock));

  const double before = median(first), after = median(second);
  const double change = std::abs(after - before);
  // The standard error of a median of n normal values is about 1.2533 sigma / sqrt(n); two of them are compared.
  const double sigma = kMadToSigma * std::hypot(median_absolute_deviation(first), median_absolute_deviation(second));
  const double error = 1.2533 * sigma / std::sqrt(static_cast<double>(half));
  return change > kHalvesDrift * std::min(before, after) && change > kHalvesSigmas * error;
}

Screened screen(const Samples& samples, Clock clock) {
  Screened result;
  for (const auto& rounds : samples.restarts()) {
    std::vector<Round> steady;
    for (const Round& round : rounds)
      if (!drifts_within(round, clock)) steady.push_back(round);
    if (drifts_between_halves(steady, clock)) {
      steady.clear();
      ++result.lost_restarts;
    }
    result.lost_rounds += rounds.size() - steady.size();
    if (steady.empty()) continue;
    result.kept.begin_restart();
    for (const Round& round : steady) result.kept.add(round);
  }

  const std::size_t total = samples.rounds();
  result.note = lost_note(result, total);
  const auto lost = static_cast<double>(result.lost_rounds);
  const bool plenty = result.kept.rounds() >= kSteadyRounds && result.kept.restarts().size() >= kMinimumRestarts;
  if (total == 0) {
    result.note = "no round was measured";
  } else if (lost > kLostShare * static_cast<double>(total) && !plenty) {
    result.note += "; the machine is too noisy, measure again when it is idle";
  } else {
    result.usable = true;
  }
  return result;
}

}  // namespace kiln::speed
