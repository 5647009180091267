// The measurement loop.
#include "speed/measure.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace kiln::speed {

namespace {

// A request should take this long at least, so that the clock's and the line's share is small.
constexpr double kRequestSeconds = 200e-6;
constexpr int kMostSets = 64;
// Tensors of one request: they stay in the core's own caches as far as one set does, so that kernels are timed, not
// memory.
constexpr std::size_t kMostBytes = std::size_t{2} << 20;
constexpr std::size_t kLeastRounds = 5;
constexpr std::size_t kMostRounds = 40;
// A worker that waits uses nothing but the end of its last answer. More than this, as a share of what it used while it
// was timed and in seconds, is work that was moved out of the clock's sight.
constexpr double kMostIdleShare = 0.2;
constexpr double kMostIdleSeconds = 300e-6;

/// A verdict on the student that ends the measurement.
struct StudentFailed {
  std::optional<ErrorKind> kind;
  std::string note;
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

Timing per_call(const worker::Timing& timing, int sets) {
  return {timing.cpu_seconds / sets, timing.wall_seconds / sets};
}

/// The largest error that the oracle allows anywhere in this output; both sides may use it up.
double largest_allowed(const testing::Expected& expected, double factor) {
  double most = 0;
  for (double magnitude : expected.magnitude.values) most = std::max(most, magnitude);
  return factor * expected.terms * std::numeric_limits<float>::epsilon() * most;
}

bool agree(float student, float reference, double allowed) {
  if (std::isnan(reference) || std::isnan(student)) return std::isnan(reference) && std::isnan(student);
  return student == reference || std::abs(static_cast<double>(student) - reference) <= allowed;
}

class Pair {
 public:
  Pair(const SpeedCase& speed_case, worker::Session& student, worker::Session& reference)
      : case_(speed_case), student_session_(student), reference_session_(reference) {}

  /// Fresh workers, fresh tensors, and one warm-up that is thrown away (it is verified all the same).
  void restart(int sets, std::uint64_t seed) {
    student_.reset();
    reference_.reset();
    for (worker::Session* session : {&student_session_, &reference_session_}) session->renew();
    reference_ = case_.prepare(reference_session_, sets, seed);
    student_ = case_.prepare(student_session_, sets, seed);
    as_student([&] { student_session_.start(); });
    allowed_ = -1;
    busy_ = idle_ = 0;
    Round warm_up;
    half(seed, true, warm_up, 0);
  }

  Round round(std::uint64_t seed) {
    Round times;
    half(2 * seed, false, times, 0);
    half(2 * seed + 1, true, times, 1);
    return times;
  }

 private:
  /// Runs both sides once on the same fresh inputs and compares what they gave. Each side's tensors are filled right
  /// before its own run, so that both start with caches in the same state.
  void half(std::uint64_t seed, bool reference_first, Round& times, std::size_t which) {
    // Ask the oracle once a restart, while what a kernel updates in place still holds its inputs; it also says how far
    // apart two right answers may lie.
    std::optional<testing::Expected> expected;
    if (allowed_ < 0) {
      reference_->refill(seed);
      expected = reference_->expected(0);
      allowed_ = expected ? largest_allowed(*expected, case_.factor) : 0;
    }
    const int sets = reference_->sets();
    auto run_reference = [&] {
      reference_->refill(seed);
      times.reference[which] = per_call(reference_->run(), sets);
    };
    auto run_student = [&] {
      student_->refill(seed);
      as_student([&] {
        const worker::Timing timing = student_->run();
        times.student[which] = per_call(timing, sets);
        busy_ += timing.cpu_seconds;
        idle_ += timing.idle_cpu_seconds;
      });
    };
    if (reference_first) run_reference();
    run_student();
    if (!reference_first) run_reference();
    expect_idle(student_session_.cpu_since_answer());
    if (expected) compare(*student_, *expected);
    verify();
  }

  /// An answer may be sent before the work is done, and inputs be watched before they are asked about: outputs are
  /// right by the time they are looked at, and the clock has seen nothing. So what a worker uses between its timed
  /// calls is counted as well. `since` is what it used since its last answer, and is not in `idle_` yet.
  void expect_idle(double since) const {
    const double idle = idle_ + since;
    if (idle > kMostIdleShare * busy_ + kMostIdleSeconds)
      throw StudentFailed{ErrorKind::violation,
                          case_.name + ": the worker used " + std::to_string(1e3 * idle) +
                              " ms of CPU time between its timed calls, when nothing was asked of it, and " +
                              std::to_string(1e3 * busy_) + " ms in them: a kernel works from its call to its return"};
  }

  template <class Body>
  void as_student(Body body) {
    try {
      body();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::judge) throw;
      throw StudentFailed{error.kind(), error.what()};
    }
  }

  void verify() {
    for (int set = 0; set < reference_->sets(); ++set) {
      if (const std::string why = reference_->complaint(set); !why.empty())
        throw Error(ErrorKind::judge, "the reference is wrong: " + why);
      if (const std::string why = student_->complaint(set); !why.empty())
        throw StudentFailed{std::nullopt, case_.name + ": a timed output is wrong: " + why};
      const auto& ours = reference_->outputs(set);
      const auto& theirs = student_->outputs(set);
      for (std::size_t i = 0; i < ours.size(); ++i)
        for (std::int64_t at = 0; at < ours[i].size(); ++at)
          if (!agree(theirs[i].data[at], ours[i].data[at], 2 * allowed_))
            wrong(at, theirs[i].data[at], ours[i].data[at]);
    }
  }

  void compare(const Prepared& side, const testing::Expected& expected) {
    const View& output = side.outputs(0).front();
    for (std::int64_t at = 0; at < output.size(); ++at)
      if (!agree(output.data[at], static_cast<float>(expected.value.values[static_cast<std::size_t>(at)]),
                 allowed_ + 1e-30))
        wrong(at, output.data[at], static_cast<float>(expected.value.values[static_cast<std::size_t>(at)]));
  }

  [[noreturn]] void wrong(std::int64_t at, float got, float expected) {
    throw StudentFailed{std::nullopt, case_.name + ": a timed output is wrong: element " + std::to_string(at) + " is " +
                                          std::to_string(got) + ", expected " + std::to_string(expected)};
  }

  const SpeedCase& case_;
  worker::Session& student_session_;
  worker::Session& reference_session_;
  std::unique_ptr<Prepared> student_, reference_;
  double allowed_ = -1;
  double busy_ = 0, idle_ = 0;  ///< the student's CPU time in this restart: in its timed calls, and between them
};

/// A clock that was read before the kernel's account of the worker was brought up to date says that nothing was used.
bool was_timed(const Round& round) {
  const auto positive = [](const Timing& timing) { return timing.cpu_seconds > 0 && timing.wall_seconds > 0; };
  return std::all_of(std::begin(round.student), std::end(round.student), positive) &&
         std::all_of(std::begin(round.reference), std::end(round.reference), positive);
}

/// How many argument sets make a request of kRequestSeconds, by the reference's own time.
int choose_sets(const SpeedCase& speed_case, worker::Session& reference, std::uint64_t seed) {
  reference.renew();
  const auto prepared = speed_case.prepare(reference, 1, seed);
  double fastest = std::numeric_limits<double>::infinity();
  for (std::uint64_t i = 0; i < 4; ++i) {
    prepared->refill(seed + i);
    fastest = std::min(fastest, prepared->run().cpu_seconds);
  }
  const int by_time = static_cast<int>(std::ceil(kRequestSeconds / std::max(fastest, 1e-7)));
  const int by_memory = static_cast<int>(kMostBytes / std::max<std::size_t>(prepared->set_bytes(), 1));
  return std::clamp(std::min(by_time, by_memory), 1, kMostSets);
}

/// Judges what was collected so far. True where it is enough.
bool judge(Measurement& result, const MeasureOptions& options) {
  const Screened screened = screen(result.samples, options.clock);
  result.note = screened.note;
  result.measured = screened.usable && static_cast<int>(screened.kept.restarts().size()) >= 2;
  // However the machine drifted: what never came near the first step has missed it.
  const bool hopeless = !result.measured && result.samples.restarts().size() >= 2 &&
                        far_below(result.samples.pooled_ratios(options.clock), options.steps);
  if (!result.measured && !hopeless) return false;
  result.measured = true;
  const Samples& kept = hopeless ? result.samples : screened.kept;
  result.ratios = kept.pooled_ratios(options.clock);
  BootstrapOptions bootstrap;
  bootstrap.seed = options.seed;
  result.interval = bootstrap_median(kept.ratios(options.clock), bootstrap);
  result.student_seconds = kept.student_seconds(options.clock);
  result.reference_seconds = kept.reference_seconds(options.clock);
  if (options.steps.empty()) return true;
  result.decision = decide(result.interval, options.steps);
  return result.decision.settled;
}

}  // namespace

Measurement measure(const SpeedCase& speed_case, worker::Session& student, worker::Session& reference,
                    const MeasureOptions& options) {
  Measurement result;
  try {
    Random random(options.seed);
    result.sets = choose_sets(speed_case, reference, random.next_u64());
    Pair pair(speed_case, student, reference);
    for (int restart = 0; restart < options.most_restarts; ++restart) {
      result.samples.begin_restart();
      pair.restart(result.sets, random.next_u64());
      const double end = now() + options.restart_seconds;
      for (std::size_t i = 0; i < kLeastRounds || (i < kMostRounds && now() < end); ++i) {
        const Round round = pair.round(random.next_u64() >> 1);
        if (was_timed(round)) result.samples.add(round);
      }
      if (restart + 1 >= options.least_restarts && judge(result, options)) return result;
    }
    judge(result, options);
  } catch (const StudentFailed& failed) {
    result.failure = failed.kind;
    result.wrong = !failed.kind;
    result.note = failed.note;
    result.measured = false;
  } catch (const Error& error) {
    throw Error(ErrorKind::judge, speed_case.name + ": " + error.what());
  }
  return result;
}

}  // namespace kiln::speed
