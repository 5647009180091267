// Scheduler: turns drawn from a seed, a clock that moves only when it must, and every rule of a monitor caught.
#include "kiln/scheduler.hpp"

#include <array>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "throws.hpp"

namespace kiln {
namespace {

using Body = std::function<void(Scheduler&)>;

/// Runs the bodies as actors a, b, ..., and returns the problem.
std::string problem_of(const std::vector<Body>& bodies, std::uint64_t seed = 1) {
  Scheduler scheduler(seed);
  for (std::size_t i = 0; i < bodies.size(); ++i)
    scheduler.add(std::string(1, static_cast<char>('a' + i)), [&, i] { bodies[i](scheduler); });
  scheduler.run();
  return scheduler.problem();
}

/// A body that makes one call under the rules.
Body calling(const std::function<void(Monitor&)>& kernel) {
  return [kernel](Scheduler& scheduler) { scheduler.call("kernel", [&] { kernel(scheduler.monitor()); }); };
}

TEST(scheduler, time_passes_while_all_sleep) {
  Scheduler scheduler(1);
  std::string log;
  const auto sleeper = [&](const char* name, std::int64_t ticks) {
    scheduler.add(name, [&, name, ticks] {
      for (int i = 0; i < 2; ++i) {
        scheduler.sleep(ticks);
        log += std::string(name) + std::to_string(scheduler.now()) + " ";
      }
    });
  };
  sleeper("a", 3);
  sleeper("b", 5);
  sleeper("c", 1'000'000'000'000);
  scheduler.run();
  EXPECT_EQ(log, "a3 b5 a6 b10 c1000000000000 c2000000000000 ");
  EXPECT_EQ(scheduler.now(), 2'000'000'000'000);
  EXPECT_EQ(scheduler.problem(), "");
}

TEST(scheduler, nobody_runs_without_actors) {
  Scheduler scheduler(1);
  scheduler.run();
  EXPECT_EQ(scheduler.now(), 0);
  EXPECT_EQ(scheduler.problem(), "");
}

/// Who had which turn, where three actors take the lock four times each.
std::string turns(std::uint64_t seed) {
  Scheduler scheduler(seed);
  std::string log;
  for (const char name : {'a', 'b', 'c'})
    scheduler.add(std::string(1, name), [&, name] {
      for (int i = 0; i < 4; ++i) {
        const std::lock_guard lock(scheduler.monitor());
        log += name;
      }
    });
  scheduler.run();
  EXPECT_EQ(scheduler.problem(), "");
  return log;
}

TEST(scheduler, a_seed_is_an_order) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::string order = turns(seed);
    EXPECT_EQ(order.size(), 12u);
    EXPECT_EQ(order, turns(seed)) << "seed " << seed;
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 90u);
}

TEST(scheduler, one_at_a_time_holds_the_lock) {
  Scheduler scheduler(7);
  int inside = 0, most = 0, met = 0;
  for (const char* name : {"a", "b", "c"})
    scheduler.add(name, [&] {
      Monitor& monitor = scheduler.monitor();
      for (int i = 0; i < 50; ++i) {
        met += inside;  // others have their turns meanwhile, but not here
        const std::lock_guard lock(monitor);
        most = std::max(most, ++inside);
        monitor.notify_all();
        --inside;
      }
    });
  scheduler.run();
  EXPECT_EQ(scheduler.problem(), "");
  EXPECT_EQ(most, 1);
  EXPECT_GT(met, 0) << "turns pass while the lock is held";
}

/// How often wait() came back before anybody notified, in 100 runs.
int wakings_for_nothing(bool wake_for_nothing) {
  int early = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Scheduler scheduler(seed, wake_for_nothing);
    bool ready = false;
    scheduler.add("waiter", [&] {
      const std::lock_guard lock(scheduler.monitor());
      while (!ready) {
        scheduler.monitor().wait();
        early += ready ? 0 : 1;
      }
    });
    scheduler.add("other", [&] {
      scheduler.sleep(1);
      const std::lock_guard lock(scheduler.monitor());
      ready = true;
      scheduler.monitor().notify_all();
    });
    scheduler.run();
    EXPECT_EQ(scheduler.problem(), "") << "seed " << seed;
  }
  return early;
}

TEST(scheduler, wakes_for_nothing_when_asked) {
  EXPECT_EQ(wakings_for_nothing(false), 0);
  // A quarter of the waits, and of the waits that follow them: 1/3 a run; five deviations of sqrt(100 * 4/9) either
  // way.
  const int early = wakings_for_nothing(true);
  EXPECT_GT(early, 0);
  EXPECT_LT(early, 67);
}

// ---- rules

TEST(scheduler, tells_a_deadlock) {
  const Body sleeper = calling([](Monitor& monitor) {
    const std::lock_guard lock(monitor);
    monitor.wait();
  });
  const Body nothing = [](Scheduler&) {};
  EXPECT_EQ(problem_of({sleeper, sleeper}), "both sleep: a in kernel, b in kernel, and nobody is left to wake them");
  EXPECT_EQ(problem_of({sleeper, nothing}), "a in kernel sleeps, and nobody is left to wake it; b has ended");
  EXPECT_EQ(problem_of({sleeper, sleeper, sleeper}),
            "all sleep: a in kernel, b in kernel, c in kernel, and nobody is left to wake them");
  EXPECT_EQ(problem_of({[](Scheduler& scheduler) { scheduler.monitor().lock(); },
                        [](Scheduler& scheduler) {
                          scheduler.sleep(1);
                          scheduler.monitor().lock();
                        }}),
            "nobody can go on; a has ended; b waits for the lock, which was not given back");
}

TEST(scheduler, tells_broken_rules) {
  const std::pair<const char*, Body> cases[] = {
      {"a in kernel takes the lock that it holds already: it would wait for itself for ever",
       calling([](Monitor& monitor) {
         monitor.lock();
         monitor.lock();
       })},
      {"a in kernel gives the lock back without holding it", calling([](Monitor& monitor) { monitor.unlock(); })},
      {"a in kernel gives the lock back without holding it", calling([](Monitor& monitor) {
         const std::lock_guard lock(monitor);
         monitor.unlock();
       })},
      {"a in kernel calls wait() without holding the lock", calling([](Monitor& monitor) { monitor.wait(); })},
      {"a in kernel returned with the lock still held", calling([](Monitor& monitor) { monitor.lock(); })},
      {"a in kernel returned without ever taking the lock", calling([](Monitor& monitor) { monitor.notify_all(); })},
      {"a in kernel took the lock 1000 times while the clock stood still: it asks in circles where it should sleep in "
       "wait()",
       calling([](Monitor& monitor) {
         for (;;) {
           const std::lock_guard lock(monitor);
         }
       })},
      {"a sleeps with the lock held",
       [](Scheduler& scheduler) {
         scheduler.monitor().lock();
         scheduler.sleep(1);
       }},
      {"a in kernel threw while it held the lock: no", calling([](Monitor& monitor) {
         monitor.lock();
         throw Error(ErrorKind::invalid_argument, "no");
       })},
      {"enough", [](Scheduler& scheduler) { scheduler.fail("enough"); }},
  };
  for (const auto& [problem, body] : cases) EXPECT_EQ(problem_of({body}), problem);
}

TEST(scheduler, allows_what_a_monitor_allows) {
  EXPECT_EQ(problem_of({calling([](Monitor& monitor) {
              for (int i = 0; i < 10; ++i) {
                monitor.notify_all();
                const std::lock_guard lock(monitor);
                monitor.notify_all();
              }
              monitor.notify_all();
            })}),
            "");
  // A thousand locks are many in one call at one tick, and nothing in many.
  EXPECT_EQ(problem_of({[](Scheduler& scheduler) {
              for (int i = 0; i < 3000; ++i)
                scheduler.call("kernel", [&] { const std::lock_guard lock(scheduler.monitor()); });
            }}),
            "");
}

TEST(scheduler, guards_what_is_shared) {
  std::array<int, 4> shared{};
  const auto run = [&](const std::function<void(Monitor&)>& kernel) {
    Scheduler scheduler(3);
    scheduler.guard(std::as_bytes(std::span(shared)));
    for (const char* name : {"a", "b"})
      scheduler.add(name, [&] { scheduler.call("kernel", [&] { kernel(scheduler.monitor()); }); });
    scheduler.run();
    return scheduler.problem();
  };
  EXPECT_EQ(run([&](Monitor& monitor) {
              for (int& number : shared) {
                const std::lock_guard lock(monitor);
                ++number;
                monitor.notify_all();
                ++number;
              }
            }),
            "");
  const std::string words = "changed what is shared without holding the lock";
  const auto broken = [&](const std::function<void(Monitor&)>& kernel) {
    EXPECT_NE(run(kernel).find(words), std::string::npos) << run(kernel);
  };
  broken([&](Monitor& monitor) { const std::lock_guard lock((++shared[0], monitor)); });
  broken([&](Monitor& monitor) {
    { const std::lock_guard lock(monitor); }
    ++shared[1];
  });
  broken([&](Monitor& monitor) {
    { const std::lock_guard lock(monitor); }
    ++shared[2];
    monitor.notify_all();
    --shared[2];
  });
}

// ---- the end

TEST(scheduler, others_unwind) {
  int alive = 0;
  struct Counted {
    int& count;
    explicit Counted(int& count) : count(++count) {}
    ~Counted() { --count; }
  };
  EXPECT_EQ(problem_of({[&](Scheduler& scheduler) {
                          const Counted counted(alive);
                          const std::lock_guard lock(scheduler.monitor());
                          scheduler.monitor().wait();
                        },
                        [&](Scheduler& scheduler) {
                          const Counted counted(alive);
                          scheduler.sleep(5);
                        },
                        [&](Scheduler& scheduler) {
                          scheduler.sleep(1);
                          EXPECT_EQ(alive, 2);
                          scheduler.fail("over");
                        }}),
            "over");
  EXPECT_EQ(alive, 0);
}

TEST(scheduler, leaves_behind_who_catches_all) {
  int caught = 0;
  const Body stubborn = [&](Scheduler& scheduler) {
    for (;;) try {
        scheduler.monitor().lock();
      } catch (...) {
        ++caught;
      }
  };
  EXPECT_NE(problem_of({stubborn, stubborn}), "");
  EXPECT_GT(caught, 2);
  const Body silent = [](Scheduler& scheduler) {
    for (;;) scheduler.monitor().unlock();
  };
  EXPECT_EQ(problem_of({silent}), "a gives the lock back without holding it");
}

TEST(scheduler, exceptions_leave_the_run) {
  EXPECT_ERROR(problem_of({calling([](Monitor& monitor) {
                             const std::lock_guard lock(monitor);
                             monitor.wait();
                           }),
                           calling([](Monitor& monitor) {
                             const std::lock_guard lock(monitor);
                             throw Error(ErrorKind::stub, "not written yet");
                           })}),
               stub, "not written yet");
  EXPECT_THROW(problem_of({[](Scheduler&) { throw std::length_error("own"); }}), std::length_error);
  EXPECT_THROW(problem_of({[](Scheduler&) { throw 7; }}), int);
}

TEST(scheduler, exceptions_stay_with_their_actor) {
  std::string log;
  const auto catcher = [&](const char* name, std::int64_t first, std::int64_t second) {
    return [&log, name, first, second](Scheduler& scheduler) {
      try {
        try {
          throw std::runtime_error(name);
        } catch (...) {
          // Others throw and catch while this one is being handled.
          scheduler.sleep(first);
          EXPECT_EQ(std::uncaught_exceptions(), 0);
          throw;
        }
      } catch (const std::runtime_error& error) {
        scheduler.sleep(second);
        log += error.what();
      }
    };
  };
  EXPECT_EQ(problem_of({catcher("a", 1, 9), catcher("b", 2, 1), catcher("c", 1, 3)}), "");
  EXPECT_EQ(log, "bca");
}

TEST(scheduler, a_destructor_may_ask_for_the_lock) {
  struct Asks {
    Monitor& monitor;
    ~Asks() {
      monitor.lock();
      monitor.unlock();
    }
  };
  EXPECT_ERROR(problem_of({[](Scheduler& scheduler) {
                 const Asks asks{scheduler.monitor()};
                 throw Error(ErrorKind::missing, "on the way out");
               }}),
               missing, "on the way out");
  EXPECT_EQ(problem_of({[](Scheduler& scheduler) {
              const Asks asks{scheduler.monitor()};
              scheduler.fail("stop");
            }}),
            "stop");
}

TEST(scheduler, stacks_hold_something) {
  const std::function<std::uint64_t(int, Scheduler&)> deep = [&](int depth, Scheduler& scheduler) {
    std::array<volatile std::uint64_t, 512> words{};
    words[static_cast<std::size_t>(depth)] = 1;
    if (depth == 0) scheduler.sleep(1);
    return words[static_cast<std::size_t>(depth)] + (depth > 0 ? deep(depth - 1, scheduler) : 0);
  };
  EXPECT_EQ(problem_of({[&](Scheduler& scheduler) { EXPECT_EQ(deep(60, scheduler), 61u); },
                        [&](Scheduler& scheduler) { EXPECT_EQ(deep(60, scheduler), 61u); }}),
            "");
}

TEST(scheduler, refuses_bad_sleep_and_strangers) {
  EXPECT_ERROR(problem_of({[](Scheduler& scheduler) { scheduler.sleep(-1); }}), invalid_argument, "negative");
  EXPECT_ERROR(problem_of({[](Scheduler& scheduler) {
                 scheduler.sleep(1);
                 scheduler.sleep(std::numeric_limits<std::int64_t>::max());
               }}),
               invalid_argument, "ends");
  Scheduler scheduler(1);
  EXPECT_ERROR(scheduler.monitor().lock(), broken_promise, "outside");
}

}  // namespace
}  // namespace kiln
