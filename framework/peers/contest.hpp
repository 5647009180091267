// One case, all contestants: checked once, then timed in turns. A round is A B C C B A with fresh operands for each
// half, so that a drift of the machine acts on all alike; what is compared are the times of one round (as in
// speed/samples.hpp), what is told is the median of these ratios with its bootstrap interval.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "peers/peer.hpp"
#include "speed/statistics.hpp"

namespace kiln::peers {

struct ContestOptions {
  int threads = 1;     ///< 1: timed by the process's CPU time; more: by wall time
  double seconds = 2;  ///< of rounds; slow contestants take longer, since each has a few rounds at least
  std::uint64_t seed = 1;
  std::string spoil;                  ///< a contestant whose answer is falsified before it is checked; for tests
  std::function<bool()> stopped;      ///< asked between turns: true ends the contest with what there is
  std::function<void(int)> on_round;  ///< called after each, with how many there were
};

enum class Status {
  timed,
  wrong,     ///< its answer is not the problem's: not timed
  failed,    ///< it threw
  left_out,  ///< too slow to be of interest
};
std::string to_string(Status status);

struct Standing {
  std::string name;
  bool ours = false;
  Status status = Status::timed;
  std::string note;                     ///< what was wrong, or why it was left out
  std::vector<double> seconds;          ///< of a call, one a round; negative where it sat out
  std::optional<speed::Interval> call;  ///< of these; none where there are none
};

/// How many times as fast `ours` is as `other`: other's time over ours'.
struct Pair {
  std::string ours, other;
  speed::Interval ratio;
  std::size_t rounds = 0;
};

struct Result {
  std::string name;
  Kind kind = Kind::sgemm;
  int threads = 1;
  double flops = 0, bytes = 0;  ///< of a call
  int rounds = 0;
  bool complete = true;             ///< false: stopped early
  double others = 0;                ///< processors that other processes used meanwhile, on average
  std::vector<Standing> standings;  ///< of those who have such a kernel, in the order of `peers`
  std::vector<Pair> pairs;          ///< each of ours against every other

  const Standing* standing(const std::string& who) const;
  const Pair* pair(const std::string& ours, const std::string& other) const;
};

Result contest(const Problem& problem, const std::vector<std::unique_ptr<Peer>>& peers, const ContestOptions& options);

}  // namespace kiln::peers
