// Collecting paired timings and reading them by clock and by restart.
#include "speed/samples.hpp"

#include <cmath>
#include <string>

#include "kiln/check.hpp"
#include "speed/statistics.hpp"

namespace kiln::speed {
namespace {

void require_time(const char* side, const char* clock, double value) {
  KILN_REQUIRE(
      std::string("a round's ") + side + ' ' + clock + " time must be finite and above 0 seconds; measure again",
      (std::isfinite(value) && value > 0));
}

void require_timing(const char* side, const Timing& timing) {
  require_time(side, "CPU", timing.cpu_seconds);
  require_time(side, "wall", timing.wall_seconds);
}

/// One value a timing of one side, over all restarts.
template <class Value>
std::vector<double> collect(const std::vector<std::vector<Round>>& restarts, std::array<Timing, 2> Round::*side,
                            Value value) {
  std::vector<double> values;
  for (const auto& rounds : restarts)
    for (const Round& round : rounds)
      for (const Timing& timing : round.*side) values.push_back(value(timing));
  return values;
}

}  // namespace

double seconds(const Timing& timing, Clock clock) {
  return clock == Clock::cpu ? timing.cpu_seconds : timing.wall_seconds;
}

double ratio(const Round& round, Clock clock) {
  const double reference = seconds(round.reference[0], clock) + seconds(round.reference[1], clock);
  const double student = seconds(round.student[0], clock) + seconds(round.student[1], clock);
  return reference / student;
}

void Samples::begin_restart() { restarts_.emplace_back(); }

void Samples::add(const Round& round) {
  KILN_REQUIRE("a round belongs to a restart; call begin_restart() first", !restarts_.empty());
  for (const Timing& timing : round.reference) require_timing("reference", timing);
  for (const Timing& timing : round.student) require_timing("student", timing);
  restarts_.back().push_back(round);
}

std::size_t Samples::rounds() const {
  std::size_t count = 0;
  for (const auto& rounds : restarts_) count += rounds.size();
  return count;
}

Groups Samples::ratios(Clock clock) const {
  Groups groups;
  for (const auto& rounds : restarts_) {
    if (rounds.empty()) continue;
    auto& group = groups.emplace_back();
    for (const Round& round : rounds) group.push_back(ratio(round, clock));
  }
  return groups;
}

std::vector<double> Samples::pooled_ratios(Clock clock) const {
  std::vector<double> values;
  for (const auto& group : ratios(clock)) values.insert(values.end(), group.begin(), group.end());
  return values;
}

double Samples::reference_seconds(Clock clock) const {
  return median(collect(restarts_, &Round::reference, [&](const Timing& timing) { return seconds(timing, clock); }));
}

double Samples::student_seconds(Clock clock) const {
  return median(collect(restarts_, &Round::student, [&](const Timing& timing) { return seconds(timing, clock); }));
}

double Samples::student_wall_over_cpu() const {
  return median(collect(restarts_, &Round::student,
                        [](const Timing& timing) { return timing.wall_seconds / timing.cpu_seconds; }));
}

}  // namespace kiln::speed
