// Robust statistics of timings: order statistics, the bootstrap interval, drift.
// Pure functions: the same input and seed give the same numbers on every platform. Theory: Efron & Tibshirani, "An
// Introduction to the Bootstrap", 1993 (percentile interval); Kalibera & Jones, "Rigorous Benchmarking in Reasonable
// Time", ISMM 2013 (resample at the level of restarts first, because rounds of one restart are not independent).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "speed/samples.hpp"

namespace kiln::speed {

// Each of the next four wants at least one value, all finite; otherwise Error(invalid_argument).

/// Sample quantile, 0 <= p <= 1, by linear interpolation (type 7 of Hyndman & Fan, 1996).
double quantile(std::span<const double> values, double p);
double median(std::span<const double> values);
/// Median absolute deviation from the median, unscaled.
double median_absolute_deviation(std::span<const double> values);
/// Values must be above 0.
double geometric_mean(std::span<const double> values);

/// MAD times this estimates the standard deviation of normal noise.
inline constexpr double kMadToSigma = 1.4826;

struct Interval {
  double median = 0, low = 0, high = 0;  ///< low <= median <= high
  double confidence = 0;                 ///< 0.95 for a 95 % interval
};

struct BootstrapOptions {
  int resamples = 2000;
  double confidence = 0.95;
  std::uint64_t seed = 0x6b696c6e;
};

/// Percentile bootstrap interval of the median of all values: draws restarts with replacement, then values within
/// each drawn restart. One group: an ordinary bootstrap, which cannot see how restarts differ. With few groups
/// (r) the interval is at most the range of the groups, which holds the truth in 1 - 2^(1-r) of all cases: 75 % for
/// three restarts, 94 % for five, in the worst case that noise lies between the restarts only.
/// Error(invalid_argument) where there is no value or one is not finite, resamples < 1 or confidence is not in (0, 1).
Interval bootstrap_median(const Groups& groups, const BootstrapOptions& options = {});

// A round is thrown away where the reference's own two times in it disagree by more than this, as a share of the
// lesser.
inline constexpr double kRoundDrift = 0.10;
// A restart drifts where the reference's median moves by more than this between its halves...
inline constexpr double kHalvesDrift = 0.05;
// ...and by more than this many standard errors of that difference, so that plain noise is no drift.
inline constexpr double kHalvesSigmas = 4.0;
// Halves with fewer rounds than this are not compared.
inline constexpr std::size_t kHalvesMinimum = 4;
// A measurement that loses more than this share of its rounds is not worth a verdict...
inline constexpr double kLostShare = 0.5;
// ...unless this many steady rounds of several restarts are left: measuring longer makes up for a noisy machine.
inline constexpr std::size_t kSteadyRounds = 30;

/// Whether the reference's two times of this round disagree by more than kRoundDrift.
bool drifts_within(const Round& round, Clock clock);

/// Whether the reference slowed down or sped up between the halves of one restart, by the rule above.
bool drifts_between_halves(std::span<const Round> rounds, Clock clock);

/// What is left of a measurement once the rounds and restarts in which the reference drifted are thrown away.
struct Screened {
  Samples kept;
  std::size_t lost_rounds = 0;    ///< thrown away, by either rule
  std::size_t lost_restarts = 0;  ///< whole restarts thrown away because their halves disagree
  bool usable = false;            ///< false: measure again
  std::string note;               ///< why it is not usable, or what was thrown away; "" where nothing was
};
Screened screen(const Samples& samples, Clock clock);

}  // namespace kiln::speed
