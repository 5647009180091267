// Real compiles and links in the toolchain's box: what passes, what is refused, who is blamed, what leaks.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "grader/build/compile.hpp"
#include "grader/build/header_names.hpp"
#include "grader/build/link.hpp"
#include "grader/build/program_size.hpp"
#include "grader/build/temp_directory.hpp"
#include "grader/sandbox/layers.hpp"
#include "grader/sandbox/process.hpp"
#include "grader/sandbox/stop.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

constexpr char kHead[] = "#include \"kiln/kernels/tensor.hpp\"\nnamespace kiln {\n";
constexpr char kMatmul[] = "void impl::matmul(ConstView a, ConstView b, View c) { c(0, 0) = a(0, 0) * b(0, 0); }\n";

Toolchain test_toolchain() {
  Toolchain toolchain;
  toolchain.compiler = {KILN_COMPILER};
  std::istringstream flags(KILN_KERNEL_FLAGS);
  for (std::string flag; flags >> flag;) toolchain.kernel_flags.push_back(flag);
  toolchain.include_directories = {KILN_INCLUDE};
  toolchain.link = {WORKER_PROBE};
  return toolchain;
}

class Build : public testing::Test {
 protected:
  void SetUp() override {
    static const Layers layers = probe_layers();
    if (!layers.fit_to_grade()) GTEST_SKIP() << layers.refusal();
    ASSERT_EQ(directory_.problem(), "");
  }

  CompileResult compile(const std::string& source, const BuildLimits& limits = {}) {
    return compile_exercise({"matmul.cpp", source, {"matmul", "batched_matmul"}}, toolchain_, directory_.path(),
                            limits);
  }
  /// A whole file: the contract's header, a line of its own, a good matmul.
  CompileResult compile_with(const std::string& line) { return compile(kHead + line + "\n" + kMatmul + "}\n"); }

  TempDirectory directory_{"kiln-build-test"};
  Toolchain toolchain_ = test_toolchain();
};

TEST_F(Build, compiles_a_good_file_although_a_kernel_is_missing) {
  const CompileResult result = compile_with(
      "namespace { float half(float x) { return x / 2; } }\n"
      "void impl::batched_matmul(ConstView, ConstView, View c) { c(0) = half(1); }");
  EXPECT_TRUE(result.ok()) << result.diagnostics;
  EXPECT_TRUE(fs::is_regular_file(result.object));
  EXPECT_TRUE(compile_with("").ok());
}

TEST_F(Build, compiles_stubs_checks_and_the_standard_library) {
  const CompileResult result = compile_with(
      "}\n#include <bits/stdc++.h>\n#include <immintrin.h>\nnamespace kiln {\n"
      "void impl::batched_matmul(ConstView a, ConstView, View c) {\n"
      "  KILN_REQUIRE(\"batched_matmul: rank\", a.rank() == 3);\n"
      "  std::vector<float> v(10); std::map<std::string, std::function<float()>> m;\n"
      "  m[\"x\"] = [&] { return v[0]; }; std::sort(v.begin(), v.end(), [](float x, float y) { return x > y; });\n"
      "  static std::mutex lock; std::lock_guard guard(lock); thread_local int count = 0; ++count;\n"
      "  struct Local { virtual ~Local() = default; virtual int f() { return 1; } } local;\n"
      "  if (count > 1) throw std::runtime_error(\"x\" + std::to_string(count));\n"
      "  c(0) = m[\"x\"]() + float(local.f()); STUB();\n}\n");
  EXPECT_TRUE(result.ok()) << result.diagnostics;
}

TEST_F(Build, gives_the_compilers_words_without_the_hosts_paths) {
  const CompileResult result = compile("int x = ;\n");
  EXPECT_EQ(result.problem, BuildProblem::compiler);
  EXPECT_TRUE(result.diagnostics.starts_with("matmul.cpp:1:9: error: expected")) << result.diagnostics;
  // An error inside a public header names the header as a student knows it.
  const CompileResult deep = compile_with("inline kiln::Shape too_many{kiln::ConstView{}};");
  EXPECT_EQ(deep.problem, BuildProblem::compiler);
  for (const std::string& words : {result.diagnostics, deep.diagnostics}) {
    EXPECT_EQ(words.find(directory_.path().string()), std::string::npos) << words;
    EXPECT_EQ(words.find(KILN_INCLUDE), std::string::npos) << words;
    EXPECT_EQ(words.find("/kiln/"), std::string::npos) << words;
  }
}

TEST_F(Build, a_wrong_signature_is_a_compile_error) {
  const CompileResult result = compile(std::string(kHead) + "void impl::matmul(ConstView, View) {}\n}\n");
  EXPECT_EQ(result.problem, BuildProblem::compiler);
}

TEST_F(Build, globals_beside_the_kernels_break_the_contract) {
  const char* lines[] = {"float helper(float x) { return x; }",
                         "[[gnu::noinline]] inline float twice(float x) { return 2 * x; }\n"
                         "void impl::batched_matmul(ConstView a, ConstView, View c) { auto f = &twice; "
                         "[[maybe_unused]] auto volatile g = f; c(0) = a(0); }",
                         "int counter;",
                         "}\nextern \"C\" void* malloc(decltype(sizeof 0)) { return nullptr; }\nnamespace kiln {",
                         "}\nvoid* operator new(decltype(sizeof 0)) { return nullptr; }\nnamespace kiln {",
                         "}\nint main() { return 0; }\nnamespace kiln {",
                         "}\nextern \"C\" [[gnu::weak]] int clock_gettime(int, void*) { return 0; }\nnamespace kiln {",
                         "void impl::fill(View, float) {}",
                         "asm(\".globl \\\"two words\\\"\\n\\\"two words\\\": ret\");"};
  for (const char* line : lines) {
    const CompileResult result = compile_with(line);
    EXPECT_EQ(result.problem, BuildProblem::contract) << line << "\n" << result.diagnostics;
    EXPECT_NE(result.diagnostics.find("matmul.cpp defines"), std::string::npos) << result.diagnostics;
  }
}

TEST_F(Build, calls_to_other_exercises_break_the_contract) {
  const CompileResult result =
      compile_with("void impl::batched_matmul(ConstView, ConstView, View c) { impl::fill(c, 1); }");
  EXPECT_EQ(result.problem, BuildProblem::contract);
  EXPECT_NE(result.diagnostics.find("calls `fill`, which is another exercise"), std::string::npos)
      << result.diagnostics;
  const CompileResult reference = compile_with(
      "namespace reference { void matmul(ConstView, ConstView, View); }\n"
      "void impl::batched_matmul(ConstView a, ConstView b, View c) { reference::matmul(a, b, c); }");
  EXPECT_EQ(reference.problem, BuildProblem::contract) << reference.diagnostics;
}

TEST_F(Build, sees_no_file_of_the_host) {
  // A secret beside the box's own directory, readable by everybody.
  const fs::path secret = directory_.path() / "secret.txt";
  std::ofstream(secret) << "\"the secret\"\n";
  fs::permissions(directory_.path(), fs::perms(0755));
  const std::string paths[] = {secret.string(),
                               "/etc/passwd",
                               "../secret.txt",
                               "../../secret.txt",
                               std::string(KILN_INCLUDE) + "/kiln/view.hpp",
                               "/proc/self/environ",
                               "/dev/null"};
  std::string probes;
  for (const std::string& path : paths)
    probes += "#if __has_include(\"" + path + "\")\n#error sees " + path + "\n#endif\n";
  const CompileResult probed = compile(probes);
  EXPECT_TRUE(probed.ok()) << probed.diagnostics;

  for (const std::string& source :
       {"#include \"" + secret.string() + "\"\n", "asm(\".incbin \\\"" + secret.string() + "\\\"\");\n",
        std::string("asm(\".include \\\"/etc/passwd\\\"\");\n")}) {
    const CompileResult result = compile(source);
    EXPECT_EQ(result.problem, BuildProblem::compiler) << source;
    EXPECT_EQ(result.diagnostics.find("the secret"), std::string::npos) << result.diagnostics;
    EXPECT_EQ(result.diagnostics.find("root:"), std::string::npos) << result.diagnostics;
  }
}

TEST_F(Build, sees_no_other_submitted_file) {
  const CompileRequest other{"fill.cpp", "#define KILN_OTHER 1\n", {"fill"}};
  ASSERT_TRUE(compile_exercise(other, toolchain_, directory_.path()).ok());
  EXPECT_EQ(compile("#include \"../fill/fill.cpp\"\n").problem, BuildProblem::compiler);
}

TEST_F(Build, sees_no_library_but_what_is_allowed) {
  std::string probes;
  for (const std::string header : {"xtensor/xarray.hpp", "xsimd/xsimd.hpp", "xtl/xtl_config.hpp", "gtest/gtest.h",
                                   "benchmark/benchmark.h", "eigen3/Eigen/Core", "cblas.h", "openblas_config.h",
                                   "fmt/core.h", "nlohmann/json_fwd.hpp", "seccomp.h", "x86_64-linux-gnu/cblas.h"})
    probes += "#if __has_include(<" + header + ">) || __has_include(\"/usr/include/" + header + "\")\n#error sees " +
              header + "\n#endif\n";
  // Without this the test would pass in a box that has no headers at all.
  probes +=
      "#if !__has_include(<vector>) || !__has_include(<math.h>) || !__has_include(<immintrin.h>)\n#error blind\n"
      "#endif\n";
  const CompileResult probed = compile(probes);
  EXPECT_TRUE(probed.ok()) << probed.diagnostics;
  if (!fs::exists("/usr/include/xsimd/config/xsimd_config.hpp")) GTEST_SKIP() << "xsimd is not installed";
  const CompileRequest request{"matmul.cpp", "#include <xsimd/config/xsimd_config.hpp>\n", {"matmul"}, {"xsimd"}};
  const CompileResult allowed = compile_exercise(request, toolchain_, directory_.path());
  EXPECT_TRUE(allowed.ok()) << allowed.diagnostics;
  // What is not inlined, here because its address is asked for, is a weak symbol of the library's.
  const CompileRequest carries{"matmul.cpp",
                               "#include <xsimd/xsimd.hpp>\n#include \"kiln/kernels/tensor.hpp\"\n"
                               "void kiln::impl::matmul(ConstView, ConstView, View c) {\n"
                               "  using Vector = xsimd::batch<float>;\n"
                               "  Vector (*volatile root)(const Vector&) = &xsimd::sqrt<float, xsimd::default_arch>;\n"
                               "  root(Vector(c.data[0])).store_unaligned(c.data);\n}\n",
                               {"matmul"},
                               {"xsimd"}};
  const CompileResult carried = compile_exercise(carries, toolchain_, directory_.path());
  EXPECT_TRUE(carried.ok()) << carried.diagnostics;
}

/// Two to the thirtieth instances, none deeper than thirty.
constexpr char kBomb[] =
    "template <int D, long I> struct Tree { static constexpr long v = Tree<D - 1, 2 * I>::v + "
    "Tree<D - 1, 2 * I + 1>::v; };\n"
    "template <long I> struct Tree<0, I> { static constexpr long v = I; };\nlong bomb = Tree<30, 0>::v;\n";

TEST_F(Build, stops_a_compile_that_never_ends) {
  BuildLimits limits;
  limits.cpu_seconds = 1;
  limits.memory_bytes = std::uint64_t{8} << 30;
  const CompileResult result = compile(kBomb, limits);
  EXPECT_EQ(result.problem, BuildProblem::time) << result.diagnostics;
  EXPECT_NE(result.diagnostics.find("took longer than the 1 s"), std::string::npos) << result.diagnostics;
}

TEST_F(Build, stops_a_compile_that_eats_memory) {
  BuildLimits limits;
  limits.memory_bytes = std::uint64_t{512} << 20;
  const CompileResult result = compile(kBomb, limits);
  EXPECT_EQ(result.problem, BuildProblem::memory) << result.diagnostics;
  EXPECT_NE(result.diagnostics.find("more than the 512 MiB"), std::string::npos) << result.diagnostics;
}

TEST_F(Build, stops_an_object_that_grows) {
  BuildLimits limits;
  limits.file_bytes = 1 << 20;
  const CompileResult result = compile("asm(\".data\\n.fill 8000000, 1, 7\\n.text\");\n", limits);
  EXPECT_EQ(result.problem, BuildProblem::output) << result.diagnostics;
  EXPECT_TRUE(compile("asm(\".data\\n.fill 8000000, 1, 7\\n.text\");\n").ok());
}

TEST_F(Build, caps_a_flood_of_diagnostics) {
  std::string source;
  for (int i = 0; i < 3000; ++i) source += "undeclared" + std::to_string(i) + " x;\n";
  const CompileResult result = compile(source);
  EXPECT_EQ(result.problem, BuildProblem::compiler);
  EXPECT_LT(result.diagnostics.size(), 9000u);
}

TEST_F(Build, a_broken_box_is_the_judges_fault) {
  toolchain_.include_directories = {"/no/such/directory"};
  EXPECT_EQ(compile_with("").problem, BuildProblem::judge);
  toolchain_ = test_toolchain();
  toolchain_.compiler = {"/usr/bin/no-such-compiler"};
  EXPECT_EQ(compile_with("").problem, BuildProblem::judge);
  EXPECT_EQ(compile_exercise({"../matmul.cpp", "", {}}, test_toolchain(), directory_.path()).problem,
            BuildProblem::judge);
}

TEST_F(Build, words_do_not_make_it_the_judges_fault) {
  for (const char* source :
       {"#error No space left on device", "#line 1 \"bwrap: Creating new namespace failed\"\n#error",
        "#error c++: error while loading shared libraries: libmpfr.so.6"})
    EXPECT_EQ(compile(source).problem, BuildProblem::compiler) << source;
}

TEST_F(Build, nothing_of_a_submission_runs_before_the_judge_is_ready) {
  const CompileResult indirect = compile_with(
      "namespace { using F = void (*)(); F pick() asm(\"pick\"); F pick() { return [] {}; }\n"
      "void chosen() __attribute__((ifunc(\"pick\"))); }\n"
      "void impl::batched_matmul(ConstView, ConstView, View) { chosen(); }");
  EXPECT_EQ(indirect.problem, BuildProblem::contract) << indirect.diagnostics;
  EXPECT_NE(indirect.diagnostics.find("indirect function"), std::string::npos) << indirect.diagnostics;

  // The prebuilt object's entry in .preinit_array prints first, whatever the submission has there.
  const CompileResult early = compile_with(
      "}\n#include <unistd.h>\n[[gnu::section(\".preinit_array\"), gnu::used]] void (*const kEarly)() =\n"
      "    [] { write(1, \"second\\n\", 7); };\nnamespace kiln {");
  ASSERT_TRUE(early.ok()) << early.diagnostics;
  const fs::path worker = directory_.path() / "worker" / "worker";
  ASSERT_TRUE(link_worker({early.object}, toolchain_, worker).ok());
  const std::string printed = run({KILN_SANDBOX, "worker", "--", worker.string(), "early"}).output;
  EXPECT_TRUE(printed.starts_with("first\nsecond\n")) << printed;
}

TEST_F(Build, the_box_holds_the_system_and_nothing_else) {
  const auto in_box = [&](const std::string& script) {
    return run_tool({.command = {"/usr/bin/sh", "-c", script},
                     .mounts = {{directory_.path().string(), "/kiln/work", true}},
                     .directory = "/kiln/work"},
                    toolchain_, {});
  };
  EXPECT_EQ(in_box("for f in /* /etc/* /kiln/*; do test -h $f || echo $f; done").words,
            "/etc\n/kiln\n/tmp\n/usr\n/etc/alternatives\n/kiln/work\n");
  EXPECT_EQ(
      in_box("for d in / /usr /usr/lib /etc /kiln; do touch $d/x 2>/tmp/words && echo wrote $d; done; true").words, "");
  EXPECT_EQ(in_box("touch /tmp/x /kiln/work/x && id -u").words, "65534\n");
  EXPECT_TRUE(fs::exists(directory_.path() / "x"));
  EXPECT_NE(in_box("for i in 1 2 3 4 5 6; do yes | head -c 100M >/tmp/$i; done").words.find("No space left"),
            std::string::npos);
  // Without the filter a user may always make another namespace.
  EXPECT_NE(in_box("unshare --user true").words.find("Operation not permitted"), std::string::npos);
  EXPECT_EQ(in_box("exit 0").problem, BuildProblem::none);
}

TEST_F(Build, a_stop_cancels) {
  request_stop();
  EXPECT_EQ(compile_with("").problem, BuildProblem::cancelled);
  clear_stop();
}

TEST_F(Build, links_what_is_there_into_a_program_for_an_empty_root) {
  const std::vector<CompileResult> results =
      compile_many({{"matmul.cpp", kHead + std::string(kMatmul) + "}", {"matmul"}},
                    {"fill.cpp", "not C++", {"fill"}},
                    {"copy.cpp", kHead + std::string("void impl::copy(ConstView, View) {}\n}"), {"copy"}}},
                   toolchain_, directory_.path(), 2);
  ASSERT_EQ(results.size(), 3u);
  EXPECT_TRUE(results[0].ok()) << results[0].diagnostics;
  EXPECT_EQ(results[1].problem, BuildProblem::compiler);
  EXPECT_TRUE(results[2].ok()) << results[2].diagnostics;

  const fs::path worker = directory_.path() / "worker" / "worker";
  const LinkResult linked = link_worker({results[0].object, results[2].object}, toolchain_, worker);
  ASSERT_TRUE(linked.ok()) << linked.diagnostics;
  EXPECT_TRUE(linked.faults.empty());
  EXPECT_EQ(run({KILN_SANDBOX, "worker", "--", worker.string()}).output, "copy\nmatmul 6\n");
}

TEST_F(Build, an_object_that_does_not_link_costs_itself_alone) {
  const CompileResult good = compile_with("");
  const CompileResult bad =
      compile_exercise({"copy.cpp",
                        kHead + std::string("void nowhere();\nvoid impl::copy(ConstView, View) { nowhere(); }\n}"),
                        {"copy"}},
                       toolchain_, directory_.path());
  ASSERT_TRUE(bad.ok()) << bad.diagnostics;
  const fs::path worker = directory_.path() / "worker" / "worker";
  const LinkResult linked = link_worker({bad.object, good.object}, toolchain_, worker);
  ASSERT_TRUE(linked.ok()) << linked.diagnostics;
  ASSERT_EQ(linked.faults.size(), 1u);
  EXPECT_EQ(linked.faults[0].object, bad.object);
  EXPECT_NE(linked.faults[0].diagnostics.find("nowhere"), std::string::npos) << linked.faults[0].diagnostics;
  EXPECT_EQ(run({KILN_SANDBOX, "worker", "--", worker.string()}).output, "matmul 6\n");
}

TEST_F(Build, static_tables_are_counted_before_they_are_mapped) {
  const fs::path worker = directory_.path() / "worker" / "worker";
  ASSERT_TRUE(link_worker({compile_with("").object}, toolchain_, worker).ok());
  const std::uint64_t plain = memory_at_start(worker);
  EXPECT_GT(plain, 100u << 10);
  EXPECT_LT(plain, 16u << 20);
  constexpr std::uint64_t kTable = std::uint64_t{1} << 30;
  const CompileResult table = compile_with(
      "namespace { volatile char giant[1ull << 30]; }\nvoid impl::batched_matmul(ConstView, ConstView, View c) {\n"
      "  giant[static_cast<std::size_t>(c.size())] = 1; }");
  ASSERT_TRUE(table.ok()) << table.diagnostics;
  ASSERT_TRUE(link_worker({table.object}, toolchain_, worker).ok());
  EXPECT_GE(memory_at_start(worker), kTable);
  EXPECT_LT(memory_at_start(worker), kTable + (16u << 20));
  EXPECT_EQ(memory_at_start("/etc/hostname"), 0u);
  EXPECT_EQ(memory_at_start("/no/such/file"), 0u);
}

TEST_F(Build, prebuilt_files_that_do_not_link_are_the_judges_fault) {
  const CompileResult good = compile_with("");
  toolchain_.link = {"-Wl,--no-such-option"};
  const LinkResult linked = link_worker({good.object}, toolchain_, directory_.path() / "worker" / "worker");
  EXPECT_EQ(linked.problem, BuildProblem::judge);
  EXPECT_TRUE(linked.faults.empty());
}

/// Without a box, on a machine that cannot make one: the same results and words for one's own code.
class Unboxed : public testing::Test {
 protected:
  CompileResult compile(const std::string& file, const std::string& source) {
    return compile_exercise({file, source, {file.substr(0, file.size() - 4)}}, test_toolchain(), directory_.path(),
                            limits_);
  }

  TempDirectory directory_{"kiln-build-test"};
  BuildLimits limits_{.boxed = false};
};

TEST_F(Unboxed, compiles_and_links) {
  const CompileResult good = compile("matmul.cpp", kHead + std::string(kMatmul) + "}");
  ASSERT_TRUE(good.ok()) << good.diagnostics;
  const CompileResult bad =
      compile("copy.cpp", kHead + std::string("void nowhere();\nvoid impl::copy(ConstView, View) { nowhere(); }\n}"));
  ASSERT_TRUE(bad.ok()) << bad.diagnostics;
  const fs::path worker = directory_.path() / "worker" / "worker";
  const LinkResult linked = link_worker({bad.object, good.object}, test_toolchain(), worker, limits_);
  ASSERT_TRUE(linked.ok()) << linked.diagnostics;
  ASSERT_EQ(linked.faults.size(), 1u);
  EXPECT_NE(linked.faults[0].diagnostics.find("nowhere"), std::string::npos) << linked.faults[0].diagnostics;
  EXPECT_EQ(linked.faults[0].diagnostics.find(directory_.path().string()), std::string::npos)
      << linked.faults[0].diagnostics;
  EXPECT_EQ(run({worker.string()}).output, "matmul 6\n");
}

TEST_F(Unboxed, gives_the_compilers_words_without_the_hosts_paths) {
  const CompileResult plain = compile("copy.cpp", "int x = ;\n");
  const CompileResult deep =
      compile("copy.cpp", kHead + std::string("inline kiln::Shape too_many{kiln::ConstView{}};\n}"));
  EXPECT_TRUE(plain.diagnostics.starts_with("copy.cpp:1:9: error: expected")) << plain.diagnostics;
  for (const CompileResult& result : {plain, deep}) {
    EXPECT_EQ(result.problem, BuildProblem::compiler);
    for (const std::string& path : {directory_.path().string(), std::string(KILN_INCLUDE), std::string("/kiln/")})
      EXPECT_EQ(result.diagnostics.find(path), std::string::npos) << result.diagnostics;
  }
}

TEST_F(Unboxed, holds_the_contract) {
  const CompileResult result =
      compile("copy.cpp", kHead + std::string("int counter;\nvoid impl::copy(ConstView, View) {}\n}"));
  EXPECT_EQ(result.problem, BuildProblem::contract) << result.diagnostics;
}

TEST(HeaderNames, reads_code_and_no_comments) {
  const TempDirectory directory("kiln-test");
  fs::create_directories(directory.path() / "kiln");
  std::ofstream(directory.path() / "kiln" / "a.hpp") << "struct Shape2 { int rank_; };  // said twice\n";
  std::ofstream(directory.path() / "notes.txt") << "elsewhere\n";
  EXPECT_EQ(header_names({directory.path().string(), "/no/such/directory"}),
            (Names{"Shape2", "int", "rank_", "struct"}));
}

TEST(ToolchainFile, round_trips_and_resolves_paths_from_its_own_directory) {
  const TempDirectory directory("kiln-test");
  Toolchain toolchain = test_toolchain();
  toolchain.include_directories = {"../include", "/usr/share/kiln/include"};
  toolchain.link = {"-Wl,--whole-archive", "lib/worker.a"};
  std::ofstream(directory.path() / "course.json") << nlohmann::json{{"toolchain", toolchain}, {"version", "1"}};
  const ToolchainFile file = load_toolchain(directory.path() / "course.json");
  ASSERT_TRUE(file.toolchain) << file.problem;
  EXPECT_EQ(file.toolchain->kernel_flags, toolchain.kernel_flags);
  EXPECT_EQ(file.toolchain->include_directories[0], (directory.path().parent_path() / "include").string());
  EXPECT_EQ(file.toolchain->include_directories[1], "/usr/share/kiln/include");
  EXPECT_EQ(file.toolchain->link[0], "-Wl,--whole-archive");
  EXPECT_EQ(file.toolchain->link[1], (directory.path() / "lib/worker.a").string());
}

TEST(ToolchainFile, says_what_is_wrong_with_it) {
  const TempDirectory directory("kiln-test");
  const fs::path path = directory.path() / "course.json";
  EXPECT_NE(load_toolchain(path).problem.find("cannot be read"), std::string::npos);
  std::ofstream(path) << "{\"compiler\": [\"c++\"], \"kernel_flags\": []}";
  EXPECT_NE(load_toolchain(path).problem.find("include_directories"), std::string::npos)
      << load_toolchain(path).problem;
  std::ofstream(directory.path() / "thin.a") << "!<thin>\n";
  std::ofstream(path) << R"({"compiler": ["c++"], "kernel_flags": [], "include_directories": [], "link": ["thin.a"]})";
  EXPECT_NE(load_toolchain(path).problem.find("thin archive"), std::string::npos) << load_toolchain(path).problem;
  std::ofstream(path) << "{";
  EXPECT_NE(load_toolchain(path).problem.find("course.json"), std::string::npos);
}

}  // namespace
}  // namespace kiln::grader
