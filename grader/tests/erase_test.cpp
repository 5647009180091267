// Erasure: all of one student goes, nothing of anybody else, and no byte stays in the book's files.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "grader/book/class_book.hpp"
#include "grader/book/erase.hpp"
#include "grader/build/temp_directory.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRoster =
    "id,name,group\n"
    "s1,Unmistakable Person,g1\n"
    "s12,Neighbour,g1\n"
    "s3,Loner,g3\n"
    ",\"left out, but s1 in it\",\n";

constexpr const char* kPolicy =
    "student_of = '^([a-z0-9]+)_'\n"
    "[due]\n"
    "01_tensor = 2026-11-20T23:59:00\n"
    "\n"
    "[[extension]]\n"
    "student = \"s1\"\n"
    "module = \"01_tensor\"\n"
    "due = 2026-11-27T23:59:00\n"
    "reason = \"\"\"\n"
    "unmistakable\n"
    "[illness]\"\"\"\n"
    "# of the neighbour\n"
    "[[extension]]\n"
    "student = \"s12\"\n"
    "module = \"01_tensor\"\n"
    "due = 2026-11-28T23:59:00\n"
    "reason = \"journey\"\n";

class Erasing : public testing::Test {
 protected:
  Erasing() : store_(open()) {
    store_.keep_document(kRosterDocument, kRoster);
    store_.keep_document(kPolicyDocument, kPolicy);
  }

  Store open() {
    auto store = Store::open(file_, true);
    if (!store) throw std::runtime_error(store.error());
    return std::move(*store);
  }

  /// A submission with one file, judged.
  StoredAttempt hand_in(const std::string& name, const std::string& text, const std::string& detail = "") {
    Submission submission;
    submission.name = name;
    submission.notes = {"ignored: " + detail};
    const RowId run = store_.begin_run("grade", R"({"paths":["/class/)" + name + R"(.zip","/class"]})", {});
    const StoredAttempt attempt = store_.hand_in(run, submission, "01_tensor", {{"fill", text}}, 100);
    ExerciseResult exercise{.id = "fill", .verdict = Verdict::fail, .points = 1, .max = 2, .detail = detail};
    store_.keep({"key of " + attempt.files.at("fill"), "01_tensor", "fill", attempt.files.at("fill"), true, exercise});
    store_.enter(attempt.id, run, Standing::current, {"01_tensor", 1, 2, {exercise}}, {},
                 {{"fill", "key of " + attempt.files.at("fill")}});
    store_.note_fault(run, name, "01_tensor", "fill", "of " + name);
    store_.end_run(run, "finished");
    return attempt;
  }

  Erasure erase_now(const std::string& student) {
    auto erasure = erase(store_, student);
    EXPECT_TRUE(erasure.has_value()) << (erasure ? "" : erasure.error());
    return erasure ? *erasure : Erasure{};
  }

  /// Every byte of the book: the database, and what is beside it.
  std::string bytes() const {
    std::string all;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      std::ostringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      all += text.str();
    }
    return all;
  }
  bool has(const std::string& text) const { return bytes().find(text) != std::string::npos; }

  TempDirectory folder_{"erase-test"};
  fs::path file_ = folder_.path() / "book.sqlite";
  Store store_;
};

TEST_F(Erasing, leaves_no_byte_of_the_student_and_all_of_the_others) {
  hand_in("s1_monday", "int mine_alone;", "compiler words about mine_alone");
  hand_in("s12_monday", "int neighbours;", "compiler words about neighbours");
  store_.add_override({0, "s1", "01_tensor", "", 1, "Ada", "an unmistakable reason", 5});
  store_.add_override({0, "s12", "01_tensor", "", 2, "Ada", "another reason", 5});
  for (const char* text : {"s1_monday", "mine_alone", "Unmistakable Person", "unmistakable reason", "[illness]"})
    ASSERT_TRUE(has(text)) << text;

  const Erasure erasure = erase_now("s1");
  for (const char* text :
       {"s1_monday", "mine_alone", "Unmistakable Person", "unmistakable", "[illness]", "\"s1\"", "s1,"})
    EXPECT_FALSE(has(text)) << text;
  for (const char* text : {"s12_monday", "int neighbours;", "about neighbours", "Neighbour", "another reason",
                           "journey", "# of the neighbour", "/class"})
    EXPECT_TRUE(has(text)) << text;

  EXPECT_EQ(erasure.submissions, std::set<std::string>{"s1_monday"});
  EXPECT_EQ(erasure.partners, std::vector<std::string>{"s12"});
  EXPECT_EQ(erasure.attempts, 1);
  EXPECT_EQ(erasure.results, 1);
  EXPECT_EQ(erasure.files, 1);
  EXPECT_EQ(erasure.judgements, 1);
  EXPECT_EQ(erasure.faults, 1);
  EXPECT_EQ(erasure.overrides, 1);
  EXPECT_EQ(erasure.roster_lines, 2) << "the line of the id, and the one that was left out and names it";
  EXPECT_EQ(erasure.extensions, 1);
  EXPECT_EQ(erasure.left, std::vector<std::string>{});
  EXPECT_EQ(erased_students(store_), 1);
  EXPECT_EQ(store_.attempts().size(), 1u);
  EXPECT_EQ(store_.results(Standing::current).size(), 1u);
  const auto policy = parse_policy(store_.document(kPolicyDocument), "p");
  ASSERT_TRUE(policy.has_value()) << policy.error();
  ASSERT_EQ(policy->extensions.size(), 1u);
  EXPECT_EQ(policy->extensions[0].student, "s12");
}

TEST_F(Erasing, a_plan_says_the_same_and_changes_nothing) {
  hand_in("s1_a", "int x;");
  const auto plan = plan_erasure(store_, "s1");
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->attempts, 1);
  EXPECT_EQ(erased_students(store_), 0);
  EXPECT_EQ(store_.attempts().size(), 1u);
  EXPECT_EQ(store_.document(kRosterDocument), kRoster);
  EXPECT_EQ(erase_now("s1").attempts, 1);
}

TEST_F(Erasing, a_file_that_somebody_else_handed_in_too_stays_with_its_judgement) {
  const StoredAttempt mine = hand_in("s1_a", "int shared;");
  hand_in("s3_a", "int shared;");
  const Erasure erasure = erase_now("s1");
  EXPECT_EQ(erasure.files, 0);
  EXPECT_EQ(erasure.shared_files, 1);
  EXPECT_EQ(store_.file(mine.files.at("fill")), "int shared;");
  EXPECT_TRUE(store_.judgement("key of " + mine.files.at("fill")).has_value());
}

TEST_F(Erasing, earlier_rosters_and_policies_are_rid_of_the_student_too) {
  store_.keep_document(kRosterDocument, "id,name\ns3,Loner\n");
  store_.keep_document(kPolicyDocument, "# since s1 was ill\n[late]\nfree_days = 2\n");
  store_.keep_document(kPolicyDocument, "[late]\nfree_days = 3\n");
  const Erasure erasure = erase_now("s1");
  EXPECT_FALSE(has("Unmistakable"));
  EXPECT_FALSE(has("since s1 was ill")) << "an earlier policy that names the student goes as a whole";
  EXPECT_TRUE(has("Neighbour")) << "an earlier roster stays without the line";
  EXPECT_EQ(erasure.left, std::vector<std::string>{});
  EXPECT_EQ(store_.document(kPolicyDocument), "[late]\nfree_days = 3\n");
}

TEST_F(Erasing, what_cannot_be_cut_out_of_the_policy_in_force_is_told) {
  store_.keep_document(kPolicyDocument, "[due]\n01_tensor = 2026-11-20T23:59:00\n# s1 may be late\n");
  const Erasure erasure = erase_now("s1");
  ASSERT_EQ(erasure.left.size(), 1u);
  EXPECT_NE(erasure.left[0].find("kiln book policy FILE"), std::string::npos);
  EXPECT_EQ(store_.document(kPolicyDocument).find("[due]"), 0u) << "the policy in force stays in force";
}

TEST_F(Erasing, a_group_of_one_is_the_students_own_and_a_larger_one_is_not) {
  hand_in("g3_a", "int third;");
  hand_in("g1_a", "int first;");
  EXPECT_EQ(erase_now("s3").submissions, std::set<std::string>{"g3_a"});
  EXPECT_EQ(erase_now("s1").submissions, std::set<std::string>{});
  EXPECT_TRUE(has("int first;"));
}

TEST_F(Erasing, waits_for_nobody_who_is_at_work) {
  hand_in("s1_a", "int x;");
  const RowId run = store_.begin_run("grade", "{}", {});
  const auto refused = erase(store_, "s1");
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().find("another process is at work"), std::string::npos);
  EXPECT_EQ(store_.attempts().size(), 1u);
  store_.end_run(run, "finished");
  EXPECT_EQ(erase_now("s1").attempts, 1);
}

TEST_F(Erasing, of_nobody_counts_nobody) {
  EXPECT_TRUE(erase_now("s99").nothing());
  EXPECT_EQ(erased_students(store_), 0);
  EXPECT_EQ(store_.document(kRosterDocument), kRoster);
}

TEST_F(Erasing, a_roster_of_one_is_none_afterwards) {
  Store& store = store_;
  store.keep_document(kRosterDocument, "\xef\xbb\xbfid,name\r\ns1,\"A\r\nB\"");
  EXPECT_EQ(erase_now("s1").roster_lines, 3) << "of both versions";
  EXPECT_EQ(store.document(kRosterDocument), "");
}

TEST(EraseFromRoster, keeps_every_other_byte) {
  const RosterErasure erasure = erase_from_roster("\xef\xbb\xbfid;n\r\ns1;\"x\r\n;y\"\r\n\r\ns2;z", "s1");
  EXPECT_EQ(erasure.text, "\xef\xbb\xbfid;n\r\n\r\ns2;z");
  EXPECT_EQ(erasure.lines, 1);
  EXPECT_EQ(erase_from_roster("id,n\ns2,s1\n", "s1").lines, 0) << "a name is no id";
}

TEST(EraseFromPolicy, refuses_a_form_that_it_cannot_cut) {
  const std::string text =
      "extension = [{student = \"s1\", module = \"01_a\", due = 2026-11-27T23:59:00, reason = \"r\"}]\n"
      "[due]\n01_a = 2026-11-20T23:59:00\n";
  ASSERT_TRUE(parse_policy(text, "p").has_value());
  EXPECT_EQ(erase_from_policy(text, "s9")->text, text);
  const auto erasure = erase_from_policy(text, "s1");
  if (erasure) {
    EXPECT_EQ(parse_policy(erasure->text, "p")->due.size(), 1u);
  }
}

}  // namespace
}  // namespace kiln::grader
