// The turns behind kiln::Scheduler. An actor runs until it calls the monitor or sleeps; whoever is next is drawn there.
// Problems are noted where they are found, and thrown as Unwind from the next call that may throw: unlock() is called
// by destructors, and never does.
#include "kiln/scheduler.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "fiber.hpp"
#include "kiln/check.hpp"

namespace kiln {

namespace {

/// "the loader in ring_end_load"
std::string place(const std::string& name, const char* call) { return call == nullptr ? name : name + " in " + call; }

}  // namespace

struct Scheduler::Actor {
  enum class State { ready, wants_lock, waiting, sleeping, ended };

  Scheduler& scheduler;
  std::string name;
  std::function<void()> body;
  std::unique_ptr<Fiber> fiber{};
  State state = State::ready;
  std::int64_t wake = 0;       ///< when, of a sleeping one
  const char* call = nullptr;  ///< what it is in
  bool took_lock = false;      ///< in this call
  std::int64_t locks = 0;      ///< in this call, at this tick
  std::int64_t locks_tick = 0;
  bool started = false;
  std::int64_t steps = 0;  ///< of the monitor, since the run has ended

  std::string place() const { return kiln::place(name, call); }
};

/// Forwards; the scheduler's own interface is not that of a monitor.
class Scheduler::Turns final : public Monitor {
 public:
  explicit Turns(Scheduler& scheduler) : scheduler_(scheduler) {}
  void lock() override { scheduler_.lock(); }
  void unlock() override { scheduler_.unlock(); }
  void wait() override { scheduler_.wait(); }
  void notify_all() override { scheduler_.notify_all(); }

 private:
  Scheduler& scheduler_;
};

Scheduler::Scheduler(std::uint64_t seed, bool wake_for_nothing)
    : random_(seed), wake_for_nothing_(wake_for_nothing), monitor_(std::make_unique<Turns>(*this)) {}

Scheduler::~Scheduler() = default;

void Scheduler::add(std::string name, std::function<void()> body) {
  actors_.push_back(std::make_unique<Actor>(Actor{*this, std::move(name), std::move(body)}));
}

// ---- the run

void Scheduler::run() {
  for (const auto& actor : actors_)
    actor->fiber = std::make_unique<Fiber>(
        [](void* self) {
          Actor& running = *static_cast<Actor*>(self);
          running.scheduler.live(running);
        },
        actor.get());
  seen_.assign(guarded_.begin(), guarded_.end());
  next_ = choose();
  while (!ending_ && next_ != nullptr) resume(*next_);
  const bool all_ended = std::all_of(actors_.begin(), actors_.end(),
                                     [](const auto& actor) { return actor->state == Actor::State::ended; });
  if (!all_ended && !ending_) report(describe_deadlock());
  unwind_all();
  if (error_) std::rethrow_exception(error_);
}

void Scheduler::resume(Actor& actor) {
  running_ = &actor;
  actor.started = true;
  actor.fiber->resume();
  running_ = nullptr;
}

/// An actor's whole life, on its own stack.
void Scheduler::live(Actor& actor) {
  try {
    if (holder_ != &actor) seen_.assign(guarded_.begin(), guarded_.end());
    actor.body();
  } catch (const Unwind&) {
  } catch (...) {
    if (!ending_) error_ = std::current_exception();
    ending_ = true;
  }
  actor.state = Actor::State::ended;
  if (!ending_) next_ = choose();
  actor.fiber->leave(true);
}

void Scheduler::unwind_all() {
  ending_ = true;
  for (const auto& actor : actors_) {
    if (actor->state != Actor::State::ended && actor->started) resume(*actor);
    actor->state = Actor::State::ended;
  }
}

/// Passes the turn to whoever is next, and returns at this actor's next turn.
void Scheduler::pass_turn() {
  Actor& actor = *running_;
  next_ = choose();
  if (next_ != &actor) actor.fiber->leave(false);
  if (holder_ != &actor) std::copy(guarded_.begin(), guarded_.end(), seen_.begin());
}

/// Draws one of those that can run, and moves the clock where nobody can. Null where nobody ever will.
Scheduler::Actor* Scheduler::choose() {
  using State = Actor::State;
  const auto can_run = [&](const Actor& actor) {
    return actor.state == State::ready || (actor.state == State::wants_lock && holder_ == nullptr);
  };
  for (;;) {
    std::uint64_t count = 0;
    std::int64_t earliest = std::numeric_limits<std::int64_t>::max();
    bool sleeper = false;
    for (const auto& actor : actors_) {
      if (can_run(*actor)) ++count;
      if (actor->state != State::sleeping) continue;
      sleeper = true;
      earliest = std::min(earliest, actor->wake);
    }
    if (count > 0) {
      std::uint64_t before = count == 1 ? 0 : random_.below(count);
      for (const auto& actor : actors_) {
        if (!can_run(*actor) || before-- > 0) continue;
        if (actor->state == State::wants_lock) holder_ = actor.get();
        actor->state = State::ready;
        return actor.get();
      }
    }
    if (!sleeper) return nullptr;
    now_ = earliest;
    for (const auto& actor : actors_)
      if (actor->state == State::sleeping && actor->wake <= now_) actor->state = State::ready;
  }
}

// ---- what the monitor does

/// The running actor. After the end it may call a while longer, as code does that catches everything.
Scheduler::Actor& Scheduler::enter() {
  if (running_ == nullptr) throw Error(ErrorKind::broken_promise, "a scheduler's monitor is used outside of its run");
  Actor& actor = *running_;
  if (ending_ && ++actor.steps > kMostLocks) {
    actor.state = Actor::State::ended;
    actor.fiber->leave(true);
  }
  if (changed_unlocked(actor)) report(actor.place() + " changed what is shared without holding the lock");
  return actor;
}

void Scheduler::count_lock(Actor& actor) {
  actor.took_lock = true;
  if (actor.locks_tick != now_) actor.locks = 0;
  actor.locks_tick = now_;
  if (++actor.locks > kMostLocks)
    report(actor.place() + " took the lock " + std::to_string(kMostLocks) +
           " times while the clock stood still: it asks in circles where it should sleep in wait()");
}

void Scheduler::lock() {
  Actor& actor = enter();
  if (holder_ == &actor)
    report(actor.place() + " takes the lock that it holds already: it would wait for itself for ever");
  count_lock(actor);
  if (ending_) return throw_unwind();
  actor.state = Actor::State::wants_lock;
  pass_turn();
  if (ending_) throw_unwind();
}

void Scheduler::unlock() {
  Actor& actor = enter();
  if (holder_ != &actor) report(actor.place() + " gives the lock back without holding it");
  if (ending_) return;
  holder_ = nullptr;
  pass_turn();
}

void Scheduler::wait() {
  Actor& actor = enter();
  if (holder_ != &actor) report(actor.place() + " calls wait() without holding the lock");
  if (ending_) return throw_unwind();
  holder_ = nullptr;
  const bool for_nothing = wake_for_nothing_ && random_.below(4) == 0;
  actor.state = for_nothing ? Actor::State::wants_lock : Actor::State::waiting;
  pass_turn();
  count_lock(actor);
  if (ending_) throw_unwind();
}

void Scheduler::notify_all() {
  enter();
  if (ending_) return;
  for (const auto& actor : actors_)
    if (actor->state == Actor::State::waiting) actor->state = Actor::State::wants_lock;
  pass_turn();
}

// ---- what actors do besides

void Scheduler::sleep(std::int64_t ticks) {
  Actor& actor = enter();
  KILN_REQUIRE("sleep: ticks must not be negative", ticks >= 0);
  KILN_REQUIRE("sleep: the clock ends before", ticks <= std::numeric_limits<std::int64_t>::max() - now_);
  if (holder_ == &actor) report(actor.place() + " sleeps with the lock held");
  if (ending_) throw Unwind{};
  actor.wake = now_ + ticks;
  if (ticks > 0) actor.state = Actor::State::sleeping;
  pass_turn();
  if (ending_) throw Unwind{};
}

void Scheduler::call(const char* what, const std::function<void()>& body) {
  Actor& actor = enter();
  if (ending_) throw Unwind{};
  actor.call = what;
  actor.took_lock = false;
  actor.locks = 0;
  try {
    body();
  } catch (const Error& error) {
    if (holder_ == &actor && error.kind() != ErrorKind::stub)
      report(actor.place() + " threw while it held the lock: " + error.what());
    if (ending_) throw Unwind{};
    throw;
  }
  if (changed_unlocked(actor)) report(actor.place() + " changed what is shared without holding the lock");
  if (!actor.took_lock) report(actor.place() + " returned without ever taking the lock");
  if (holder_ == &actor) report(actor.place() + " returned with the lock still held");
  if (ending_) throw Unwind{};
  actor.call = nullptr;
}

void Scheduler::fail(const std::string& problem) {
  report(problem);
  throw Unwind{};
}

// ---- problems

/// The first one counts: later ones may be its consequences.
void Scheduler::report(const std::string& problem) {
  if (!ending_) problem_ = problem;
  ending_ = true;
}

/// Where a destructor asks while an exception is under way, another one would end the program.
void Scheduler::throw_unwind() const {
  if (std::uncaught_exceptions() == 0) throw Unwind{};
}

bool Scheduler::changed_unlocked(const Actor& actor) const {
  return holder_ != &actor && !std::equal(guarded_.begin(), guarded_.end(), seen_.begin(), seen_.end());
}

std::string Scheduler::describe_deadlock() const {
  using State = Actor::State;
  std::vector<std::string> asleep;
  std::string rest;
  for (const auto& actor : actors_) {
    if (actor->state == State::waiting) asleep.push_back(actor->place());
    if (actor->state == State::wants_lock)
      rest += "; " + actor->place() + " waits for the lock, which was not given back";
    if (actor->state == State::ended) rest += "; " + actor->name + " has ended";
  }
  if (asleep.empty()) return "nobody can go on" + rest;
  std::string text = asleep.size() == 1 ? "" : asleep.size() == 2 ? "both sleep: " : "all sleep: ";
  for (std::size_t i = 0; i < asleep.size(); ++i) text += (i == 0 ? "" : ", ") + asleep[i];
  return text + (asleep.size() == 1 ? " sleeps" : "") + ", and nobody is left to wake " +
         (asleep.size() == 1 ? "it" : "them") + rest;
}

}  // namespace kiln
