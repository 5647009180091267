// The worker's box: what it refuses, what it lets through, and how each end is reported.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "grader/sandbox/cgroup.hpp"
#include "grader/sandbox/descriptor.hpp"
#include "grader/sandbox/layers.hpp"
#include "grader/sandbox/process.hpp"
#include "grader/sandbox/profile.hpp"
#include "grader/sandbox/seccomp.hpp"

namespace kiln::grader {
namespace {

using End = ProcessResult::End;
using Words = std::vector<std::string>;

ProcessResult in_box(const Words& deed, const Words& options = {}, const std::vector<int>& keep = {}) {
  Words command = {KILN_SANDBOX, "worker"};
  command.insert(command.end(), options.begin(), options.end());
  command.insert(command.end(), {"--", SANDBOX_PROBE});
  command.insert(command.end(), deed.begin(), deed.end());
  return run(command, {.wall_limit = std::chrono::seconds(60), .keep = keep});
}

class Sandbox : public testing::Test {
 protected:
  void SetUp() override {
    static const Layers layers = probe_layers();
    if (!layers.fit_to_grade()) GTEST_SKIP() << layers.refusal();
  }
};

TEST_F(Sandbox, passes_on_the_exit_status) {
  EXPECT_EQ(in_box({"exit", "0"}).code, 0);
  EXPECT_EQ(in_box({"exit", "7"}).code, 7);
}

TEST_F(Sandbox, reports_the_signal_that_ended_the_worker) {
  EXPECT_EQ(in_box({"fall_over"}).code, 128 + SIGSEGV);
  EXPECT_EQ(in_box({"abort"}).code, 128 + SIGABRT);
}

TEST_F(Sandbox, traps_what_a_worker_has_no_use_for) {
  const long calls[] = {SYS_open,
                        SYS_openat,
                        SYS_openat2,
                        SYS_fork,
                        SYS_vfork,
                        SYS_clone,
                        SYS_clone3,
                        SYS_execveat,
                        SYS_socket,
                        SYS_socketpair,
                        SYS_connect,
                        SYS_ptrace,
                        SYS_kill,
                        SYS_tkill,
                        SYS_memfd_create,
                        SYS_unshare,
                        SYS_setns,
                        SYS_mount,
                        SYS_io_uring_setup,
                        SYS_sched_setaffinity,
                        SYS_setrlimit,
                        SYS_pidfd_open,
                        SYS_process_vm_readv,
                        SYS_personality,
                        SYS_shmget,
                        SYS_bpf,
                        SYS_keyctl,
                        SYS_userfaultfd,
                        SYS_perf_event_open,
                        SYS_seccomp,
                        SYS_timer_create,
                        SYS_setitimer,
                        SYS_rt_sigqueueinfo,
                        SYS_chdir,
                        SYS_unlink};
  for (long call : calls) {
    const ProcessResult result = in_box({"call", std::to_string(call)});
    EXPECT_EQ(result.output, "refused " + std::to_string(call) + "\n");
    EXPECT_EQ(result.code, 99);
  }
}

TEST_F(Sandbox, kills_a_worker_that_does_not_handle_the_trap) {
  const ProcessResult result = in_box({"call", std::to_string(SYS_socket), "unhandled"});
  EXPECT_EQ(result.end, End::exited);
  EXPECT_EQ(result.code, 128 + SIGSYS);
}

TEST_F(Sandbox, kills_a_worker_that_uses_the_32_bit_entry) {
  const ProcessResult result = in_box({"call_32_bit"});
#if defined(__x86_64__)
  EXPECT_EQ(result.code, 128 + SIGSYS);
  EXPECT_EQ(result.output, "");
#else
  EXPECT_EQ(result.code, 0);
#endif
}

TEST_F(Sandbox, holds_nothing_to_execute) { EXPECT_EQ(in_box({"execute"}).output, "No such file or directory\n"); }

TEST_F(Sandbox, answers_the_terminal_question_without_a_terminal) {
  EXPECT_EQ(in_box({"ioctl"}).output, "Inappropriate ioctl for device\n");
}

TEST_F(Sandbox, has_no_environment) {
  // bubblewrap sets PWD for the directory that it enters.
  EXPECT_EQ(in_box({"environment"}).output, "environment: PWD=/\n");
}

TEST_F(Sandbox, starts_no_thread_unless_it_may) {
  // glibc blocks every signal around clone3, so the trap kills at once and names no number.
  EXPECT_EQ(in_box({"thread"}).code, 128 + SIGSYS);
  EXPECT_EQ(in_box({"thread"}, {"--threads", "2"}).output, "thread gave 7\n");
  // clone without a thread's flags is a fork, and refused still.
  EXPECT_EQ(in_box({"call", std::to_string(SYS_clone)}, {"--threads", "2"}).output,
            "refused " + std::to_string(SYS_clone) + "\n");
  EXPECT_EQ(in_box({"call", std::to_string(SYS_fork)}, {"--threads", "2"}).code, 99);
}

TEST_F(Sandbox, bounds_memory) {
  EXPECT_EQ(in_box({"memory", "300"}, {"--memory-mb", "200"}).output, "no memory\n");
  EXPECT_EQ(in_box({"memory", "300"}, {"--memory-mb", "500"}).output, "got memory\n");
  // Room for arenas is for what was inherited, and not for memory of its own, of whatever kind.
  EXPECT_EQ(in_box({"memory", "300"}, {"--memory-mb", "200", "--arena-mb", "3000"}).output, "no memory\n");
  EXPECT_EQ(in_box({"share", "1"}, {"--memory-mb", "200", "--arena-mb", "3000"}).output, "Cannot allocate memory\n");
}

TEST_F(Sandbox, bounds_descriptors) {
  EXPECT_EQ(in_box({"open_many"}).output, "descriptors up to 255: Too many open files\n");
}

TEST_F(Sandbox, lets_limits_be_read_and_not_set) {
  EXPECT_EQ(in_box({"limits"}, {"--memory-mb", "300", "--arena-mb", "20"}).output, "address space 320\n");
  EXPECT_EQ(in_box({"raise_limit"}).code, 99);
}

TEST_F(Sandbox, bounds_cpu_time) {
  const ProcessResult result = in_box({"spin"}, {"--cpu-seconds", "1"});
  EXPECT_EQ(result.code, 128 + SIGXCPU);
}

TEST_F(Sandbox, dies_with_the_process_that_was_started) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  Descriptor reading(ends[0]), writing(ends[1]);
  const ProcessResult result = run({KILN_SANDBOX, "worker", "--", SANDBOX_PROBE, "spin"},
                                   {.wall_limit = std::chrono::milliseconds(200), .keep = {writing.get()}});
  EXPECT_TRUE(result.timed_out());
  writing.reset();
  char byte;
  EXPECT_EQ(read(reading.get(), &byte, 1), 0) << "ends only when the worker is dead as well";
}

TEST_F(Sandbox, bounds_files_written_through_descriptors) {
  Descriptor file(memfd_create("out", MFD_CLOEXEC));
  const std::string redirect = std::string("exec '") + KILN_SANDBOX + "' worker --output-bytes 100000 -- '" +
                               SANDBOX_PROBE + "' flood 10000000 >&" + std::to_string(file.get());
  const ProcessResult result = run({"/bin/bash", "-c", redirect}, {.keep = {file.get()}});
  EXPECT_EQ(result.code, 128 + SIGXFSZ);
  EXPECT_EQ(lseek(file.get(), 0, SEEK_END), 100000);
}

/// Limits on threads: the kernel counts an ordinary user's in his namespace, and root's in a cgroup.
class Threads : public Sandbox {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    std::string problem;
    box = Cgroups::ours().make({}, true, problem);
    ASSERT_EQ(problem, "");
    if (geteuid() == 0 && !Cgroups::ours().bounds_tasks())
      GTEST_SKIP() << "root's threads are not counted without a cgroup: " << Cgroups::ours().describe("pids");
    if (geteuid() == 0)
      for (const std::string& directory : box.directories()) in_cgroup.insert(in_cgroup.end(), {"--cgroup", directory});
  }
  ProcessResult start(const std::string& wanted, const std::string& allowed) {
    Words options = in_cgroup;
    options.insert(options.end(), {"--threads", allowed});
    return in_box({"threads", wanted}, options);
  }
  CgroupBox box;
  Words in_cgroup;
};

TEST_F(Threads, further_than_allowed_fail_and_harm_nothing) {
  for (int allowed : {2, 3, 7}) {
    const ProcessResult result = start("20", std::to_string(allowed));
    EXPECT_EQ(result.output, std::to_string(allowed) + " threads: Resource temporarily unavailable\n");
    EXPECT_EQ(result.code, 0);
  }
  EXPECT_EQ(start("4", "7").output, "5 threads\n");
}

TEST_F(Threads, are_counted_for_each_box_alone) {
  // Other processes of the same user do not count.
  const Words command = {"/bin/sh", "-c", "sleep 1000 & sleep 1000 & sleep 1000 & \"$0\" \"$@\"", KILN_SANDBOX,
                         "worker"};
  Words whole = command;
  whole.insert(whole.end(), in_cgroup.begin(), in_cgroup.end());
  whole.insert(whole.end(), {"--threads", "2", "--", SANDBOX_PROBE, "threads", "5"});
  EXPECT_EQ(run(whole).output, "2 threads: Resource temporarily unavailable\n");
}

TEST_F(Threads, and_memory_of_the_arena_count_for_the_cgroup) {
  if (!Cgroups::ours().bounds_memory()) GTEST_SKIP() << Cgroups::ours().describe("memory");
  Words options = {"--memory-mb", "64", "--arena-mb", "1024"};
  for (const std::string& directory : box.directories()) options.insert(options.end(), {"--cgroup", directory});
  Descriptor arena(memfd_create("arena", MFD_CLOEXEC));
  ASSERT_EQ(ftruncate(arena.get(), 512 << 20), 0);
  const ProcessResult result = in_box({"fill_arena", std::to_string(arena.get())}, options, {arena.get()});
  EXPECT_EQ(result.code, 128 + SIGKILL);
  EXPECT_GE(box.finish().memory_kills, 1u);
  EXPECT_EQ(box.problem(), "");
}

TEST_F(Sandbox, a_watched_worker_cannot_fill_an_arena) {
  Descriptor arena(memfd_create("arena", MFD_CLOEXEC));
  ASSERT_EQ(ftruncate(arena.get(), 512 << 20), 0);
  const ProcessResult result = run(
      {KILN_SANDBOX, "worker", "--memory-mb", "64", "--arena-mb", "1024", "--", SANDBOX_PROBE, "fill_arena",
       std::to_string(arena.get())},
      {.wall_limit = std::chrono::seconds(60), .watch = GroupLimits{.memory_bytes = 96u << 20}, .keep = {arena.get()}});
  EXPECT_EQ(result.exceeded, Exceeded::memory);
  EXPECT_EQ(result.code, 128 + SIGKILL) << "which the judge reads as memory";
}

TEST_F(Sandbox, a_watched_worker_may_use_what_the_judge_has_filled) {
  Descriptor arena(memfd_create("arena", MFD_CLOEXEC));
  ASSERT_EQ(ftruncate(arena.get(), 200 << 20), 0);
  void* memory = mmap(nullptr, 200 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, arena.get(), 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memset(memory, 2, 200 << 20);
  const ProcessResult result = run(
      {KILN_SANDBOX, "worker", "--cpu-seconds", "1", "--memory-mb", "64", "--arena-mb", "1024", "--", SANDBOX_PROBE,
       "fill_arena", std::to_string(arena.get())},
      {.wall_limit = std::chrono::seconds(60), .watch = GroupLimits{.memory_bytes = 96u << 20}, .keep = {arena.get()}});
  EXPECT_EQ(result.exceeded, Exceeded::nothing);
  EXPECT_EQ(result.code, 128 + SIGXCPU);
  munmap(memory, 200 << 20);
}

TEST_F(Sandbox, a_worker_dies_with_a_test_program_that_is_killed) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  // As the test program does it: the box is no member of its group. -m gives each job a group of its own.
  const std::string script = std::string("set -m; coproc '") + KILN_SANDBOX + "' worker -- '" + SANDBOX_PROBE +
                             "' ready; read -u ${COPROC[0]} line; kill -9 $$";
  const ProcessResult result = run({"/bin/bash", "-c", script}, {.keep = {writing.get()}});
  EXPECT_EQ(result.end, End::signalled);
  EXPECT_EQ(result.code, SIGKILL);
  writing.reset();
  char byte;
  EXPECT_EQ(read(reading.get(), &byte, 1), 0) << "a worker outlived its test program";
}

TEST_F(Sandbox, keeps_out_descriptors_that_lead_to_the_host) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Descriptor reading(ends[0]), pipe(ends[1]), memory(memfd_create("arena", MFD_CLOEXEC));
  const Descriptor file(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  const Descriptor directory(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Descriptor path(open("/etc", O_PATH | O_CLOEXEC)), device(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const ProcessResult result =
      in_box({"descriptors"}, {}, {pipe.get(), memory.get(), file.get(), directory.get(), path.get(), device.get()});
  const int low = std::min(pipe.get(), memory.get()), high = std::max(pipe.get(), memory.get());
  EXPECT_EQ(result.output, "0 1 2 " + std::to_string(low) + " " + std::to_string(high) + " \n");
}

TEST_F(Sandbox, changes_nothing_about_shared_descriptors) {
  // The third argument is zero: F_DUPFD. Sealing the judge's memory would pass through the same call.
  EXPECT_EQ(in_box({"call", std::to_string(SYS_fcntl)}).code, 99);
}

TEST_F(Sandbox, keeps_processes_of_its_own) {
  // getppid is not on the list; a worker that asks for its parent is told off like any other.
  EXPECT_EQ(in_box({"user"}).output, "refused " + std::to_string(SYS_getppid) + "\n");
}

class Sanitized : public Sandbox {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    const ProcessResult started = in_sanitized_box({"exit", "0"});
    if (!started.ok()) GTEST_SKIP() << "no /proc in a box on this machine: " << started.output;
  }
  static ProcessResult in_sanitized_box(const Words& deed) {
    Words command = {KILN_SANDBOX, "sanitized-worker", "--memory-mb", "100", "--", SANDBOX_PROBE};
    command.insert(command.end(), deed.begin(), deed.end());
    return run(command,
               {.wall_limit = std::chrono::seconds(60), .environment = Words{"PATH=/usr/bin:/bin", "A=SECRET"}});
  }
};

TEST_F(Sanitized, passes_on_every_end) {
  EXPECT_EQ(in_sanitized_box({"exit", "86"}).code, 86);
  EXPECT_EQ(in_sanitized_box({"fall_over"}).code, 128 + SIGSEGV) << "also as the first process of its namespace";
}

TEST_F(Sanitized, shows_nothing_of_the_host_and_takes_nothing) {
  EXPECT_EQ(in_sanitized_box({"look"}).output, "nothing\n");
  EXPECT_EQ(in_sanitized_box({"execute"}).output, "No such file or directory\n");
}

TEST_F(Sanitized, refuses_processes_network_and_other_processes_memory) {
  for (long call : {SYS_fork, SYS_vfork, SYS_clone3, SYS_socket, SYS_connect, SYS_ptrace, SYS_process_vm_readv,
                    SYS_kill, SYS_mount, SYS_unshare, SYS_bpf, SYS_setrlimit, SYS_personality, SYS_memfd_create,
                    SYS_unlink, SYS_openat2, SYS_execveat, SYS_io_uring_setup, SYS_fcntl})
    EXPECT_EQ(in_sanitized_box({"call", std::to_string(call)}).output, "answered -1\n") << call;
  EXPECT_EQ(in_sanitized_box({"thread"}).output, "thread gave 7\n");
}

TEST(SandboxProgram, explains_a_wrong_call) {
  for (const Words& words : {Words{},
                             {"worker"},
                             {"worker", "--"},
                             {"toolchain", "--", "/bin/true"},
                             {"worker", "--memory-mb", "lots", "--", "/bin/true"},
                             {"worker", "--memory-mb"},
                             {"worker", "--threads", "0", "--", "/bin/true"},
                             {"worker", "--cgroup"},
                             {"worker", "--colour", "--", "/bin/true"}}) {
    Words command = {KILN_SANDBOX};
    command.insert(command.end(), words.begin(), words.end());
    const ProcessResult result = run(command);
    EXPECT_EQ(result.code, 2);
    EXPECT_NE(result.output.find("usage:"), std::string::npos);
  }
}

TEST(SandboxProgram, tells_a_machine_without_a_sandbox_from_a_bad_worker) {
  const Words command = {KILN_SANDBOX, "worker", "--", SANDBOX_PROBE, "exit", "0"};
  const ProcessResult result = run(command, {.environment = Words{"PATH=/nowhere"}});
  EXPECT_EQ(result.code, kNoSandbox);
  EXPECT_NE(result.output.find("install the package `bubblewrap`"), std::string::npos);
  EXPECT_EQ(run({KILN_SANDBOX, "worker", "--", "/no/such/worker"}).code, kNoSandbox);
}

TEST_F(Sandbox, a_cgroup_that_cannot_be_had_is_the_machines_fault) {
  const ProcessResult result = in_box({"exit", "0"}, {"--cgroup", "/no/such/cgroup"});
  EXPECT_EQ(result.code, kNoSandbox);
  EXPECT_NE(result.output.find("/no/such/cgroup"), std::string::npos) << result.output;
}

TEST_F(Sandbox, says_so_where_user_namespaces_are_used_up) {
  const std::string script = std::string("echo 0 > /proc/sys/user/max_user_namespaces && exec '") + KILN_SANDBOX +
                             "' worker -- '" + SANDBOX_PROBE + "' exit 0";
  const ProcessResult result = run({"unshare", "--user", "--map-root-user", "/bin/sh", "-c", script});
  EXPECT_EQ(result.code, kNoSandbox) << result.output;
  EXPECT_NE(result.output.find("user namespace"), std::string::npos) << result.output;
}

TEST(Layers, refusal_names_what_is_missing_and_what_to_do) {
  Layers layers;
  layers.all = {{.name = "bubblewrap", .in_force = true, .required = true},
                {.name = "user namespaces", .required = true, .detail = "gone", .cost = "no root", .next_step = "ask"},
                {.name = "memory cgroup"}};
  EXPECT_FALSE(layers.fit_to_grade());
  EXPECT_EQ(layers.summary(), "bubblewrap; without: user namespaces, memory cgroup");
  EXPECT_EQ(layers.refusal(),
            "this machine cannot hold untrusted work:\nuser namespaces: gone. Without it no root. Next: ask.\n");
  layers.all.push_back({.name = "watcher", .needed = false});
  EXPECT_EQ(layers.summary(), "bubblewrap; without: user namespaces, memory cgroup")
      << "what is not needed is not missed";
  layers.all[1].in_force = true;
  EXPECT_TRUE(layers.fit_to_grade());
  EXPECT_EQ(layers.refusal(), "");
}

TEST(Layers, every_absent_layer_says_what_it_costs) {
  for (const Layer& layer : probe_layers().all) {
    EXPECT_FALSE(layer.detail.empty()) << layer.name;
    EXPECT_FALSE(layer.cost.empty()) << layer.name;
    EXPECT_FALSE(layer.next_step.empty()) << layer.name;
  }
}

}  // namespace
}  // namespace kiln::grader
