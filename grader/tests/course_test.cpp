// The parser of module.toml: what a good file gives, and that each kind of mistake is reported where it stands.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "grader/course/load.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

/// A course in a folder of its own, removed at the end.
class CourseTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "kiln-course-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  /// Writes a module's file and returns its folder.
  fs::path write(const std::string& folder, const std::string& text) {
    fs::create_directories(root_ / "modules" / folder);
    std::ofstream(root_ / "modules" / folder / "module.toml") << text;
    return root_ / "modules" / folder;
  }

  /// The problems of one module, without the path of their file.
  std::vector<std::string> problems_of(const std::string& text) {
    const auto loaded = load_module(write("02_more", text));
    std::vector<std::string> lines;
    if (loaded) return lines;
    for (Problem problem : loaded.error()) {
      problem.file = fs::path(problem.file).filename().string();
      lines.push_back(to_string(problem));
    }
    return lines;
  }

  fs::path root_;
};

const char* const kHead = R"(id = "02_more"
title = "More"
contract = "kiln/kernels/more.hpp"
slots_type = "kiln::MoreSlots"
needs = ["01_tensor"]
headers = ["xsimd/xsimd.hpp"]
success = "It works."
hours = 1.5
)";

const char* const kExercise = R"([[exercise]]
id = "relu"
title = "Rectify"
file = "relu.cpp"
slots = ["relu"]
success = "Negative values are gone."
points = { visible = 3, hidden = 2.5 }
tolerance = { factor = 0, reason = "no rounding" }
hints = ["a", "b", "c"]
)";

std::string good() { return std::string(kHead) + kExercise; }

/// The good file with one text replaced; the text must occur.
std::string with(const std::string& from, const std::string& to) {
  std::string text = good();
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

using Lines = std::vector<std::string>;

TEST_F(CourseTest, ReadsEveryField) {
  const auto loaded = load_module(write("02_more", good() + R"(time_limit_ms = 100
memory_mb = 64
threads = 4
[[exercise.speed]]
name = "large"
parallel = true
naive_misses = "full"
steps = [{ ratio = 0.5, points = 1 }, { ratio = 0.9, points = 2.5 }]
[exercise.wrong]
relu_keeps_negative = "relu.random_shapes"
relu_drops_nan = "relu.nan"
[[exercise]]
id = "leaky"
title = "Leak"
file = "leaky.cpp"
slots = ["leaky_relu", "leaky_slope"]
success = "A little passes."
extension = true
tolerance = { factor = 1.5, reason = "one product" }
hints = ["a", "b", "c"]
)"));
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  const Module& module = *loaded;
  EXPECT_EQ(module.id, "02_more");
  EXPECT_EQ(module.title, "More");
  EXPECT_EQ(module.contract, "kiln/kernels/more.hpp");
  EXPECT_EQ(module.slots_type, "kiln::MoreSlots");
  EXPECT_EQ(module.needs, Lines{"01_tensor"});
  EXPECT_EQ(module.headers, Lines{"xsimd/xsimd.hpp"});
  EXPECT_EQ(module.success, "It works.");
  EXPECT_EQ(module.hours, 1.5);
  ASSERT_EQ(module.exercises.size(), 2u);

  const Exercise& relu = module.exercises[0];
  EXPECT_EQ(relu.id, "relu");
  EXPECT_EQ(relu.title, "Rectify");
  EXPECT_EQ(relu.file, "relu.cpp");
  EXPECT_EQ(relu.slots, Lines{"relu"});
  EXPECT_EQ(relu.success, "Negative values are gone.");
  EXPECT_EQ(relu.points.visible, 3);
  EXPECT_EQ(relu.points.hidden, 2.5);
  EXPECT_EQ(relu.hints, (Lines{"a", "b", "c"}));
  EXPECT_EQ(relu.tolerance.reason, "no rounding");
  EXPECT_EQ(relu.time_limit_ms, 100);
  EXPECT_EQ(relu.memory_mb, 64);
  EXPECT_EQ(relu.threads, 4);
  EXPECT_FALSE(relu.extension);
  ASSERT_EQ(relu.speed.size(), 1u);
  EXPECT_EQ(relu.speed[0].name, "large");
  EXPECT_TRUE(relu.speed[0].parallel);
  EXPECT_EQ(relu.speed[0].naive_misses, "full");
  ASSERT_EQ(relu.speed[0].steps.size(), 2u);
  EXPECT_EQ(relu.speed[0].steps[1].ratio, 0.9);
  ASSERT_EQ(relu.wrong.size(), 2u);
  EXPECT_EQ(relu.wrong[1].name, "relu_keeps_negative");
  EXPECT_EQ(relu.wrong[1].caught_by, "relu.random_shapes");

  EXPECT_TRUE(module.exercises[1].extension);
  EXPECT_EQ(module.exercises[1].max_points(), 0);
  EXPECT_EQ(module.max_points(), 3 + 2.5 + 2.5);
  EXPECT_EQ(module.find_exercise("leaky"), &module.exercises[1]);
  EXPECT_EQ(module.find_exercise("gelu"), nullptr);
}

TEST_F(CourseTest, LimitsHaveDefaults) {
  const auto loaded = load_module(write("02_more", good()) / "module.toml");
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  const Exercise& relu = loaded->exercises[0];
  EXPECT_EQ(relu.time_limit_ms, 2000);
  EXPECT_EQ(relu.memory_mb, 512);
  EXPECT_EQ(relu.threads, 1);
  EXPECT_TRUE(relu.speed.empty());
  EXPECT_TRUE(relu.wrong.empty());
}

TEST(SpeedCase, TheHighestStepReachedCounts) {
  const SpeedCase speed_case{"large", {{0.4, 1}, {0.8, 3}}, false, ""};
  EXPECT_EQ(speed_case.points_for(0.39), 0);
  EXPECT_EQ(speed_case.points_for(0.4), 1);
  EXPECT_EQ(speed_case.points_for(0.79), 1);
  EXPECT_EQ(speed_case.points_for(0.8), 3);
  EXPECT_EQ(speed_case.points_for(20), 3);
}

/// One mistake in the good file, and the one message that it must give.
struct Mistake {
  const char* from;
  const char* to;
  const char* message;
};

const Mistake kMistakes[] = {
    {"hidden = 2.5", "hidden = \"three\"",
     R"(module.toml:15:34: exercise "relu": points.hidden must be a number >= 0, found "three")"},
    {"hidden = 2.5", "hidden = -1",
     R"(module.toml:15:34: exercise "relu": points.hidden must be a number >= 0, found -1)"},
    {"hidden = 2.5", "hidden = nan",
     R"(module.toml:15:34: exercise "relu": points.hidden must be a number >= 0, found nan)"},
    {"{ visible = 3, hidden = 2.5 }", "{ visible = 3 }",
     R"(module.toml:15:10: exercise "relu": points.hidden must be a number >= 0, found nothing)"},
    {"hours = 1.5", "hours = 0", "module.toml:8:9: hours must be a number > 0, found 0"},
    {"hours = 1.5", "hours = 1.5\nhuors = 2", "module.toml:9:1: huors is not a known key: did you mean \"hours\"?"},
    {"hours = 1.5", "hours = 1.5\nzebra = 2", "module.toml:9:1: zebra is not a known key"},
    {"hidden = 2.5", "hidden = 2.5, hiden = 1",
     R"(module.toml:15:39: exercise "relu": points.hiden is not a known key: did you mean "hidden"?)"},
    {"\"b\", \"c\"]", "\"b\"]",
     R"(module.toml:17:9: exercise "relu": hints must be exactly three: a nudge, the idea, almost the code, found 2)"},
    {"\"relu.cpp\"", "\"../relu.cpp\"",
     R"(module.toml:12:8: exercise "relu": file must be a plain file name that ends in .cpp, without '/', found "../relu.cpp")"},
    {"\"relu.cpp\"", "\"relu.h\"",
     R"(module.toml:12:8: exercise "relu": file must be a plain file name that ends in .cpp, without '/', found "relu.h")"},
    {"\"relu.cpp\"", "\"tests.cpp\"",
     R"(module.toml:12:8: exercise "relu": file must not be a file that the module has for another purpose, found "tests.cpp")"},
    {"\"02_more\"", "\"02_mode\"", R"(module.toml:1:6: id must be the folder's name "02_more", found "02_mode")"},
    {"[\"01_tensor\"]", "[\"03_layers\"]",
     R"(module.toml:5:10: needs must name earlier modules than "02_more", found "03_layers")"},
    {"[\"01_tensor\"]", "[\"02_more\"]",
     R"(module.toml:5:10: needs must name earlier modules than "02_more", found "02_more")"},
    {"[\"relu\"]", "[\"relu\", \"relu\"]",
     R"(module.toml:13:18: exercise "relu": slots must be unique, but line 13 has it too, found "relu")"},
    {"[\"relu\"]", "[]", R"(module.toml:13:9: exercise "relu": slots must name at least one kernel, found none)"},
    {"[\"relu\"]", "\"relu\"",
     R"(module.toml:13:9: exercise "relu": slots must be an array of texts that are not empty, found "relu")"},
    {"title = \"Rectify\"", "title = \" \"",
     R"(module.toml:11:9: exercise "relu": title must be a text that is not empty, found " ")"},
    {"reason = \"no rounding\"", "reason = 3",
     R"(module.toml:16:36: exercise "relu": tolerance.reason must be a text that is not empty, found 3)"},
    {"hints =", "time_limit_ms = 0\nhints =",
     R"(module.toml:17:17: exercise "relu": time_limit_ms must be a whole number from 1 to 600000, found 0)"},
    {"hints =", "memory_mb = 1.5\nhints =",
     R"(module.toml:17:13: exercise "relu": memory_mb must be a whole number from 16 to 65536, found 1.5)"},
    {"hints =", "extension = 1\nhints =",
     R"(module.toml:17:13: exercise "relu": extension must be true or false, found 1)"},
    {"hints =", "extension = true\nhints =",
     R"(module.toml:15:10: exercise "relu": points must be absent: an extension carries no points)"},
    {"hints =", "wrong = { relu_bad = \"anything\" }\nhints =",
     R"(module.toml:17:22: exercise "relu": wrong.relu_bad must be a test of the form SUITE.NAME, found "anything")"},
    {"hints =",
     "speed = [{ name = \"big\", steps = [{ ratio = 0.8, points = 2 }, { ratio = 0.4, points = 3 }] }]\nhints =",
     R"(module.toml:17:64: exercise "relu": speed.steps[1] must have a higher ratio and more points than the step before it)"},
    {"hints =",
     "speed = [{ name = \"big\", steps = [{ ratio = 0.4, points = 2 }, { ratio = 0.8, points = 2 }] }]\nhints =",
     R"(module.toml:17:64: exercise "relu": speed.steps[1] must have a higher ratio and more points than the step before it)"},
    {"hints =", "speed = [{ name = \"big\", steps = [] }]\nhints =",
     R"(module.toml:17:34: exercise "relu": speed.steps must be an array of at least one table, found an array of 0)"},
    {"hints =", "speed = [{ name = \"big\", naive_misses = \"half\", steps = [{ ratio = 1, points = 1 }] }]\nhints =",
     R"(module.toml:17:41: exercise "relu": speed.naive_misses must be "full" or absent, found "half")"},
    {"hints =", "speed = [{ name = \"big\", parallel = true, steps = [{ ratio = 1, points = 1 }] }]\nhints =",
     R"(module.toml:9:1: exercise "relu": threads must be above 1, as speed case "big" is parallel, found 1)"},
    {"[\"relu\"]", "[\"2relu\"]",
     R"(module.toml:13:10: exercise "relu": slots must be the name of a kernel, found "2relu")"},
    {"id = \"relu\"", "id = \"Re lu\"",
     R"(module.toml:10:6: exercise "Re lu": id must be a name of small letters, digits and '_', found "Re lu")"},
    {"kiln::MoreSlots", "MoreSlots",
     R"(module.toml:4:14: slots_type must be a C++ type of the form kiln::NAME, found "MoreSlots")"},
    {"hints =", "wrong = { \"../x\" = \"relu.nan\" }\nhints =",
     R"(module.toml:17:20: exercise "relu": wrong.../x must be a name of small letters, digits and '_', found "../x")"},
    {"kiln/kernels/more.hpp", "more.hpp",
     R"(module.toml:3:12: contract must be a header of the form kiln/kernels/NAME.hpp, found "more.hpp")"},
    {"xsimd/xsimd.hpp", "../secret.hpp",
     R"(module.toml:6:12: headers must be a header as it is included, without '..', found "../secret.hpp")"},
};

TEST_F(CourseTest, EachMistakeIsReportedWhereItStands) {
  for (const Mistake& mistake : kMistakes)
    EXPECT_EQ(problems_of(with(mistake.from, mistake.to)), Lines{mistake.message}) << "for " << mistake.to;
}

TEST_F(CourseTest, AllProblemsOfAFileComeAtOnce) {
  std::string text = with("hours = 1.5", "hours = \"long\"");
  text.replace(text.find("hidden = 2.5"), 12, "hidden = -2.5");
  EXPECT_EQ(problems_of(text),
            (Lines{"module.toml:8:9: hours must be a number > 0, found \"long\"",
                   "module.toml:15:34: exercise \"relu\": points.hidden must be a number >= 0, found -2.5"}));
}

TEST_F(CourseTest, ASecondExerciseMayNotReuseNames) {
  EXPECT_EQ(
      problems_of(good() + kExercise),
      (Lines{"module.toml:19:6: exercise \"relu\": id must be unique, but line 10 has it too, found \"relu\"",
             "module.toml:21:8: exercise \"relu\": file must be unique, but line 12 has it too, found \"relu.cpp\"",
             "module.toml:22:10: exercise \"relu\": slots must be unique, but line 13 has it too, found \"relu\""}));
}

TEST_F(CourseTest, AnExerciseWithoutIdIsNamedByItsNumber) {
  EXPECT_EQ(problems_of(with("id = \"relu\"\n", "")),
            (Lines{"module.toml:9:1: exercise 1: id must be a text that is not empty, found nothing"}));
}

TEST_F(CourseTest, AModuleHasExercises) {
  EXPECT_EQ(problems_of(kHead),
            Lines{"module.toml:1:1: exercise must be an array of at least one table, found nothing"});
}

TEST_F(CourseTest, BrokenTomlIsReportedWithItsLine) {
  const Lines lines = problems_of(with("hours = 1.5", "hours = = 1"));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].rfind("module.toml:8:9: the file must be valid TOML: ", 0), 0u) << lines[0];
}

// toml++ 3.3 meets these with an assertion or undefined behaviour, which its library is built to survive.
TEST_F(CourseTest, TomlThatItsParserDoesNotExpectIsReportedWithItsLine) {
  for (const char* text : {"[#", "\u0424 = 1", "x = \u00e9"}) {
    const Lines lines = problems_of(with("hours = 1.5", std::string("hours = 1\n") + text));
    ASSERT_EQ(lines.size(), 1u) << text;
    EXPECT_EQ(lines[0].rfind("module.toml:9:", 0), 0u) << lines[0];
    EXPECT_NE(lines[0].find("the file must be valid TOML: "), std::string::npos) << lines[0];
  }
}

TEST_F(CourseTest, AMissingFileIsAProblem) {
  const auto loaded = load_module(root_ / "modules" / "09_none");
  ASSERT_FALSE(loaded);
  EXPECT_NE(to_string(loaded.error()).find("09_none: the file must be a readable module.toml"), std::string::npos)
      << to_string(loaded.error());
}

std::string first_module() {
  std::string text = with("\"02_more\"", "\"01_tensor\"");
  text.replace(text.find("[\"01_tensor\"]"), 13, "[]");
  for (std::size_t at; (at = text.find("relu")) != std::string::npos;) text.replace(at, 4, "fill");
  return text;
}

TEST_F(CourseTest, ACourseIsItsModulesInOrder) {
  write("02_more", good());
  write("01_tensor", first_module());
  fs::create_directories(root_ / "modules" / "drafts");
  const auto course = load_course(root_);
  ASSERT_TRUE(course) << to_string(course.error());
  ASSERT_EQ(course->modules.size(), 2u);
  EXPECT_EQ(course->modules[0].id, "01_tensor");
  EXPECT_EQ(course->find_module("02_more"), &course->modules[1]);
  EXPECT_EQ(course->find_module("03_layers"), nullptr);
}

TEST_F(CourseTest, ModulesAreCheckedAgainstEachOther) {
  std::string needs_typo = with("[\"01_tensor\"]", "[\"01_tenser\"]");
  needs_typo.replace(needs_typo.find("id = \"relu\""), 11, "id = \"fill\"");
  const std::string second = (write("02_more", needs_typo) / "module.toml").string();
  write("01_tensor", first_module());
  const auto course = load_course(root_);
  ASSERT_FALSE(course);
  EXPECT_EQ(to_string(course.error()),
            second +
                ":5:10: needs must name modules of this course, found \"01_tenser\": did you mean \"01_tensor\"?\n" +
                second + ":10:6: exercise \"fill\": id must be unique in the course, but 01_tensor has it too\n");
}

TEST_F(CourseTest, KernelsAndMilestonesAreUniqueInTheCourse) {
  const std::string milestone = "\n[[milestone]]\nname = \"line\"\ntitle = \"A line\"\nfile = \"milestone.cpp\"\n";
  std::string second = good() + milestone;
  second.replace(second.find("slots = [\"relu\"]"), 16, "slots = [\"fill\"]");
  write("02_more", second);
  write("01_tensor", first_module() + milestone);
  const auto course = load_course(root_);
  ASSERT_FALSE(course);
  ASSERT_EQ(course.error().size(), 2u) << to_string(course.error());
  EXPECT_NE(to_string(course.error()[0]).find("kernel \"fill\": slots must be unique in the course"), std::string::npos)
      << to_string(course.error());
  EXPECT_NE(to_string(course.error()[1]).find("milestone \"line\": name must be unique in the course"),
            std::string::npos)
      << to_string(course.error());
}

TEST_F(CourseTest, AMilestoneHasANameATitleAndAFile) {
  write("01_tensor",
        first_module() + "\n[[milestone]]\nname = \"first-line\"\ntitle = \"A line\"\nfile = \"line.cpp\"\n");
  const auto course = load_course(root_);
  ASSERT_TRUE(course) << to_string(course.error());
  ASSERT_EQ(course->modules[0].milestones.size(), 1u);
  EXPECT_EQ(course->modules[0].milestones[0].name, "first-line");
  EXPECT_EQ(course->modules[0].milestones[0].file, "line.cpp");

  write("01_tensor", first_module() + "\n[[milestone]]\nname = \"First line\"\ntitle = \"A line\"\n");
  EXPECT_EQ(load_course(root_).error().size(), 2u);
}

TEST_F(CourseTest, AModuleFolderWithoutItsFileIsReported) {
  write("01_tensor", first_module());
  fs::create_directories(root_ / "modules" / "02_more");
  const auto course = load_course(root_);
  ASSERT_FALSE(course);
  EXPECT_EQ(course.error().size(), 1u);
}

TEST_F(CourseTest, ACourseWithoutModulesIsReported) {
  EXPECT_FALSE(load_course(root_));
  fs::create_directories(root_ / "modules");
  EXPECT_FALSE(load_course(root_));
}

/// What tools/manifest.py prints for a query.
Lines manifest(const std::string& module, const std::string& query) {
  const std::string root = KILN_SOURCE_ROOT;
  const std::string command = "python3 '" + root + "/tools/manifest.py' '" + root + "/modules/" + module + "' " + query;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return {"no pipe"};
  std::string output;
  std::array<char, 4096> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), size);
  EXPECT_EQ(pclose(pipe), 0) << command;
  std::istringstream stream(output);
  Lines lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Repository, ItsCourseLoadsAndTheManifestAgrees) {
  const auto course = load_course(KILN_SOURCE_ROOT);
  ASSERT_TRUE(course) << to_string(course.error());
  for (const Module& module : course->modules) {
    Lines files, wrong;
    for (const Exercise& exercise : module.exercises) {
      files.push_back(exercise.file);
      for (const WrongVariant& variant : exercise.wrong) wrong.push_back(variant.name);
    }
    EXPECT_GT(module.max_points(), 0) << module.id;
    EXPECT_EQ(manifest(module.id, "files"), files);
    EXPECT_EQ(manifest(module.id, "wrong"), wrong);
    EXPECT_EQ(manifest(module.id, "contract"), Lines{module.contract});
    EXPECT_EQ(manifest(module.id, "slots-type"), Lines{module.slots_type});
  }
}

}  // namespace
}  // namespace kiln::grader
