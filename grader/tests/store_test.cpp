// The store: what is entered is there once, whole, and for whoever opens the file next.
#include "grader/book/store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <thread>

#include "grader/build/temp_directory.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

class Book : public testing::Test {
 protected:
  Store open(const std::string& name = "book.sqlite") {
    auto store = Store::open(folder_.path() / name, true);
    if (!store) throw std::runtime_error(store.error());
    return std::move(*store);
  }

  static StoredAttempt hand_in(Store& store, const std::string& name, const std::string& text, UnixSeconds at = 100) {
    Submission submission;
    submission.name = name;
    const RowId run = store.begin_run("grade", "{}", {});
    return store.hand_in(run, submission, "01_tensor", {{"fill", text}}, at);
  }

  static ModuleResult result_of(double points, Verdict verdict = Verdict::fail) {
    ModuleResult module{"01_tensor", points, 2, {}};
    ExerciseResult exercise;
    exercise.id = "fill";
    exercise.verdict = verdict;
    exercise.points = points;
    exercise.max = 2;
    exercise.passed = 3;
    module.exercises.push_back(exercise);
    return module;
  }

  TempDirectory folder_{"store-test"};
};

TEST_F(Book, TheSeedIsDrawnOnceForEachBook) {
  const std::uint64_t seed = open().seed();
  EXPECT_EQ(open().seed(), seed);
  EXPECT_NE(open("other.sqlite").seed(), seed);
}

TEST_F(Book, WhatIsNoGradebookIsRefusedAndLeftAlone) {
  const fs::path text = folder_.path() / "text.sqlite";
  std::ofstream(text) << "this is a letter, and it is long enough to be taken for the head of a database file ........";
  SQLite::Database(folder_.path() / "foreign.sqlite", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE letters(a)");
  for (const char* name : {"text.sqlite", "foreign.sqlite"}) {
    const auto store = Store::open(folder_.path() / name, true);
    ASSERT_FALSE(store) << name;
    EXPECT_NE(store.error().find("cannot be used as a gradebook"), std::string::npos) << store.error();
  }
  std::string first;
  std::getline(std::ifstream(text), first);
  EXPECT_TRUE(first.starts_with("this is a letter"));
}

TEST_F(Book, ALaterVersionIsNotTouched) {
  open().database().exec("PRAGMA user_version = 99");
  const auto store = Store::open(folder_.path() / "book.sqlite", true);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().find("version 99"), std::string::npos) << store.error();
}

TEST_F(Book, AMissingBookIsNotMadeWhereItIsOnlyRead) {
  const auto store = Store::open(folder_.path() / "none.sqlite", false);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().find("kiln grade"), std::string::npos) << store.error();
  EXPECT_FALSE(fs::exists(folder_.path() / "none.sqlite"));
}

TEST_F(Book, TheSameFilesTwiceInARowAreOneAttempt) {
  Store store = open();
  const StoredAttempt first = hand_in(store, "alice", "a", 100);
  const StoredAttempt again = hand_in(store, "alice", "a", 200);
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.handed_in, 100) << "the moment of the first time counts";
  EXPECT_EQ(hand_in(store, "alice", "b").number, 2);
  // Back to an earlier version is a hand-in of its own, or the version between would count as the latest.
  EXPECT_EQ(hand_in(store, "alice", "a").number, 3);
  EXPECT_EQ(hand_in(store, "bob", "a").number, 1);
  EXPECT_EQ(store.attempts("alice").size(), 3u);
}

TEST_F(Book, TextsReturnByteByByte) {
  Store store = open();
  const std::string text("a\0b\r\n\xff\xfe end", 12);
  const StoredAttempt attempt = hand_in(store, "alice", text);
  EXPECT_EQ(store.file(attempt.files.at("fill")), text);
  EXPECT_EQ(store.file("no such digest"), std::nullopt);
}

TEST_F(Book, TwoConnectionsMakeOneAttempt) {
  Store first = open(), second = open();
  std::vector<std::jthread> threads;
  for (Store* store : {&first, &second})
    threads.emplace_back([store] {
      for (int i = 0; i < 20; ++i) hand_in(*store, "student " + std::to_string(i), "text");
    });
  threads.clear();
  const auto attempts = first.attempts();
  EXPECT_EQ(attempts.size(), 20u);
  for (const StoredAttempt& attempt : attempts) EXPECT_EQ(attempt.number, 1);
}

TEST_F(Book, AnEqualResultChangesNothingAndAnotherSupersedes) {
  Store store = open();
  const StoredAttempt attempt = hand_in(store, "alice", "a");
  store.enter(attempt.id, 1, Standing::current, result_of(1), {}, {{"fill", "key"}});
  store.enter(attempt.id, 1, Standing::current, result_of(1), {}, {{"fill", "key"}});
  EXPECT_EQ(store.results_of(attempt.id).size(), 1u);
  store.enter(attempt.id, 1, Standing::current, result_of(1.5), {}, {{"fill", "key"}});
  store.enter(attempt.id, 1, Standing::current, result_of(1.5), {}, {{"fill", "another key"}});
  ASSERT_EQ(store.results(Standing::current).size(), 1u);
  EXPECT_EQ(store.results(Standing::current)[0].result.score, 1.5);
  EXPECT_EQ(store.results(Standing::superseded).size(), 2u);
}

TEST_F(Book, AProposedSetCountsOnlyOnceItIsApplied) {
  Store store = open();
  const StoredAttempt attempt = hand_in(store, "alice", "a");
  store.enter(attempt.id, 1, Standing::current, result_of(1), {}, {});
  const RowId dropped = store.begin_run("rejudge", "{}", {}), applied = store.begin_run("rejudge", "{}", {});
  store.enter(attempt.id, dropped, Standing::proposed, result_of(0), {}, {});
  store.enter(attempt.id, applied, Standing::proposed, result_of(2, Verdict::pass), {}, {});
  EXPECT_EQ(store.results(Standing::current)[0].result.score, 1);
  EXPECT_EQ(store.settle(dropped, Standing::dropped), 1);
  EXPECT_EQ(store.results(Standing::current)[0].result.score, 1);
  EXPECT_EQ(store.settle(applied, Standing::current), 1);
  EXPECT_EQ(store.results(Standing::current)[0].result.score, 2);
  EXPECT_EQ(store.results(Standing::current).size(), 1u);
  EXPECT_EQ(store.settle(applied, Standing::current), 0) << "a set is settled once";
}

TEST_F(Book, AJudgementOfTestsAloneIsNotDone) {
  Store store = open();
  Judgement judgement{"key", "01_tensor", "fill", "file", false, result_of(1).exercises[0], 5, 1.5};
  store.keep(judgement);
  ASSERT_TRUE(store.judgement("key"));
  EXPECT_FALSE(store.judgement("key")->done);
  judgement.done = true;
  judgement.result.points = 2;
  store.keep(judgement);
  EXPECT_TRUE(store.judgement("key")->done);
  EXPECT_EQ(store.judgement("key")->result.points, 2);
  EXPECT_EQ(store.judgement("key")->seconds, 1.5);
}

/// A process that runs `body` and then lives until it is told to end.
class Other {
 public:
  explicit Other(const std::function<void()>& body) {
    int ready[2], end[2];
    if (pipe(ready) != 0 || pipe(end) != 0) throw std::runtime_error("no pipe");
    pid_ = fork();
    if (pid_ == 0) {
      close(end[1]);
      body();
      char byte = 0;
      if (write(ready[1], &byte, 1) != 1 || read(end[0], &byte, 1) < 0) _exit(1);
      _exit(0);
    }
    close(ready[1]);
    close(end[0]);
    char byte = 0;
    if (read(ready[0], &byte, 1) != 1) throw std::runtime_error("the other process failed");
    close(ready[0]);
    end_ = end[1];
  }
  ~Other() {
    close(end_);
    waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
  int end_;
};

TEST_F(Book, AClaimHoldsAsLongAsItsOwnerLives) {
  open();
  {
    const Other other([&] { open().claim("key"); });
    Store store = open();
    EXPECT_FALSE(store.claim("key"));
    EXPECT_TRUE(store.claim("another key"));
    store.release("key");
    EXPECT_FALSE(store.claim("key")) << "one cannot release what another holds";
  }
  EXPECT_TRUE(open().claim("key")) << "the owner is gone";
}

TEST_F(Book, ARunIsTakenOverOnlyFromTheDead) {
  open();
  {
    const Other other([&] { open().begin_run("grade", "call", {}); });
    EXPECT_FALSE(open().adopt_run("grade"));
  }
  Store store = open();
  EXPECT_FALSE(store.adopt_run("rejudge"));
  EXPECT_FALSE(store.adopt_run("grade", "another call"));
  const auto run = store.adopt_run("grade", "call");
  ASSERT_TRUE(run);
  EXPECT_FALSE(store.adopt_run("grade", "call")) << "it has an owner now";
  store.end_run(run->id, "stopped");
  EXPECT_TRUE(store.adopt_run("grade")) << "a stopped run waits to be taken up";
  store.end_run(run->id, "finished");
  EXPECT_FALSE(store.adopt_run("grade"));
}

TEST_F(Book, ARefusalIsPendingUntilSomethingIsTakenIn) {
  Store store = open();
  Submission broken;
  broken.name = "alice";
  broken.problem = "not a zip";
  store.refuse(store.begin_run("grade", "{}", {}), broken);
  ASSERT_EQ(store.grade_inputs({}).pending.size(), 1u);
  EXPECT_EQ(store.grade_inputs({}).pending[0].reason, "not a zip");
  EXPECT_FALSE(store.grade_inputs({}).pending[0].ours);
  const StoredAttempt attempt = hand_in(store, "alice", "a");
  ASSERT_EQ(store.grade_inputs({}).pending.size(), 1u);
  EXPECT_TRUE(store.grade_inputs({}).pending[0].ours) << "taken in, and not judged yet";
  store.enter(attempt.id, 1, Standing::current, result_of(1), {}, {});
  EXPECT_TRUE(store.grade_inputs({}).pending.empty());
}

TEST_F(Book, DocumentsAndOverridesKeepTheirHistory) {
  Store store = open();
  EXPECT_EQ(store.document("policy"), "");
  store.keep_document("policy", "one");
  store.keep_document("policy", "two");
  EXPECT_EQ(store.document("policy"), "two");
  const RowId id = store.add_override({0, "alice", "01_tensor", "", 5, "me", "because", 7});
  EXPECT_EQ(store.overrides().size(), 1u);
  EXPECT_TRUE(store.withdraw_override(id, "me", "an error"));
  EXPECT_FALSE(store.withdraw_override(id, "me", "an error"));
  EXPECT_TRUE(store.overrides().empty());
  EXPECT_EQ(store.overrides(true).size(), 1u);
}

}  // namespace
}  // namespace kiln::grader
