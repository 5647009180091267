// The contest with contestants made for it: who is checked, in which order, on what, and what the ratios say.
#include "peers/contest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "peers/problems.hpp"
#include "peers/promises.hpp"

namespace kiln::peers {
namespace {

Problem small_product() {
  Problem problem{.name = "sgemm/8", .kind = Kind::sgemm, .in = {{8, 8}, {8, 8}}, .out = {8, 8}};
  problem.flops = 2 * 8 * 8 * 8;
  return problem;
}

void multiply(const Operands& on) {
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 8; ++j) {
      float sum = 0;
      for (int k = 0; k < 8; ++k) sum += on.in[0][8 * i + k] * on.in[1][8 * k + j];
      on.out[8 * i + j] = sum;
    }
}

struct Log {
  std::string turns;                ///< a letter a turn
  std::vector<float> first_inputs;  ///< of each timed half of a round, as the contestant A saw it
};

/// A product computed `work` times over, with a mistake where one is asked for.
class Fake final : public Peer {
 public:
  Fake(std::string name, int work, Log* log = nullptr, float mistake = 0)
      : name_(std::move(name)), work_(work), log_(log), mistake_(mistake) {}
  std::string name() const override { return name_; }
  bool ours() const override { return name_ == "A"; }
  void enter(int) override {
    if (log_ != nullptr) log_->turns += name_;
  }
  Entrant prepare(const Problem&) override {
    return {[this](const Operands& on) {
              for (int i = 0; i < work_; ++i) multiply(on);
              on.out[5] += mistake_;
              if (log_ != nullptr && name_ == "A") log_->first_inputs.push_back(on.in[0][0]);
            },
            {}};
  }

 private:
  std::string name_;
  int work_;
  Log* log_;
  float mistake_;
};

using Fakes = std::vector<std::unique_ptr<Peer>>;

Fakes fakes(std::initializer_list<Fake> all) {
  Fakes made;
  for (const Fake& each : all) made.push_back(std::make_unique<Fake>(each));
  return made;
}

const ContestOptions kShort{.seconds = 0.05};

TEST(Contest, RatioIsOthersTimeOverOurs) {
  const Result result = contest(small_product(), fakes({{"A", 20}, {"B", 60}}), {.seconds = 0.3});
  const Pair* pair = result.pair("A", "B");
  ASSERT_NE(pair, nullptr);
  EXPECT_GT(pair->ratio.median, 2.4);
  EXPECT_LT(pair->ratio.median, 3.6);
  EXPECT_LE(pair->ratio.low, pair->ratio.median);
  EXPECT_LE(pair->ratio.median, pair->ratio.high);
  // Only Kiln's own are held against others.
  EXPECT_EQ(result.pair("B", "A"), nullptr);
}

TEST(Contest, TurnsGoForwardsAndBackwards) {
  Log log;
  const Result result = contest(small_product(), fakes({{"A", 20, &log}, {"B", 20, &log}, {"C", 20, &log}}), kShort);
  ASSERT_GE(result.rounds, 2);
  // Prepared, then checked, each once; the first turn of each half counts for nobody.
  std::string expected = "ABCABC";
  for (int round = 0; round < result.rounds; ++round) expected += "AABCCCBA";
  EXPECT_EQ(log.turns, expected);
}

TEST(Contest, EveryHalfHasFreshInputs) {
  Log log;
  const Result result = contest(small_product(), fakes({{"A", 2000, &log}, {"B", 2000}}), kShort);
  // A call a turn, and one before it that is not timed, on other operands of the same filling.
  const std::set<float> different(log.first_inputs.begin(), log.first_inputs.end());
  EXPECT_GE(different.size(), static_cast<std::size_t>(2 * 2 * result.rounds));
}

TEST(Contest, WrongAnswersAreNotTimed) {
  // Larger than rounding explains, and as small as that is.
  const Result result =
      contest(small_product(), fakes({{"A", 1}, {"B", 1, nullptr, 1e-4f}, {"C", 1, nullptr, 1e-8f}}), kShort);
  const Standing* wrong = result.standing("B");
  ASSERT_NE(wrong, nullptr);
  EXPECT_EQ(wrong->status, Status::wrong);
  EXPECT_NE(wrong->note.find("first number 5"), std::string::npos) << wrong->note;
  EXPECT_FALSE(wrong->call);
  EXPECT_EQ(result.pair("A", "B"), nullptr);
  EXPECT_EQ(result.standing("C")->status, Status::timed);
}

TEST(Contest, WhatIsLeftUnwrittenIsWrong) {
  class Lazy final : public Peer {
    std::string name() const override { return "lazy"; }
    void enter(int) override {}
    Entrant prepare(const Problem&) override {
      return {[](const Operands&) {}, {}};
    }
  };
  Fakes all = fakes({{"A", 1}});
  all.push_back(std::make_unique<Lazy>());
  EXPECT_EQ(contest(small_product(), all, kShort).standing("lazy")->status, Status::wrong);
}

TEST(Contest, WhoThrowsHasFailed) {
  class Thrower final : public Peer {
    std::string name() const override { return "thrower"; }
    void enter(int) override {}
    Entrant prepare(const Problem&) override {
      return {[](const Operands&) { throw std::runtime_error("no such luck"); }, {}};
    }
  };
  Fakes all = fakes({{"A", 1}});
  all.push_back(std::make_unique<Thrower>());
  const Result result = contest(small_product(), all, kShort);
  EXPECT_EQ(result.standing("thrower")->status, Status::failed);
  EXPECT_EQ(result.standing("thrower")->note, "no such luck");
  EXPECT_TRUE(result.standing("A")->call);
}

TEST(Contest, SlowOnesLeaveTimeToTheOthers) {
  const Result result = contest(small_product(), fakes({{"A", 2}, {"B", 2}, {"C", 2000}}), {.seconds = 0.2});
  EXPECT_EQ(result.pair("A", "C")->rounds, 5u);
  EXPECT_GT(result.pair("A", "B")->rounds, 5u);
}

TEST(Contest, StopsWhenAsked) {
  int turns = 0;
  ContestOptions options{.seconds = 60};
  options.stopped = [&] { return ++turns > 30; };
  const Result result = contest(small_product(), fakes({{"A", 2}, {"B", 2}}), options);
  EXPECT_FALSE(result.complete);
  EXPECT_GT(result.rounds, 0);
  // A round that was cut short is no round.
  for (const Standing& each : result.standings) EXPECT_EQ(each.seconds.size(), static_cast<std::size_t>(result.rounds));
}

TEST(Problems, NamesAreUniqueAndCostsPositive) {
  std::set<std::string> names;
  for (const Problem& each : problems()) {
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
    EXPECT_GT(each.flops + each.bytes, 0) << each.name;
    EXPECT_EQ(each.parameters.size(), each.parameter_shapes.size()) << each.name;
  }
  EXPECT_EQ(names.size(), 27u);
}

/// A case in which "optimized" is so many times as fast as each.
Result finished(const std::string& name, double seconds, const std::vector<std::pair<std::string, double>>& ratios) {
  Result result{.name = name, .flops = 1e9};
  Standing ours{.name = "optimized", .ours = true};
  ours.call = speed::Interval{.median = seconds, .low = seconds, .high = seconds, .confidence = 0.95};
  result.standings.push_back(ours);
  for (const auto& [other, ratio] : ratios)
    result.pairs.push_back({"optimized", other, {.median = ratio, .low = ratio, .high = ratio, .confidence = 0.95}, 9});
  return result;
}

TEST(Promises, AreHeldAgainstTheBestPeerAndTheRoof) {
  const std::vector<speed::Roofs> roofs{{.threads = 1, .vectors = "", .flops = 1e11}};
  // 100 GFLOP/s is the roof; 10.5 ms for 1 GFLOP are 95 % of it.
  auto all = verdicts({finished("sgemm/512", 0.0105, {{"openblas", 2.0}, {"onednn", 0.94}})}, roofs);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_DOUBLE_EQ(*all[0].measured, 0.94);
  EXPECT_FALSE(all[0].holds);
  EXPECT_NEAR(*all[1].measured, 0.952, 0.001);
  EXPECT_TRUE(all[1].holds);
  EXPECT_TRUE(verdicts({finished("sgemm/512", 0.0105, {{"openblas", 2.0}, {"onednn", 0.96}})}, roofs)[0].holds);
}

TEST(Promises, StayOpenWhereAPeerIsMissing) {
  const auto all = verdicts({finished("sgemm/256", 1, {{"openblas", 2.0}})}, {});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_FALSE(all[0].measured);
  EXPECT_FALSE(all[0].holds);
}

TEST(Promises, AreOfOneThread) {
  Result two = finished("relu/4096x1024", 1, {{"libtorch", 2.0}});
  EXPECT_EQ(verdicts({two}, {}).size(), 1u);
  two.threads = 2;
  EXPECT_TRUE(verdicts({two}, {}).empty());
}

TEST(Promises, NameCasesThatExist) {
  std::vector<Result> results;
  for (const Problem& each : problems()) results.push_back(Result{.name = each.name});
  // Seven products against peers and four against the roof, three convolutions, ten operations, two networks.
  EXPECT_EQ(verdicts(results, {}).size(), 25u);
}

}  // namespace
}  // namespace kiln::peers
