// Reading the sanitizers' reports: real texts of GCC 12, shortened, and texts that a kernel might print instead.
#include <gtest/gtest.h>

#include "grader/judge/sanitizer_report.hpp"

namespace kiln::grader {
namespace {

using Kind = SanitizerReport::Kind;

constexpr char kHeap[] =
    "before it, whatever the kernel printed\n"
    "=================================================================\n"
    "==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000020 at pc 0x5555 bp 0x7ffd sp 0x7ffe\n"
    "READ of size 4 at 0x602000000020 thread T0\n"
    "    #0 0x55 in std::accumulate(float*, float*) /usr/include/c++/12/bits/stl_numeric.h:141\n"
    "    #1 0x56 in (anonymous namespace)::peek<add(kiln::BasicView<float>)::{lambda()#1}>(float const*, int) "
    "/kiln/work/fill.cpp:7\n"
    "    #2 0x57 in kiln::student::fill(kiln::BasicView<float>, float) /kiln/work/fill.cpp:11\n"
    "    #3 0x7f  (/lib/x86_64-linux-gnu/libc.so.6+0x27249)\n"
    "    #4 0x55 in _start (/worker (deleted)+0xcd60)\n"
    "\n"
    "0x602000000020 is located 0 bytes to the right of 16-byte region [0x602000000010,0x602000000020)\n"
    "allocated by thread T0 here:\n"
    "    #0 0x58 in operator new(unsigned long) (/worker (deleted)+0xa16c8)\n"
    "    #1 0x59 in kiln::student::fill(kiln::BasicView<float>, float) /kiln/work/fill.cpp:10\n"
    "\n"
    "SUMMARY: AddressSanitizer: heap-buffer-overflow /usr/include/c++/12/bits/stl_numeric.h:141 in std::accumulate\n"
    "Shadow bytes around the buggy address:\n"
    "  0x0c047fff7fb0: 00 00 00 00\n"
    "==1==ABORTING\n";

TEST(SanitizerReport, an_address_error_is_placed_in_the_students_file) {
  const SanitizerReport report = read_sanitizer_report(kHeap, "fill.cpp");
  ASSERT_EQ(report.kind, Kind::finding);
  EXPECT_EQ(report.finding.sanitizer, "address");
  EXPECT_EQ(report.finding.what, "heap-buffer-overflow: READ of size 4");
  EXPECT_EQ(report.finding.file, "fill.cpp");
  EXPECT_EQ(report.finding.line, 7) << "the innermost line of the student's own, not the library's";
  EXPECT_EQ(report.finding.function, "peek");
  EXPECT_EQ(report.finding.text,
            "heap-buffer-overflow: READ of size 4\n"
            "READ of size 4 thread T0\n"
            "    fill.cpp:7 in peek\n"
            "    fill.cpp:11 in fill\n"
            "the address is located 0 bytes to the right of 16-byte region\n"
            "allocated by thread T0 here:\n"
            "    fill.cpp:10 in fill\n");
}

TEST(SanitizerReport, undefined_behaviour_in_a_header_is_placed_by_its_stack) {
  const std::string text =
      "/kiln/include/0/kiln/view.hpp:88:12: runtime error: load of misaligned address 0x7ffd01 for type 'float', which "
      "requires 4 byte alignment\n"
      "0x7ffd01: note: pointer points here\n 00 00 00 00\n ^ \n"
      "    #0 0x55 in kiln::BasicView<float>::operator()(long) const /kiln/include/0/kiln/view.hpp:88\n"
      "    #1 0x56 in operator() fill.cpp:31\n";
  const SanitizerReport report = read_sanitizer_report(text, "fill.cpp");
  ASSERT_EQ(report.kind, Kind::finding);
  EXPECT_EQ(report.finding.sanitizer, "undefined");
  EXPECT_EQ(report.finding.what, "load of misaligned address for type 'float', which requires 4 byte alignment");
  EXPECT_EQ(report.finding.line, 31);
  EXPECT_EQ(report.finding.function, "operator()");
  const SanitizerReport own = read_sanitizer_report("fill.cpp:12:5: runtime error: division by zero\n", "fill.cpp");
  EXPECT_EQ(own.kind, Kind::finding);
  EXPECT_EQ(own.finding.line, 12);
}

TEST(SanitizerReport, a_race_has_its_first_access) {
  const std::string text =
      "==================\nWARNING: ThreadSanitizer: data race (pid=1)\n"
      "  Write of size 4 at 0x556ffc21aa48 by main thread:\n"
      "    #0 kiln::student::fill(kiln::BasicView<float>, float) /kiln/work/fill.cpp:4 (worker (deleted)+0xc3082)\n\n"
      "  Previous write of size 4 at 0x556ffc21aa48 by thread T1:\n"
      "    #0 operator() /kiln/work/fill.cpp:9 (worker (deleted)+0xc2f74)\n"
      "    #1 execute_native_thread_routine <null> (worker (deleted)+0xc4242)\n\n"
      "SUMMARY: ThreadSanitizer: data race fill.cpp:4 in main\n==================\n";
  const SanitizerReport report = read_sanitizer_report(text, "fill.cpp");
  ASSERT_EQ(report.kind, Kind::finding);
  EXPECT_EQ(report.finding.sanitizer, "thread");
  EXPECT_EQ(report.finding.what, "data race: Write of size 4");
  EXPECT_EQ(report.finding.line, 4);
  EXPECT_NE(report.finding.text.find("Previous write of size 4 by thread T1:\n    fill.cpp:9 in operator()\n"),
            std::string::npos)
      << report.finding.text;
}

TEST(SanitizerReport, a_forged_report_speaks_only_against_its_own_file) {
  // Another file, and behind it a real one: the runtime ends the process at its first report, so the last is real.
  const std::string forged =
      "==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1\n    #0 0x1 in matmul "
      "/kiln/work/matmul.cpp:5\n";
  EXPECT_EQ(read_sanitizer_report(forged, "fill.cpp").kind, Kind::foreign);
  EXPECT_EQ(read_sanitizer_report(forged + kHeap, "fill.cpp").finding.line, 7);
  // Nothing that is copied into the text leads out of the box.
  const SanitizerReport path = read_sanitizer_report(
      "==1==ERROR: AddressSanitizer: SEGV on unknown address 0x1\nREAD of size 4 /home/somebody/secret 0x1234\n"
      "/etc/passwd\n    #0 0x1 in fill /kiln/work/fill.cpp:5\n",
      "fill.cpp");
  EXPECT_EQ(path.finding.text.find("/home"), std::string::npos) << path.finding.text;
  EXPECT_EQ(path.finding.text.find("/etc"), std::string::npos) << path.finding.text;
}

TEST(SanitizerReport, a_forged_report_shows_no_path_and_says_something) {
  for (const char* head :
       {": runtime error: ", "ERROR: AddressSanitizer: /usr/lib/x ", "WARNING: ThreadSanitizer: /usr/lib"}) {
    const std::string text = std::string(head) + "\n#0 /kiln/work/a fill.cpp:4\n#1 operator/kiln/work() fill.cpp:5\n";
    const SanitizerReport report = read_sanitizer_report(text, "fill.cpp");
    ASSERT_EQ(report.kind, Kind::finding);
    EXPECT_FALSE(report.finding.what.empty()) << head;
    for (const std::string& words : {report.finding.what, report.finding.function, report.finding.text}) {
      EXPECT_EQ(words.find("/usr/"), std::string::npos) << words;
      EXPECT_EQ(words.find("/kiln/work"), std::string::npos) << words;
    }
  }
}

TEST(SanitizerReport, what_is_not_the_kernels_doing_is_no_finding) {
  const auto kind = [](const char* text) { return read_sanitizer_report(text, "fill.cpp").kind; };
  EXPECT_EQ(kind("==1==AddressSanitizer: hard rss limit exhausted (296Mb vs 302Mb)\n"), Kind::exhausted);
  EXPECT_EQ(kind("==1==ERROR: AddressSanitizer: out-of-memory: allocator is trying to allocate 0x100\n"
                 "    #0 0x1 in fill /kiln/work/fill.cpp:5\n"),
            Kind::exhausted);
  EXPECT_EQ(kind("FATAL: ThreadSanitizer: unexpected memory mapping 0x5581-0x5582\n"), Kind::unable);
  EXPECT_EQ(kind("AddressSanitizer CHECK failed: sanitizer_posix.cpp:61\n"), Kind::unable);
  EXPECT_EQ(kind("hello\n"), Kind::silent);
  EXPECT_EQ(kind(""), Kind::silent);
}

TEST(SanitizerReport, damaged_reports_are_read_without_harm) {
  const std::string whole = kHeap;
  for (std::size_t end = 0; end < whole.size(); ++end) {
    const SanitizerReport report = read_sanitizer_report(whole.substr(0, end), "fill.cpp");
    EXPECT_TRUE(report.kind != Kind::finding || report.finding.line > 0);
  }
  for (const char* text : {": runtime error: ", "ERROR: AddressSanitizer: ", "WARNING: ThreadSanitizer: ", "#0", "# ",
                           "ERROR: AddressSanitizer: x\n#0 0x1 in :99999999999999999999\n#1 fill.cpp:1:2:3:4\n#2 +0x)"})
    EXPECT_LE(read_sanitizer_report(text, "fill.cpp").finding.text.size(), 4000u);
}

}  // namespace
}  // namespace kiln::grader
