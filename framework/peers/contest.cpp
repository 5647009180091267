// Checking, turns and rounds.
#include "peers/contest.hpp"

#include <algorithm>
#include <cmath>

#include "peers/oracle.hpp"
#include "peers/pool.hpp"
#include "peers/problems.hpp"
#include "peers/stopwatch.hpp"

namespace kiln::peers {
namespace {

// A slow contestant has no more than the least.
constexpr int kLeastRounds = 5, kMostRounds = 400;
// Slow is who takes so many times as long as the contestant in the middle.
constexpr double kSlow = 8;
// A sample is so long at least, or the clock's own cost shows.
constexpr double kSample = 300e-6;
// Longer calls are no faster for a call before them that nobody times.
constexpr double kWarmedUp = 20e-3;
// A virtual machine's sleeping core takes about half of a millisecond to wake: calls go on for so long before several
// threads are timed.
constexpr double kAwake = 3e-3;
// The naive loops are no news where a call takes longer than this; kNaiveFlops is about as much without trying.
constexpr double kNaiveSeconds = 1, kNaiveFlops = 5e8;
// Losses of one network in float32, after steps on the same batch, agree so far.
constexpr int kSteps = 5;
constexpr double kLossTolerance = 1e-4;

struct Contestant {
  Peer* peer;
  Entrant entrant;
  Standing standing;
  double estimate = 0;  ///< seconds of a call
  bool slow = false;    ///< it has a few rounds, beside the time of the others
  double spent = 0;     ///< wall seconds of its turns
  int rounds = 0;
  double round_seconds = 0;
};

class Contest {
 public:
  Contest(const Problem& problem, const std::vector<std::unique_ptr<Peer>>& peers, const ContestOptions& options)
      : problem_(problem), options_(options), pool_(problem) {
    for (const auto& peer : peers) {
      peer->enter(options.threads);
      Contestant contestant{.peer = peer.get(), .entrant = {}, .standing = {}};
      contestant.standing.name = peer->name();
      contestant.standing.ours = peer->ours();
      guarded(contestant, [&] { contestant.entrant = peer->prepare(problem); });
      if (contestant.entrant.run || contestant.standing.status != Status::timed)
        contestants_.push_back(std::move(contestant));
    }
  }

  Result run() {
    check();
    mark_slow();
    const bool anyone = std::ranges::any_of(contestants_, [](const auto& each) { return timed(each); });
    while (anyone && !stopped() && rounds_ < kMostRounds && (rounds_ < kLeastRounds || spent_ < options_.seconds)) {
      if (!round()) break;
      if (options_.on_round) options_.on_round(rounds_);
    }
    return result();
  }

 private:
  static bool timed(const Contestant& contestant) { return contestant.standing.status == Status::timed; }
  /// The process's CPU time, not the thread's: what a library did on a thread of its own would not be counted there.
  clockid_t clock() const { return options_.threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC; }
  bool stopped() const { return options_.stopped && options_.stopped(); }

  /// What a contestant throws is its own result.
  template <class Body>
  static void guarded(Contestant& contestant, Body body) {
    try {
      body();
    } catch (const std::exception& error) {
      contestant.standing.status = Status::failed;
      contestant.standing.note = error.what();
    }
  }
  static void dismiss(Contestant& contestant, Status status, std::string note) {
    contestant.standing.status = status;
    contestant.standing.note = std::move(note);
  }

  void check();
  void check_kernel(Contestant& contestant, const Truth& truth);
  void check_network(Contestant& contestant, std::vector<double>& losses);
  void estimate(Contestant& contestant);

  void mark_slow();
  static bool takes_part(const Contestant& contestant) {
    return timed(contestant) && (!contestant.slow || contestant.rounds < kLeastRounds);
  }
  double turn(Contestant& contestant);
  void settle(const std::vector<Contestant*>& present);
  bool round();
  Result result();

  const Problem& problem_;
  const ContestOptions& options_;
  Pool pool_;
  Others others_;
  std::vector<Contestant> contestants_;
  int rounds_ = 0;
  double spent_ = 0;  ///< seconds of rounds, turns of slow contestants not counted
};

void Contest::check() {
  pool_.refill(options_.seed);
  const Truth expected = is_network(problem_.kind) ? Truth{} : truth(problem_, pool_[0]);
  std::vector<double> losses;
  // The clear kernels' losses are what the others' are held to.
  std::vector<Contestant*> order;
  for (Contestant& each : contestants_) order.push_back(&each);
  std::stable_partition(order.begin(), order.end(),
                        [](const Contestant* each) { return each->standing.name == "reference"; });
  for (Contestant* each : order) {
    if (stopped()) return;
    if (!timed(*each)) continue;
    if (each->standing.name == "naive" && problem_.flops > kNaiveFlops) {
      dismiss(*each, Status::left_out, "a call takes about a second or more");
      continue;
    }
    each->peer->enter(options_.threads);
    guarded(*each, [&] {
      if (is_network(problem_.kind)) {
        check_network(*each, losses);
      } else {
        check_kernel(*each, expected);
      }
      if (timed(*each)) estimate(*each);
    });
  }
}

void Contest::check_kernel(Contestant& contestant, const Truth& truth) {
  const Operands& on = pool_[0];
  std::fill_n(on.out, elements(problem_.out), std::nanf(""));
  if (on.winners != nullptr) std::fill_n(on.winners, elements(problem_.out), -1);
  contestant.entrant.run(on);
  if (contestant.entrant.collect) contestant.entrant.collect(on);
  if (contestant.standing.name == options_.spoil) on.out[elements(problem_.out) - 1] += 1;
  const std::string wrong = disagreement(problem_, truth, on);
  if (!wrong.empty()) dismiss(contestant, Status::wrong, wrong);
}

void Contest::check_network(Contestant& contestant, std::vector<double>& losses) {
  const Operands& on = pool_[0];
  std::vector<double> own;
  for (int step = 0; step < kSteps; ++step) {
    contestant.entrant.run(on);
    own.push_back(on.out[0]);
  }
  if (contestant.standing.name == options_.spoil) own.back() *= 1.01;
  if (losses.empty()) losses = own;
  for (std::size_t step = 0; step < own.size(); ++step)
    if (!(std::abs(own[step] - losses[step]) <= kLossTolerance * std::abs(losses[step]))) {
      dismiss(contestant, Status::wrong,
              "the loss of step " + std::to_string(step + 1) + " is " + std::to_string(own[step]) +
                  ", and that of the reference " + std::to_string(losses[step]));
      return;
    }
}

void Contest::estimate(Contestant& contestant) {
  contestant.estimate = 1e9;
  // The first call may build what later ones use.
  for (int i = 0; i < 3; ++i) {
    const double start = now(clock());
    contestant.entrant.run(pool_[0]);
    contestant.estimate = std::min(contestant.estimate, now(clock()) - start);
    if (contestant.estimate > kWarmedUp) break;
  }
  if (contestant.standing.name == "naive" && contestant.estimate > kNaiveSeconds)
    dismiss(contestant, Status::left_out, "a call takes more than a second");
}

void Contest::mark_slow() {
  std::vector<double> estimates;
  for (const Contestant& each : contestants_)
    if (timed(each)) estimates.push_back(each.estimate);
  if (estimates.empty()) return;
  const double middle = speed::quantile(estimates, 0.5);
  for (Contestant& each : contestants_) each.slow = each.estimate > kSlow * middle;
}

/// Seconds of a call.
double Contest::turn(Contestant& contestant) {
  const double begin = now(CLOCK_MONOTONIC);
  contestant.peer->enter(options_.threads);
  const int sets = pool_.sets() - 1;  // the last one is for warming up
  const int calls = std::max(1, static_cast<int>(std::ceil(kSample / std::max(contestant.estimate, 1e-9))));
  if (options_.threads > 1) rest();
  pool_.touch();
  const double awake = now(CLOCK_MONOTONIC) + (options_.threads > 1 ? kAwake : 0);
  if (contestant.estimate < kWarmedUp) {
    do contestant.entrant.run(pool_[sets]);
    while (now(CLOCK_MONOTONIC) < awake);
  }

  const double start = now(clock());
  for (int call = 0; call < calls; ++call) contestant.entrant.run(pool_[call % sets]);
  const double taken = now(clock()) - start;
  contestant.spent += now(CLOCK_MONOTONIC) - begin;
  return taken / calls;
}

/// Whoever is first after the operands were filled finds the caches full of what has yet to be written to memory, which
/// costs some per cent of a call that is bound by it: a turn that counts for nobody comes before.
void Contest::settle(const std::vector<Contestant*>& present) {
  const auto quick = std::ranges::find_if(present, [](const Contestant* each) { return !each->slow; });
  if (quick == present.end() || stopped()) return;
  guarded(**quick, [&] { turn(**quick); });
}

/// False where it was stopped, or nobody took part: the round does not count.
bool Contest::round() {
  std::vector<Contestant*> present;
  for (Contestant& each : contestants_)
    if (takes_part(each)) present.push_back(&each);
  if (present.empty()) return false;
  const double begin = now(CLOCK_MONOTONIC);
  double slow_spent = 0;
  for (Contestant* each : present) each->round_seconds = 0;
  for (int half = 0; half < 2; ++half) {
    pool_.refill(options_.seed + 1 + static_cast<std::uint64_t>(2 * rounds_ + half));
    settle(present);
    for (Contestant* each : present) {
      if (stopped()) return false;
      const double before = each->spent;
      guarded(*each, [&] { each->round_seconds += turn(*each) / 2; });
      if (each->slow) slow_spent += each->spent - before;
    }
    std::ranges::reverse(present);
  }
  for (Contestant& each : contestants_) {
    const bool here = timed(each) && std::ranges::find(present, &each) != present.end();
    each.standing.seconds.push_back(here ? each.round_seconds : -1);
    each.rounds += here ? 1 : 0;
  }
  ++rounds_;
  spent_ += now(CLOCK_MONOTONIC) - begin - slow_spent;
  return true;
}

Result Contest::result() {
  Result result{.name = problem_.name,
                .kind = problem_.kind,
                .threads = options_.threads,
                .flops = problem_.flops,
                .bytes = problem_.bytes,
                .rounds = rounds_,
                .complete = !stopped(),
                .others = others_.processors()};
  for (Contestant& each : contestants_) {
    std::vector<double> present;
    for (const double seconds : each.standing.seconds)
      if (seconds > 0) present.push_back(seconds);
    if (timed(each) && !present.empty()) each.standing.call = speed::bootstrap_median({present});
    result.standings.push_back(std::move(each.standing));
  }
  for (const Standing& ours : result.standings)
    for (const Standing& other : result.standings) {
      if (!ours.ours || &ours == &other || !ours.call || !other.call) continue;
      std::vector<double> ratios;
      for (std::size_t i = 0; i < ours.seconds.size(); ++i)
        if (ours.seconds[i] > 0 && other.seconds[i] > 0) ratios.push_back(other.seconds[i] / ours.seconds[i]);
      if (!ratios.empty())
        result.pairs.push_back({ours.name, other.name, speed::bootstrap_median({ratios}), ratios.size()});
    }
  return result;
}

}  // namespace

std::string to_string(Status status) {
  switch (status) {
    case Status::timed: return "timed";
    case Status::wrong: return "wrong";
    case Status::failed: return "failed";
    case Status::left_out: return "left out";
  }
  return "?";
}

const Standing* Result::standing(const std::string& who) const {
  const auto found = std::ranges::find(standings, who, &Standing::name);
  return found == standings.end() ? nullptr : &*found;
}

const Pair* Result::pair(const std::string& ours, const std::string& other) const {
  const auto found =
      std::ranges::find_if(pairs, [&](const Pair& each) { return each.ours == ours && each.other == other; });
  return found == pairs.end() ? nullptr : &*found;
}

Result contest(const Problem& problem, const std::vector<std::unique_ptr<Peer>>& peers, const ContestOptions& options) {
  return Contest(problem, peers, options).run();
}

}  // namespace kiln::peers
