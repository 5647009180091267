// Temporary folders: gone with their owner, and, where he was killed, with the next grader.
#include "grader/build/temp_directory.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "grader/sandbox/owner.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

TEST(TempDirectory, is_gone_with_all_that_is_in_it) {
  fs::path path;
  {
    const TempDirectory directory("kiln-test");
    path = directory.path();
    fs::create_directories(path / "a" / "b");
    fs::create_symlink("/etc", path / "a" / "link");
    EXPECT_EQ(fs::status(path).permissions(), fs::perms(0700));
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(fs::exists("/etc/passwd"));
}

TEST(Owner, names_this_process_and_knows_that_it_lives) {
  EXPECT_TRUE(owner_name().starts_with("kiln-" + std::to_string(getpid()) + "-"));
  EXPECT_FALSE(is_of_dead_owner(owner_name()));
  EXPECT_FALSE(is_of_dead_owner(owner_name() + "-abcdef"));
}

TEST(Owner, is_dead_where_the_number_is_free_or_another_process_has_it) {
  EXPECT_TRUE(is_of_dead_owner("kiln-" + std::to_string(getpid()) + "-1"));
  EXPECT_TRUE(is_of_dead_owner("kiln-999999999-1-abcdef"));
}

TEST(Owner, other_names_are_nobodys) {
  for (const char* name : {"", "kiln", "kiln-", "kiln-1", "kiln-1-", "kiln-1-x", "kiln-x-1", "kiln-lint-1m3X3Q",
                           "kiln-1-2x", "other-999999999-1", "kiln-99999999999999999999999-1"})
    EXPECT_FALSE(is_of_dead_owner(name)) << name;
}

TEST(TempDirectory, says_where_none_can_be_made) {
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before ? before : "";
  setenv("TMPDIR", "/no such folder", 1);
  const TempDirectory directory("kiln-test");
  before ? setenv("TMPDIR", kept.c_str(), 1) : unsetenv("TMPDIR");
  EXPECT_TRUE(directory.path().empty());
  EXPECT_NE(directory.problem().find("/no such folder/"), std::string::npos) << directory.problem();
}

/// A root for temporary folders that nobody else uses.
class Root : public testing::Test {
 protected:
  Root() {
    if (const char* value = std::getenv("TMPDIR")) before_ = value;
    setenv("TMPDIR", root().c_str(), 1);
  }
  ~Root() override {
    if (before_.empty())
      unsetenv("TMPDIR");
    else
      setenv("TMPDIR", before_.c_str(), 1);
  }
  fs::path root() const { return outer_.path(); }
  std::ptrdiff_t entries() const { return std::distance(fs::directory_iterator(root()), fs::directory_iterator()); }

 private:
  const TempDirectory outer_{"kiln-temp-test"};
  std::string before_;
};

TEST_F(Root, holds_one_folder_of_this_process_while_it_needs_any) {
  {
    const TempDirectory first("first"), second("second");
    EXPECT_EQ(entries(), 1);
    EXPECT_EQ(first.path().parent_path(), second.path().parent_path());
    EXPECT_TRUE(first.path().parent_path().filename().string().starts_with(owner_name()));
  }
  EXPECT_EQ(entries(), 0);
}

TEST_F(Root, is_swept_of_what_the_dead_left_and_of_nothing_else) {
  const fs::path dead = root() / "kiln-999999999-1-abcdef", locked = root() / "kiln-999999998-1-abcdef",
                 alive = root() / (owner_name() + "-abcdef"), other = root() / "kiln-lint-abcdef";
  for (const fs::path& folder : {dead, locked, alive, other}) {
    fs::create_directories(folder / "below");
    std::ofstream(folder / "below" / "file") << "text";
  }
  fs::create_directory_symlink("/etc", root() / "kiln-999999997-1-abcdef");
  const Descriptor lock = lock_directory(locked);
  ASSERT_TRUE(lock);
  const TempDirectory directory;
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(alive / "below" / "file"));
  EXPECT_TRUE(fs::exists(other / "below" / "file"));
  EXPECT_TRUE(fs::exists(locked / "below" / "file")) << "its owner may live in another process namespace";
  EXPECT_TRUE(fs::exists("/etc/passwd"));
}

TEST_F(Root, what_a_killed_grader_left_goes_with_the_next) {
  const pid_t grader = fork();
  if (grader == 0) {
    const TempDirectory directory("kiln-grade");
    std::ofstream(directory.path() / "file") << "text";
    raise(SIGKILL);
  }
  ASSERT_EQ(waitpid(grader, nullptr, 0), grader);
  ASSERT_EQ(entries(), 1);
  { const TempDirectory next; }
  EXPECT_EQ(entries(), 0);
}

}  // namespace
}  // namespace kiln::grader
