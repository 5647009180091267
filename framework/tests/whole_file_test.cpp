// Files that are whole or not there, whenever the writer dies.
#include "kiln/whole_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

#include "folder.hpp"
#include "kiln/random.hpp"

namespace kiln {
namespace {

namespace fs = std::filesystem;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class WholeFile : public testing::Test {
 protected:
  static std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  Folder scratch_;
  fs::path folder_ = scratch_.path();
};

TEST_F(WholeFile, WriteReplacesWholeFilesAndLeavesNothingBehind) {
  const fs::path path = folder_ / "new" / "folder" / "a.html";
  EXPECT_FALSE(write_atomically(path, "one"));
  EXPECT_FALSE(write_atomically(path, "two"));
  EXPECT_EQ(read(path), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(path.parent_path()), {}), 1) << "no temporary file stays";
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644u);
}

TEST_F(WholeFile, PiecesBecomeOneFileAndABrokenOffOneChangesNothing) {
  const fs::path path = folder_ / "a.json";
  EXPECT_FALSE(write_atomically(path, [](const Sink& sink) {
    for (const char* piece : {"[", "1", "", ",2", "]"}) sink(piece);
  }));
  EXPECT_EQ(read(path), "[1,2]");
  const auto broken = [](const Sink& sink) {
    sink("[");
    throw std::runtime_error("the store is gone");
  };
  EXPECT_THROW(static_cast<void>(write_atomically(path, broken)), std::runtime_error);
  EXPECT_EQ(read(path), "[1,2]");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "no temporary file stays";
}

TEST_F(WholeFile, ASymlinkIsReplacedNotFollowed) {
  ASSERT_FALSE(write_atomically(folder_ / "victim", "precious"));
  fs::create_symlink(folder_ / "victim", folder_ / "report");
  EXPECT_FALSE(write_atomically(folder_ / "report", "new"));
  EXPECT_EQ(read(folder_ / "victim"), "precious");
  EXPECT_EQ(read(folder_ / "report"), "new");
}

TEST_F(WholeFile, AFailureSaysWhatAndWhereAndCleansUp) {
  fs::create_directories(folder_ / "taken" / "inside");
  const auto problem = write_atomically(folder_ / "taken", "x");
  ASSERT_TRUE(problem);
  EXPECT_TRUE(contains(*problem, (folder_ / "taken").string())) << *problem;
  EXPECT_TRUE(contains(*problem, "renaming")) << *problem;
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
  ASSERT_FALSE(write_atomically(folder_ / "file", "x"));
  EXPECT_TRUE(write_atomically(folder_ / "file" / "below", "x")) << "a file is no folder";
}

TEST_F(WholeFile, ATrialTellsWhatWritingWouldAndLeavesNoFile) {
  EXPECT_FALSE(why_not_writable(folder_ / "new" / "a.html"));
  EXPECT_TRUE(fs::is_empty(folder_ / "new"));
  ASSERT_FALSE(write_atomically(folder_ / "file", "x"));
  EXPECT_FALSE(why_not_writable(folder_ / "file"));
  EXPECT_EQ(read(folder_ / "file"), "x");
  const auto below = why_not_writable(folder_ / "file" / "below");
  ASSERT_TRUE(below);
  EXPECT_TRUE(contains(*below, (folder_ / "file" / "below").string())) << *below;
  EXPECT_TRUE(why_not_writable(folder_ / "new")) << "a folder is no file";
}

TEST_F(WholeFile, DevicesAndPipesStayWhatTheyAre) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_FALSE(why_not_writable(pipe));
  EXPECT_FALSE(write_atomically(pipe, "through"));
  char text[16] = {};
  EXPECT_EQ(::read(reader, text, sizeof text), 7);
  close(reader);
  EXPECT_STREQ(text, "through");
  EXPECT_TRUE(fs::is_fifo(pipe));
  // A link that leads to a device is no file to be replaced either.
  fs::create_symlink("/dev/null", folder_ / "nothing");
  EXPECT_FALSE(write_atomically(folder_ / "nothing", "gone"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "nothing"));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

// A child writes one content after the other, each of one repeated letter, until it is killed somewhere on the way.
TEST_F(WholeFile, AKilledWriterLeavesTheOldFileOrTheNewOne) {
  constexpr std::size_t kBytes = 4 << 20;
  const fs::path path = folder_ / "file";
  ASSERT_FALSE(write_atomically(path, std::string(kBytes, 'a')));
  Random random(1);
  std::set<char> seen;
  for (int run = 0; run < 30; ++run) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (char letter = 'a';; letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1))
        if (write_atomically(path, std::string(kBytes, letter))) _exit(1);
    }
    usleep(static_cast<useconds_t>(random.below(20'000)));
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
    const std::string content = read(path);
    ASSERT_EQ(content.size(), kBytes);
    ASSERT_EQ(content.find_first_not_of(content[0]), std::string::npos) << "half of one content, half of another";
    seen.insert(content[0]);
  }
  EXPECT_GT(seen.size(), 1u) << "nothing was ever written";
}

}  // namespace
}  // namespace kiln
