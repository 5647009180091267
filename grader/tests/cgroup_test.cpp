// Cgroups: the version that this machine has, with real limits; and version 2 on a directory tree that stands for it.
#include "grader/sandbox/cgroup.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "grader/build/temp_directory.hpp"
#include "grader/sandbox/bounds.hpp"
#include "grader/sandbox/owner.hpp"
#include "grader/sandbox/process.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;
using End = ProcessResult::End;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

/// A machine whose /proc and cgroups are plain files. A new directory gets the files that a cgroup would have.
class FakeMachine {
 public:
  explicit FakeMachine(std::map<std::string, std::string> files) : files_(std::move(files)) {
    write(root() + "/proc/self/mountinfo",
          "22 1 0:21 / / rw - ext4 /dev/sda rw\n30 22 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n");
    write(root() + "/proc/self/cgroup", "0::/user.slice/kiln.scope\n");
    populate(scope());
    write(scope() / "cgroup.controllers", "cpu memory pids\n");
  }
  std::string root() const { return directory_.path().string(); }
  fs::path scope() const { return directory_.path() / "sys/fs/cgroup/user.slice/kiln.scope"; }
  fs::path home() const { return scope() / owner_name(); }

  CgroupSystem system() {
    return {[this](const char* path) {
              if (::mkdir(path, 0755) != 0) return -1;
              populate(path);
              return 0;
            },
            [](const char* path) {
              // A cgroup's files go with it; cgroups below do not.
              for (const fs::directory_entry& entry : fs::directory_iterator(path))
                if (entry.is_directory()) return errno = EBUSY, -1;
              return fs::remove_all(path) > 0 ? 0 : -1;
            }};
  }

 private:
  void populate(const fs::path& group) const {
    for (const auto& [name, text] : files_) write(group / name, text);
  }
  const TempDirectory directory_{"kiln-cgroup-test"};
  const std::map<std::string, std::string> files_;
};

const std::map<std::string, std::string> kVersion2 = {{"cgroup.controllers", "memory pids\n"},
                                                      {"cgroup.procs", ""},
                                                      {"cgroup.subtree_control", ""},
                                                      {"memory.max", "max\n"},
                                                      {"memory.swap.max", "max\n"},
                                                      {"memory.events", "low 0\noom 3\noom_kill 2\n"},
                                                      {"memory.peak", "4096\n"},
                                                      {"pids.max", "max\n"},
                                                      {"cpu.stat", "usage_usec 1500000\nuser_usec 1\n"},
                                                      {"cgroup.kill", ""}};

TEST(CgroupVersion2, moves_out_of_the_cgroup_that_it_divides) {
  FakeMachine machine(kVersion2);
  const CgroupSystem system = machine.system();
  Cgroups cgroups(machine.root(), system);
  EXPECT_TRUE(cgroups.bounds_memory());
  EXPECT_TRUE(cgroups.bounds_tasks());
  EXPECT_EQ(cgroups.describe("memory"), "version 2, " + machine.home().string());
  EXPECT_EQ(text_of(machine.home() / "judge/cgroup.procs"), std::to_string(getpid()));
  EXPECT_EQ(text_of(machine.scope() / "cgroup.subtree_control"), "+memory +pids");
  EXPECT_EQ(text_of(machine.home() / "cgroup.subtree_control"), "+memory +pids");
}

TEST(CgroupVersion2, bounds_a_box_with_its_swap) {
  FakeMachine machine(kVersion2);
  const CgroupSystem system = machine.system();
  Cgroups cgroups(machine.root(), system);
  std::string problem;
  CgroupBox box = cgroups.make({.memory_bytes = 1 << 20, .tasks = 7}, false, problem);
  ASSERT_TRUE(box) << problem;
  const fs::path directory = box.directories().at(0);
  EXPECT_EQ(directory, machine.home() / "box-0");
  EXPECT_EQ(text_of(directory / "memory.max"), "1048576");
  EXPECT_EQ(text_of(directory / "memory.swap.max"), "0");
  EXPECT_EQ(text_of(directory / "pids.max"), "7");
  EXPECT_EQ(text_of(directory / "cgroup.subtree_control"), "") << "a cgroup with processes cannot hand controllers on";
  EXPECT_TRUE(box.cradle());

  const GroupUsage usage = box.finish();
  EXPECT_EQ(usage.memory_kills, 2u);
  EXPECT_EQ(usage.peak_bytes, 4096u);
  EXPECT_EQ(usage.cpu_seconds, 1.5);
  EXPECT_FALSE(fs::exists(directory));
  EXPECT_EQ(box.problem(), "");
}

TEST(CgroupVersion2, a_divided_box_keeps_its_own_processes_below) {
  FakeMachine machine(kVersion2);
  const CgroupSystem system = machine.system();
  Cgroups cgroups(machine.root(), system);
  std::string problem;
  CgroupBox box = cgroups.make({.tasks = 7}, true, problem);
  ASSERT_TRUE(box) << problem;
  const fs::path directory = box.directories().at(0);
  EXPECT_EQ(text_of(directory / "cgroup.subtree_control"), "+memory +pids");
  EXPECT_EQ(text_of(directory / "memory.max"), "max\n") << "no limit was asked for";
  ASSERT_EQ(box.entrances().size(), 1u);
  ASSERT_EQ(::write(box.entrances()[0].get(), "0", 1), 1);
  EXPECT_EQ(text_of(directory / "judge/cgroup.procs"), "0");
  write(directory / "judge/cgroup.procs", "");
  // What kiln-sandbox made beside goes as well.
  fs::create_directory(directory / "worker-12");
  box.finish();
  EXPECT_FALSE(fs::exists(directory));
}

TEST(CgroupVersion2, leaves_the_cgroup_as_it_was) {
  FakeMachine machine(kVersion2);
  const CgroupSystem system = machine.system();
  { const Cgroups cgroups(machine.root(), system); }
  EXPECT_FALSE(fs::exists(machine.home()));
  EXPECT_EQ(text_of(machine.scope() / "cgroup.subtree_control"), "-memory -pids");
  EXPECT_EQ(text_of(machine.scope() / "cgroup.procs"), std::to_string(getpid()));
}

TEST(CgroupVersion2, removes_what_a_dead_grader_left_and_nothing_else) {
  FakeMachine machine(kVersion2);
  const fs::path dead = machine.scope() / "kiln-1-999999999999", alive = machine.scope() / (owner_name() + "-x"),
                 other = machine.scope() / "kiln-tools";
  for (const fs::path& group : {dead / "box-3" / "worker-9", alive, other}) fs::create_directories(group);
  const CgroupSystem system = machine.system();
  const Cgroups cgroups(machine.root(), system);
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(alive));
  EXPECT_TRUE(fs::exists(other));
}

TEST(CgroupVersion2, leaves_a_grader_alone_that_holds_its_lock) {
  FakeMachine machine(kVersion2);
  const fs::path unseen = machine.scope() / "kiln-1-999999999999";
  fs::create_directories(unseen);
  const Descriptor lock = lock_directory(unseen);
  ASSERT_TRUE(lock);
  const CgroupSystem system = machine.system();
  const Cgroups cgroups(machine.root(), system);
  EXPECT_TRUE(fs::exists(unseen)) << "its owner may live in another process namespace";
}

TEST(CgroupVersion2, says_why_there_is_none) {
  FakeMachine machine(kVersion2);
  CgroupSystem system = machine.system();
  system.make = [](const char*) { return errno = EACCES, -1; };
  Cgroups cgroups(machine.root(), system);
  EXPECT_FALSE(cgroups.bounds_memory());
  EXPECT_NE(cgroups.describe("pids").find("Permission denied"), std::string::npos) << cgroups.describe("pids");
  std::string problem;
  EXPECT_FALSE(cgroups.make({.tasks = 7}, false, problem));
  EXPECT_EQ(problem, "") << "a machine without cgroups is no failure";
}

TEST(CgroupVersion2, a_cgroup_that_fails_is_told) {
  FakeMachine machine(kVersion2);
  CgroupSystem system = machine.system();
  bool broken = false;
  system.make = [&broken, make = system.make](const char* path) { return broken ? (errno = ENOSPC, -1) : make(path); };
  Cgroups cgroups(machine.root(), system);
  broken = true;
  std::string problem;
  EXPECT_FALSE(cgroups.make({.tasks = 7}, false, problem));
  EXPECT_NE(problem.find("No space left"), std::string::npos) << problem;
}

TEST(CgroupVersion2, controllers_that_are_not_handed_down_are_missing) {
  FakeMachine machine(kVersion2);
  write(machine.scope() / "cgroup.controllers", "cpu pids\n");
  const CgroupSystem system = machine.system();
  const Cgroups cgroups(machine.root(), system);
  EXPECT_FALSE(cgroups.bounds_memory());
  EXPECT_TRUE(cgroups.bounds_tasks());
  EXPECT_EQ(text_of(machine.home() / "cgroup.subtree_control"), "+pids");
}

TEST(CgroupVersion1, finds_each_controller_in_its_own_hierarchy) {
  FakeMachine machine({{"cgroup.procs", ""},
                       {"memory.limit_in_bytes", "9\n"},
                       {"memory.memsw.limit_in_bytes", "9\n"},
                       {"memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"},
                       {"memory.max_usage_in_bytes", "5\n"},
                       {"pids.max", "max\n"}});
  // The mount of memory shows a part of its hierarchy only, as a container's does.
  write(machine.root() + "/proc/self/mountinfo",
        "31 22 0:27 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "32 22 0:28 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
        "33 22 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  write(machine.root() + "/proc/self/cgroup", "8:pids:/\n4:memory:/docker/abc/me\n0::/\n");
  fs::create_directories(machine.root() + "/sys/fs/cgroup/memory/me");
  fs::create_directories(machine.root() + "/sys/fs/cgroup/pids");
  const CgroupSystem system = machine.system();
  Cgroups cgroups(machine.root(), system);
  std::string problem;
  CgroupBox box = cgroups.make({.memory_bytes = 4096, .tasks = 3}, false, problem);
  ASSERT_EQ(box.directories().size(), 2u) << problem;
  const fs::path pids = box.directories()[0], memory = box.directories()[1];
  EXPECT_EQ(pids, machine.root() + "/sys/fs/cgroup/pids/" + owner_name() + "/box-0");
  EXPECT_EQ(memory, machine.root() + "/sys/fs/cgroup/memory/me/" + owner_name() + "/box-0");
  EXPECT_EQ(text_of(memory / "memory.limit_in_bytes"), "4096");
  EXPECT_EQ(text_of(memory / "memory.memsw.limit_in_bytes"), "4096");
  EXPECT_EQ(text_of(pids / "pids.max"), "3");
  EXPECT_FALSE(box.cradle()) << "two hierarchies must be joined one by one";
}

/// The real hierarchy of version 2 on this machine, with or without controllers; "" where it cannot be written.
fs::path real_version2() {
  for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"})
    if (access((fs::path(path) / "cgroup.subtree_control").c_str(), W_OK) == 0) return path;
  return "";
}

// The machine is made up but for the box, which is a real cgroup behind a link.
TEST(CgroupVersion2, a_child_is_born_inside_and_the_kernel_kills_all) {
  if (real_version2().empty()) GTEST_SKIP() << "no hierarchy of version 2 that this user may write";
  const fs::path real = real_version2() / ("kiln-test-" + std::to_string(getpid()));
  FakeMachine machine(kVersion2);
  CgroupSystem system = machine.system();
  system.make = [&, make = system.make](const char* path) {
    if (!std::string(path).ends_with("box-0")) return make(path);
    return ::mkdir(real.c_str(), 0755) != 0 ? -1 : ::symlink(real.c_str(), path);
  };
  system.remove = [&, remove = system.remove](const char* path) {
    if (!std::string(path).ends_with("box-0")) return remove(path);
    return ::rmdir(real.c_str()) != 0 ? -1 : ::unlink(path);
  };
  Cgroups cgroups(machine.root(), system);
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  std::string problem;
  CgroupBox box = cgroups.make({}, false, problem);
  ASSERT_TRUE(box.cradle()) << problem;
  ProcessOptions options{.keep = {writing.get()}};
  options.box = &box;
  const ProcessResult result = run({"/bin/bash", "-c", "cat /proc/self/cgroup; (setsid sleep 1000 &)"}, options);
  EXPECT_NE(result.output.find("0::/"), std::string::npos);
  EXPECT_NE(result.output.find(real.filename().string() + "\n"), std::string::npos) << result.output;
  EXPECT_EQ(box.problem(), "");
  EXPECT_FALSE(fs::exists(real));
  writing.reset();
  char byte;
  EXPECT_EQ(read(reading.get(), &byte, 1), 0);
}

/// What this machine has.
class RealCgroup : public testing::Test {
 protected:
  void SetUp() override {
    Cgroups& cgroups = Cgroups::ours();
    if (!cgroups.bounds_memory()) GTEST_SKIP() << "no memory cgroup: " << cgroups.describe("memory");
    if (!cgroups.bounds_tasks()) GTEST_SKIP() << "no pids cgroup: " << cgroups.describe("pids");
  }
  ProcessResult shell(const std::string& script, const GroupLimits& limits) {
    std::string problem;
    CgroupBox box = Cgroups::ours().make(limits, false, problem);
    EXPECT_EQ(problem, "");
    directories = box.directories();
    ProcessOptions options{.wall_limit = std::chrono::seconds(60)};
    options.box = &box;
    const ProcessResult result = run({"/bin/bash", "-c", script}, options);
    EXPECT_EQ(box.problem(), "");
    for (const std::string& directory : directories) EXPECT_FALSE(fs::exists(directory)) << directory;
    return result;
  }
  std::vector<std::string> directories;
};

TEST_F(RealCgroup, kills_what_takes_too_much_memory_together) {
  // Four processes of 30 MB each: no limit of a single process would see it.
  const std::string hog = "head -c 30000000 /dev/zero | tail -c 30000000 >/dev/null & ";
  const ProcessResult result = shell(hog + hog + hog + hog + "wait", {.memory_bytes = 64u << 20, .tasks = 64});
  EXPECT_EQ(result.exceeded, Exceeded::memory);
  EXPECT_GE(result.usage.memory_kills, 1u);
  EXPECT_GT(result.usage.peak_bytes.value_or(0), 32u << 20);
}

TEST_F(RealCgroup, leaves_alone_what_stays_below) {
  const ProcessResult result =
      shell("head -c 30000000 /dev/zero | tail -c 30000000 | wc -c", {.memory_bytes = 256u << 20, .tasks = 16});
  EXPECT_EQ(result.output, "30000000\n");
  EXPECT_EQ(result.exceeded, Exceeded::nothing);
}

TEST_F(RealCgroup, refuses_a_process_too_many) {
  // Not bash, which tries again for seconds.
  const ProcessResult result = shell("exec /bin/sh -c 'sleep 1000 & sleep 1000 & exit 0'", {.tasks = 2});
  EXPECT_EQ(result.code, 2);
  EXPECT_NE(result.output.find("Cannot fork"), std::string::npos) << result.output;
}

TEST_F(RealCgroup, ends_what_left_its_session_and_its_parent) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, 0), 0);
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  std::string problem;
  CgroupBox box = Cgroups::ours().make({.tasks = 64}, false, problem);
  ProcessOptions options{.keep = {writing.get()}};
  options.box = &box;
  const ProcessResult result = run({"/bin/bash", "-c", "(setsid setsid sleep 1000 &) ; exit 0"}, options);
  EXPECT_TRUE(result.ok()) << result.output;
  writing.reset();
  char byte;
  EXPECT_EQ(read(reading.get(), &byte, 1), 0) << "it held the pipe";
}

TEST_F(RealCgroup, what_a_killed_grader_left_is_removed_by_the_next) {
  // A process settles down, makes a box, puts a child into it, and is killed.
  int ends[2];
  ASSERT_EQ(pipe2(ends, 0), 0);
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  const pid_t grader = fork();
  if (grader == 0) {
    Cgroups cgroups;
    std::string problem;
    const CgroupBox box = cgroups.make({.tasks = 64}, false, problem);
    if (fork() == 0) {
      // Executes something, as every child of a grader does: locks are not handed on.
      for (const Descriptor& entrance : box.entrances())
        if (::write(entrance.get(), "0", 1) != 1) _exit(1);
      const std::string home = fs::path(box.directories().at(0)).parent_path();
      if (::write(ends[1], home.data(), home.size()) < 0) _exit(1);
      execl("/bin/sleep", "sleep", "1000", nullptr);
      _exit(1);
    }
    raise(SIGSTOP);
    _exit(0);
  }
  close(ends[1]);
  char text[512];
  const ssize_t got = read(ends[0], text, sizeof text);
  ASSERT_GT(got, 0);
  const fs::path home(std::string(text, static_cast<std::size_t>(got)));
  kill(grader, SIGKILL);
  ASSERT_EQ(waitpid(grader, nullptr, 0), grader);
  ASSERT_TRUE(fs::exists(home));
  // Its child lives on in the box, holding the pipe.
  { const Cgroups next; }
  EXPECT_FALSE(fs::exists(home));
  char byte;
  EXPECT_EQ(read(ends[0], &byte, 1), 0) << "what it had started lives on";
  close(ends[0]);
}

}  // namespace
}  // namespace kiln::grader
