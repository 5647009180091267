// The commands of students.
#include <CLI/CLI.hpp>

#include "grader/command_line/command_line.hpp"

namespace kiln::grader {

std::string no_sign(const std::string& text) {
  return text.starts_with('-') ? "expected a number such as 42 or 0x2a, found \"" + text + "\"" : "";
}

void add_learning(CLI::App& cli, Commands& commands) {
  cli.add_subcommand("list", "the modules, their exercises, points and titles");
  auto* status = cli.add_subcommand("status", "where am I: what is written, and who answers each kernel");
  status->add_option("module", commands.word, "a module; without it, all");

  auto* check = cli.add_subcommand("check", "build, test and measure, and explain what failed and what to do next");
  CheckOptions& options = commands.check;
  check->add_option("what", options.word, "an exercise (matmul) or a module (01, tensor, 01_tensor); without it, all");
  check->add_option("--test", options.test, "run this test alone");
  check->add_option("--seed", options.seed, "draw the cases from this seed, as a failure names it")->check(no_sign);
  check->add_option("--case", options.only_case, "run this case of each test alone");
  check->add_flag("--no-speed", options.no_speed, "tests only");
  check->add_flag("--in-process", options.in_process,
                  "run the tests and the kernels in one process, for gdb and valgrind");
  check->add_flag("--sanitize", options.sanitize, "the same under AddressSanitizer and UndefinedBehaviorSanitizer");
  check->add_option("--json", options.json, "write the result to this file too");
  check->add_flag("--meson", options.meson, "exit with 77 where all is still a stub, as `meson test` wants it");

  auto* hint = cli.add_subcommand("hint", "a nudge for an exercise; --level 2 the idea, --level 3 almost the code");
  hint->add_option("exercise", commands.word)->required();
  hint->add_option("--level", commands.level, "1, 2 or 3")->check(CLI::Range(1, 3));
  cli.add_subcommand("reset", "put an exercise's stub back; your file is kept beside it")
      ->add_option("exercise", commands.word)
      ->required();
  auto* bench = cli.add_subcommand("bench", "Google Benchmark: your kernel beside the reference's, over many sizes");
  bench->add_option("what", commands.word, "an exercise or a module")->required();
  bench->allow_extras();
  bench->footer("What follows is passed to Google Benchmark: --benchmark_min_time=0.1");
  auto* milestone =
      cli.add_subcommand("milestone", "run a whole network on your kernels, and the reference's for the rest");
  milestone->add_option("name", commands.word, "such as perceptron; without it, lists them");
  milestone->allow_extras();
  milestone->footer(
      "What follows is the milestone's own: --backend NAME, --override KERNEL=reference, --threads N, --seed N, "
      "--epochs N, --checkpoint FILE, --json FILE.\n"
      "Exit status: 0 the goal was reached, 1 it was missed, 2 the call was wrong, 130 stopped by Ctrl-C.");
  auto* profile = cli.add_subcommand("profile", "where a network's training steps spend their time, kernel by kernel");
  profile->add_option("name", commands.word, "the milestone, such as digits-cnn; `kiln milestone` lists them")
      ->required();
  profile->allow_extras();
  profile->footer(
      "What follows is the profile's own:\n"
      "  --backend NAME   whose kernels (default: student, the reference where yours are stubs)\n"
      "  --steps N        training steps to record (default: 20); as many run beside them without recording\n"
      "  --threads N      that kernels may use, and the roofs are measured with (default: 1)\n"
      "  --out DIR        where flame.svg and roofline.svg go (default: profile-NAME)\n"
      "  --json FILE      the report as data\n"
      "\nIt prints time, calls, operations and bytes by kernel and by layer, as shares of what this machine can do at "
      "most\n(its roofs, measured in the same run), the memory of tensors, what recording cost, and the bottleneck "
      "with "
      "what to do\nnext. A kernel's self time leaves out the kernels that it calls. Ctrl-C ends the run, and what was "
      "measured is told.\nTry: kiln profile digits-cnn; then the same with --backend naive, and compare.\n"
      "Exit status: 0 measured, 1 a kernel failed, 2 the call was wrong, 3 it could not be built, 130 stopped by "
      "Ctrl-C.");
  auto* journey = cli.add_subcommand("journey", "a kernel from textbook loops to the library, each rung measured");
  journey->add_option("kernel", commands.word, "matmul or conv2d")->required();
  journey->allow_extras();
  journey->footer(
      "What follows is the journey's own:\n"
      "  --sizes LIST     64,256 of matmul; 16x14,64x56 (channels x extent) of conv2d\n"
      "  --threads N      of the parallel rung (default: one a core); every other rung has one\n"
      "  --quick          fewer sizes and rounds, and no fine sizes for break-even points\n"
      "  --out DIR        where the picture goes (default: journey-KERNEL)\n"
      "  --json FILE      the result as data\n"
      "\nEach rung does the same work by a better way: loops, loops in the order of memory, blocks for a cache, packed "
      "panels\nand vectors, threads, a library. It prints the rate of each at each size, how many times the first rung "
      "that is, its\nshare of what this machine can do at most (measured in the same run), and from which size on a "
      "rung "
      "beats the one\nbefore. Rungs take turns, and each result is verified. What you have written yourself gets "
      "columns "
      "of its own; a rung\nthat this build has not got is named with the reason.\n"
      "Exit status: 0 measured, 1 a rung was wrong, 2 the call was wrong, 3 it could not be built, 130 stopped by "
      "Ctrl-C.");
  cli.add_subcommand("doctor", "is this machine fit to learn on, and to grade on")
      ->add_option("--json", commands.doctor_json, "write what was found to this file too");
}

}  // namespace kiln::grader
