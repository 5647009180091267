// Intake: what is taken, what is refused and in which words, and that one bad submission never keeps the others out.
#include "grader/intake/intake.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "grader/intake/archive.hpp"
#include "grader/intake/text.hpp"
#include "grader/tests/archive_writer.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

using Files = std::map<std::string, std::string>;
using Lines = std::vector<std::string>;

const std::vector<WantedFile> kOneModule{{"01_tensor", "fill.cpp"}, {"01_tensor", "matmul.cpp"}};
const std::vector<WantedFile> kTwoModules{
    {"01_tensor", "fill.cpp"}, {"01_tensor", "matmul.cpp"}, {"02_more", "relu.cpp"}};

const Files kBoth{{"01_tensor/fill.cpp", "// fill"}, {"01_tensor/matmul.cpp", "// matmul"}};

/// A folder of its own, removed at the end.
class IntakeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "kiln-intake-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = fs::canonical(pattern);
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path write(const fs::path& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
    return root_ / path;
  }
  fs::path pack(const std::string& name, const std::vector<TestEntry>& entries, const char* options = nullptr) {
    write_archive(root_ / name, entries, options);
    return root_ / name;
  }
  Intake take_all(const std::vector<fs::path>& paths, const std::vector<WantedFile>& wanted = kOneModule) {
    return take_in(paths, wanted, limits_);
  }
  /// The one submission that `path` gives.
  Submission take_one(const fs::path& path, const std::vector<WantedFile>& wanted = kOneModule) {
    Intake intake = take_all({path}, wanted);
    EXPECT_TRUE(intake.call_errors.empty()) << to_string(intake.call_errors.at(0));
    EXPECT_EQ(intake.submissions.size(), 1u);
    return intake.submissions.empty() ? Submission{} : intake.submissions[0];
  }

  fs::path root_;
  IntakeLimits limits_;
};

std::string slurp(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// Bytes that do not compress, the same every time.
std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) byte = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  return bytes;
}

// ---- text

TEST(Text, WhatIsShownCannotDriveATerminal) {
  EXPECT_EQ(shown("plain name.cpp"), "\"plain name.cpp\"");
  EXPECT_EQ(shown("\x1b[31m\n\x7f"), "\"\\x1b[31m\\x0a\\x7f\"");
  EXPECT_EQ(shown("say \"hi\" \\"), "\"say \\\"hi\\\" \\\\\"");
  EXPECT_EQ(shown("\xea\xb0\x80"), "\"\xea\xb0\x80\"");
  EXPECT_EQ(shown("cpp\xe2\x80\xae"
                  "fdp"),
            "\"cpp\\u202efdp\"");
  EXPECT_EQ(shown("\xc2\x9b"), "\"\\u009b\"") << "a control character of two bytes";
  EXPECT_EQ(shown("\xff\xc0\xaf\xed\xa0\x80"), "\"\\xff\\xc0\\xaf\\xed\\xa0\\x80\"") << "overlong forms and surrogates";
  EXPECT_EQ(shown("\xe2\x80"), "\"\\xe2\\x80\"") << "cut off";
  EXPECT_EQ(shown("abcdefgh", 5), "\"abcd...\"");
}

TEST(Text, ASubmissionsNameIsSafeAsAFiles) {
  EXPECT_EQ(file_name_from("Alice_B-2.0"), "Alice_B-2.0");
  EXPECT_EQ(file_name_from("a b/c\\d\n"), "a_b_c_d_");
  EXPECT_EQ(file_name_from(".."), "_.");
  EXPECT_EQ(file_name_from("-rf"), "_rf");
  EXPECT_EQ(file_name_from(""), "submission");
  EXPECT_EQ(file_name_from("\xea\xb0\x80"), "\xea\xb0\x80");
  EXPECT_EQ(file_name_from("\xe2\x80\xae\xff"), "__");
  EXPECT_EQ(file_name_from(std::string(99, 'a') + "\xea\xb0\x80").size(), 99u) << "no letter is cut in two";
}

TEST(Text, SourceTextHasNoBinaryJunk) {
  EXPECT_EQ(why_not_text("int x;\r\n\tint y;\f\v"), "");
  EXPECT_EQ(why_not_text(""), "");
  EXPECT_EQ(why_not_text(std::string("ab\0c", 4)), "byte 2 is NUL");
  EXPECT_EQ(why_not_text("\x01\x02 abc"), "2 bytes are control characters");
  EXPECT_EQ(why_not_text(std::string(200, 'x') + "\x1a"), "") << "an end-of-file mark of DOS";
}

// ---- places

TEST(Layout, EachPlaceIsFoundAlsoBelowATopFolder) {
  const Layout layout(kOneModule);
  for (const std::string top : {"", "alice/"}) {
    for (const std::string place : {"modules/01_tensor/matmul.cpp", "01_tensor/matmul.cpp", "matmul.cpp"}) {
      const auto match = layout.match(top + place);
      ASSERT_TRUE(match) << top + place;
      EXPECT_EQ(match->wanted, 1u);
      EXPECT_EQ(match->top, top.empty() ? "" : "alice") << place;
    }
  }
  EXPECT_EQ(layout.match("01_tensor/matmul.cpp")->top, "") << "the module's folder is no top folder";
}

TEST(Layout, OtherPathsAreNoPlaces) {
  const Layout layout(kOneModule);
  for (const std::string path :
       {"tests.cpp", "a/b/matmul.cpp", "a/b/modules/01_tensor/matmul.cpp", "modules/02_more/matmul.cpp",
        ".git/matmul.cpp", "__MACOSX/matmul.cpp", "solutions/01_tensor/matmul.cpp", "Matmul.cpp", "matmul.cpp/x",
        "matmul.cpp.bak", "._matmul.cpp"})
    EXPECT_FALSE(layout.match(path)) << path;
  EXPECT_FALSE(Layout(kTwoModules).match("matmul.cpp")) << "with two modules a bare file is ambiguous";
  EXPECT_TRUE(Layout(kTwoModules).match("02_more/relu.cpp"));
}

TEST(Layout, OnlyFoldersThatMayLeadToAPlaceAreEntered) {
  const Layout layout(kTwoModules);
  for (const std::string path :
       {"modules", "modules/01_tensor", "01_tensor", "alice", "alice/modules", "alice/modules/02_more"})
    EXPECT_TRUE(layout.leads_to_place(path)) << path;
  for (const std::string path :
       {".git", "modules/03_layers", "modules/01_tensor/wrong", "alice/src", "01_tensor/matmul.cpp"})
    EXPECT_FALSE(layout.leads_to_place(path)) << path;
}

// ---- archives

class ArchiveFormat : public IntakeTest, public testing::WithParamInterface<const char*> {};

TEST_P(ArchiveFormat, ListedFilesAreTaken) {
  const std::string source = "// matmul\n" + std::string(200'000, 'x');
  const Submission alice =
      take_one(pack(std::string("alice") + GetParam(), {{"repo", "", AE_IFDIR},
                                                        {"repo/README.md", "hello"},
                                                        {"./repo/modules/01_tensor/fill.cpp", "// fill"},
                                                        {"repo//modules/01_tensor/matmul.cpp", source}}));
  EXPECT_EQ(alice.problem, "");
  EXPECT_EQ(alice.name, "alice");
  EXPECT_EQ(alice.files, (Files{{"01_tensor/fill.cpp", "// fill"}, {"01_tensor/matmul.cpp", source}}));
  EXPECT_EQ(alice.notes, Lines{"1 other entry was ignored: \"repo/README.md\""});
}

TEST_P(ArchiveFormat, ATruncatedOneIsAProblem) {
  const fs::path path = pack(std::string("cut") + GetParam(), {{"matmul.cpp", noise(50'000)}, {"fill.cpp", "// fill"}});
  fs::resize_file(path, 20'000);
  const Submission cut = take_one(path);
  EXPECT_NE(cut.problem.find("the archive is broken or cut off"), std::string::npos) << cut.problem;
  EXPECT_TRUE(cut.files.empty());
}

TEST_P(ArchiveFormat, ABombIsRefused) {
  limits_.total_bytes = 4u << 20;
  limits_.entry_bytes = 3u << 20;
  std::vector<TestEntry> entries{{"matmul.cpp", "// matmul"}};
  for (int i = 0; i < 3; ++i) entries.push_back({"zeros" + std::to_string(i), std::string(2u << 20, '\0')});
  const Submission bomb = take_one(pack(std::string("bomb") + GetParam(), entries));
  EXPECT_NE(bomb.problem.find("the archive expands to more than"), std::string::npos) << bomb.problem;
}

INSTANTIATE_TEST_SUITE_P(Formats, ArchiveFormat,
                         testing::Values(".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar.zst"));

/// An entry that no archive may hold, and the words that refuse it.
struct Hostile {
  const char* extension;
  TestEntry entry;
  const char* problem;
};

void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.extension << ": " << hostile.problem; }

class HostileEntry : public IntakeTest, public testing::WithParamInterface<Hostile> {};

TEST_P(HostileEntry, RefusesTheArchive) {
  const Submission bad =
      take_one(pack(std::string("bad") + GetParam().extension, {{"fill.cpp", "// fill"}, GetParam().entry}));
  EXPECT_EQ(bad.problem, GetParam().problem);
  EXPECT_TRUE(bad.files.empty());
}

const Hostile kHostile[] = {
    {".zip", {"../matmul.cpp", "x"}, "the archive holds a path with \"..\": \"../matmul.cpp\""},
    {".tar", {"a/../../matmul.cpp", "x"}, "the archive holds a path with \"..\": \"a/../../matmul.cpp\""},
    {".tar", {"a/..", "", AE_IFDIR}, "the archive holds a path with \"..\": \"a/../\""},
    {".tar", {"..\\matmul.cpp", "x"}, "the archive holds a path with \"..\": \"..\\\\matmul.cpp\""},
    {".tar.gz", {"/etc/passwd", "x"}, "the archive holds an absolute path: \"/etc/passwd\""},
    {".zip", {"/etc/passwd", "x"}, "the archive holds an absolute path: \"/etc/passwd\""},
    {".tar", {"C:\\matmul.cpp", "x"}, "the archive holds an absolute path: \"C:\\\\matmul.cpp\""},
    {".tar", {"matmul.cpp", "", AE_IFLNK, "/etc/passwd"}, "the archive holds a symbolic link: \"matmul.cpp\""},
    {".zip", {"matmul.cpp", "", AE_IFLNK, "/etc/passwd"}, "the archive holds a symbolic link: \"matmul.cpp\""},
    {".tar", {"matmul.cpp", "", AE_IFREG, "", "fill.cpp"}, "the archive holds a hard link: \"matmul.cpp\""},
    {".tar", {"matmul.cpp", "", AE_IFIFO}, "the archive holds a device, pipe or socket: \"matmul.cpp\""},
    {".tar", {"matmul.cpp", "", AE_IFCHR}, "the archive holds a device, pipe or socket: \"matmul.cpp\""},
    {".tar", {"matmul.cpp", "", AE_IFBLK}, "the archive holds a device, pipe or socket: \"matmul.cpp\""},
    {".zip", {"a\x1b[2J.cpp", "x"}, "the archive holds a name with control characters: \"a\\x1b[2J.cpp\""},
    {".tar", {"./fill.cpp", "x"}, "the archive holds \"fill.cpp\" twice"},
    {".zip", {"fill.cpp", "x"}, "the archive holds \"fill.cpp\" twice"},
};

INSTANTIATE_TEST_SUITE_P(Entries, HostileEntry, testing::ValuesIn(kHostile));

TEST_F(IntakeTest, AnEncryptedArchiveIsRefused) {
  const Submission secret = take_one(pack("secret.zip", {{"matmul.cpp", "// matmul"}}, "zip:encryption=traditional"));
  EXPECT_EQ(secret.problem, "the archive is encrypted: \"matmul.cpp\"; hand it in without a password");
}

TEST_F(IntakeTest, LimitsOfArchives) {
  const fs::path path = pack("a.tar", {{"fill.cpp", "// fill"}, {"big", noise(5000)}, {"matmul.cpp", "// matmul"}});
  EXPECT_EQ(take_one(path).problem, "");
  limits_.entry_bytes = 4096;
  EXPECT_EQ(take_one(path).problem, "the archive holds a file larger than 4 KiB: \"big\"");
  limits_ = {};
  limits_.entries = 2;
  EXPECT_EQ(take_one(path).problem, "the archive holds more than 2 entries");
  limits_ = {};
  limits_.archive_bytes = 8192;
  EXPECT_EQ(take_one(path).problem, "the archive is larger than 8 KiB");
  limits_ = {};
  limits_.listed_bytes = 8;
  const Submission submission = take_one(path);
  EXPECT_EQ(submission.problem, "");
  EXPECT_EQ(submission.files, (Files{{"01_tensor/fill.cpp", "// fill"}}));
  EXPECT_EQ(submission.notes.at(0), "\"matmul.cpp\" was not taken: it is larger than 8 bytes");
}

TEST_F(IntakeTest, ABombWithinTheSizeLimitsIsRefusedByItsRatio) {
  limits_.free_bytes = 100'000;
  const Submission bomb =
      take_one(pack("bomb.tar.gz", {{"zeros", std::string(1'000'000, '\0')}, {"fill.cpp", "// fill"}}));
  EXPECT_EQ(bomb.problem, "the archive expands to more than 100 times its size");
}

TEST_F(IntakeTest, WhatIsNoArchiveIsAProblem) {
  EXPECT_EQ(take_one(write("a.zip", "not an archive")).problem,
            "the archive is broken or cut off: \"Unrecognized archive format\"");
  EXPECT_EQ(take_one(write("b.tar.gz", "")).problem, "the archive is empty: 0 bytes");
  EXPECT_EQ(take_one(pack("c.tar", {})).problem, "the archive is empty");
}

TEST_F(IntakeTest, ADamagedChecksumIsAProblem) {
  const std::string source = "// the text of a kernel, stored as it is";
  std::string bytes = slurp(pack("a.zip", {{"matmul.cpp", source}}, "zip:compression=store"));
  bytes[bytes.find(source) + 3] ^= 1;
  EXPECT_NE(take_one(write("a.zip", bytes)).problem.find("the archive is broken or cut off: \"ZIP bad CRC"),
            std::string::npos);
}

TEST_F(IntakeTest, AnArchiveCompressedTwiceIsRefused) {
  archive* a = archive_write_new();
  archive_write_set_format_pax_restricted(a);
  archive_write_add_filter_gzip(a);
  archive_write_add_filter_gzip(a);
  ASSERT_EQ(archive_write_open_filename(a, (root_ / "a.tar.gz").c_str()), ARCHIVE_OK);
  write_entry(a, {"fill.cpp", "// fill"});
  ASSERT_EQ(archive_write_close(a), ARCHIVE_OK);
  archive_write_free(a);
  EXPECT_EQ(take_one(root_ / "a.tar.gz").problem, "the archive is compressed more than once");
}

/// Declares all names of a zip to be UTF-8: bit 11 of each header's flags.
std::string with_utf8_flags(std::string zip) {
  for (std::size_t at = 0; (at = zip.find("PK\x03\x04", at)) != std::string::npos; ++at) zip[at + 7] |= 8;
  for (std::size_t at = 0; (at = zip.find("PK\x01\x02", at)) != std::string::npos; ++at) zip[at + 9] |= 8;
  return zip;
}

TEST_F(IntakeTest, NamesBeyondAsciiAreReadWhateverTheLocale) {
  // The test runs in the C locale, as a grader in a service does.
  const std::string report = "\xea\xb0\x80.pdf";
  std::string bytes = slurp(pack("a.zip", {{"matmul.cpp", "// matmul"}, {"XXX.pdf", "report"}}));
  for (std::size_t at; (at = bytes.find("XXX.pdf")) != std::string::npos;) bytes.replace(at, 7, report);
  for (const fs::path& path : {write("plain.zip", bytes), write("utf8.zip", with_utf8_flags(bytes)),
                               pack("a.tar", {{"matmul.cpp", "// matmul"}, {report, "report"}})}) {
    const Submission submission = take_one(path);
    EXPECT_EQ(submission.problem, "");
    EXPECT_EQ(submission.notes.back(), "1 other entry was ignored: \"" + report + "\"");
  }
  const Submission latin = take_one(pack("latin.tar", {{"matmul.cpp", "// matmul"}, {"\xe9t\xe9.txt", "summer"}}));
  EXPECT_EQ(latin.problem, "");
  EXPECT_EQ(latin.files.size(), 1u);
}

TEST_F(IntakeTest, BackslashesOfWindowsToolsSeparateFolders) {
  const std::string name = "modules/01_tensor/matmul.cpp", windows = "modules\\01_tensor\\matmul.cpp";
  std::string bytes = slurp(pack("a.zip", {{name, "// matmul"}}));
  for (std::size_t at; (at = bytes.find(name)) != std::string::npos;) bytes.replace(at, name.size(), windows);
  for (const fs::path& path : {write("a.zip", bytes), pack("a.tar", {{windows, "// matmul"}})}) {
    const Submission submission = take_one(path);
    EXPECT_EQ(submission.problem, "");
    EXPECT_EQ(submission.files.count("01_tensor/matmul.cpp"), 1u);
  }
}

TEST_F(IntakeTest, TwoAttemptsInOneArchiveAreNamed) {
  EXPECT_EQ(
      take_one(pack("a.zip", {{"matmul.cpp", "1"}, {"second/matmul.cpp", "2"}})).problem,
      "01_tensor/matmul.cpp is there twice, as \"matmul.cpp\" and as \"second/matmul.cpp\": hand in one attempt only");
  EXPECT_EQ(
      take_one(pack("b.zip", {{"first/modules/01_tensor/fill.cpp", "1"}, {"second/modules/01_tensor/matmul.cpp", "2"}}))
          .problem,
      "the listed files lie in two places, \"first/modules/01_tensor/fill.cpp\" and "
      "\"second/modules/01_tensor/matmul.cpp\": put "
      "all of them below the same folder, and hand in one attempt only");
}

TEST_F(IntakeTest, WithoutAListedFileItSaysWhatItLookedFor) {
  const Submission none = take_one(pack("a.zip", {{"src/Matmul.cpp", "x"}, {"inner.zip", "x"}}));
  EXPECT_EQ(none.problem,
            "it holds none of the listed files; looked for modules/01_tensor/fill.cpp, modules/01_tensor/matmul.cpp "
            "(the folders modules/ "
            "and its module's may be missing, and one top folder may lie around all); it holds the archive "
            "\"inner.zip\", but archives "
            "inside are not opened");
  EXPECT_EQ(none.notes, Lines{"2 other entries were ignored: \"src/Matmul.cpp\", \"inner.zip\""});
}

TEST_F(IntakeTest, IgnoredNamesAreFewAndEscaped) {
  std::vector<TestEntry> entries{{"fill.cpp", "// fill"},
                                 {"cpp\xe2\x80\xae"
                                  "fdp",
                                  "x"}};
  for (int i = 0; i < 50; ++i) entries.push_back({"extra" + std::to_string(i), "x"});
  const Submission submission = take_one(pack("a.zip", entries));
  EXPECT_EQ(
      submission.notes,
      (Lines{"missing: 01_tensor/matmul.cpp",
             "51 other entries were ignored: \"cpp\\u202efdp\", \"extra0\", \"extra1\", \"extra2\", \"extra3\", ..."}));
}

// ---- folders

TEST_F(IntakeTest, AFolderIsTakenAtEachPlace) {
  for (const std::string place : {"a/modules/01_tensor/", "b/01_tensor/", "c/"}) {
    write(place + "fill.cpp", "// fill");
    write(place + "matmul.cpp", "// matmul");
    const Submission submission = take_one(root_ / place.substr(0, 1));
    EXPECT_EQ(submission.problem, "");
    EXPECT_EQ(submission.files, kBoth);
    EXPECT_EQ(submission.name, place.substr(0, 1));
    EXPECT_TRUE(submission.notes.empty());
  }
}

TEST_F(IntakeTest, NoSymbolicLinkIsFollowed) {
  const fs::path secret = write("secret/matmul.cpp", "secret");
  write("alice/fill.cpp", "// fill");
  fs::create_symlink(secret, root_ / "alice" / "matmul.cpp");
  fs::create_directory_symlink(root_ / "secret", root_ / "alice" / "01_tensor");
  const Submission alice = take_one(root_ / "alice");
  EXPECT_EQ(alice.problem, "");
  EXPECT_EQ(alice.files, (Files{{"01_tensor/fill.cpp", "// fill"}}));
  EXPECT_EQ(alice.notes, (Lines{"\"matmul.cpp\" was not taken: it is a symbolic link, which is not followed",
                                "1 other entry was ignored: \"01_tensor (a symbolic link)\""}));
  fs::remove(root_ / "alice" / "fill.cpp");
  EXPECT_EQ(take_one(root_ / "alice").problem,
            "no listed file could be taken: \"matmul.cpp\" is a symbolic link, which is not followed");
}

TEST_F(IntakeTest, PipesAndFoldersInPlaceOfFilesAreNotOpened) {
  fs::create_directories(root_ / "alice" / "fill.cpp");
  ASSERT_EQ(mkfifo((root_ / "alice" / "matmul.cpp").c_str(), 0600), 0);
  EXPECT_EQ(take_one(root_ / "alice").problem,
            "no listed file could be taken: \"fill.cpp\" is a folder, not a file; \"matmul.cpp\" is a "
            "named pipe, which is not opened");
}

TEST_F(IntakeTest, BinaryAndLargeFilesCostThemselvesAlone) {
  write("alice/fill.cpp", std::string("int\0x", 5));
  write("alice/matmul.cpp", "// matmul");
  EXPECT_EQ(take_one(root_ / "alice").files, (Files{{"01_tensor/matmul.cpp", "// matmul"}}));
  EXPECT_EQ(take_one(root_ / "alice").notes, Lines{"\"fill.cpp\" was not taken: it is not source text: byte 3 is NUL"});
  limits_.listed_bytes = 9;
  EXPECT_EQ(take_one(root_ / "alice").files.size(), 1u) << "exactly the limit is allowed";
  limits_.listed_bytes = 8;
  EXPECT_EQ(take_one(root_ / "alice").files.size(), 0u);
}

TEST_F(IntakeTest, TwoAttemptsInOneFolderAreNamed) {
  write("alice/modules/01_tensor/matmul.cpp", "1");
  write("alice/old/matmul.cpp", "2");
  EXPECT_EQ(take_one(root_ / "alice").problem,
            "01_tensor/matmul.cpp is there twice, as \"modules/01_tensor/matmul.cpp\" and as \"old/matmul.cpp\": hand "
            "in one attempt only");
}

TEST_F(IntakeTest, FoldersThatHoldNoListedFileAreNotCounted) {
  limits_.entries = 10;
  write("alice/fill.cpp", "// fill");
  for (int i = 0; i < 20; ++i) write("alice/.git/objects" + std::to_string(i), "x");
  EXPECT_EQ(take_one(root_ / "alice").problem, "");
  for (int i = 0; i < 20; ++i) write("alice/notes" + std::to_string(i), "x");
  EXPECT_EQ(take_one(root_ / "alice").problem, "it holds more than 10 files and folders");
}

TEST_F(IntakeTest, AnUnreadableFileCostsItselfAlone) {
  if (geteuid() == 0) GTEST_SKIP() << "root reads everything";
  write("alice/fill.cpp", "// fill");
  fs::permissions(write("alice/matmul.cpp", "// matmul"), fs::perms::none);
  EXPECT_EQ(take_one(root_ / "alice").files.size(), 1u);
  EXPECT_EQ(take_one(root_ / "alice").notes.at(0),
            "\"matmul.cpp\" was not taken: it cannot be read: Permission denied");
}

// ---- classes

TEST_F(IntakeTest, AClassIsItsFoldersAndArchives) {
  write("class/README.md", "the class");
  write("class/alice/modules/01_tensor/matmul.cpp", "alice");
  write("class/bob/bob-repo/01_tensor/matmul.cpp", "bob");
  write("class/.hidden/matmul.cpp", "no");
  write("class/dora.zip", "broken");
  write("class/eve.rar", "Rar!");
  fs::create_directories(root_ / "class" / "frank");
  fs::create_directory_symlink(root_ / "class" / "alice", root_ / "class" / "gina");
  pack("class/cleo.tar.gz", {{"matmul.cpp", "cleo"}});
  const Intake intake = take_all({root_ / "class"});
  EXPECT_TRUE(intake.call_errors.empty());
  ASSERT_EQ(intake.notes.size(), 1u);
  EXPECT_NE(intake.notes[0].find("2 entries are no submissions: \".hidden\", \"README.md\""), std::string::npos)
      << intake.notes[0];

  Lines summary;
  for (const Submission& submission : intake.submissions)
    summary.push_back(
        submission.name + ": " +
        (submission.problem.empty() ? submission.files.at("01_tensor/matmul.cpp") : submission.problem.substr(0, 40)));
  EXPECT_EQ(summary, (Lines{"alice: alice", "bob: bob", "cleo: cleo", "dora: the archive is broken or cut off: \"Unrec",
                            "eve.rar: this kind of archive cannot be read; han",
                            "frank: it holds none of the listed files; looke",
                            "gina: it is a symbolic link, which is not foll"}));
}

TEST_F(IntakeTest, AMarkedFolderInAClassIsAClassOfItsOwn) {
  write("class/alice/matmul.cpp", "alice");
  write("class/hostile/.kiln-class", "");
  write("class/hostile/mallory/01_tensor/matmul.cpp", "mallory");
  Intake intake = take_all({root_ / "class"});
  ASSERT_EQ(intake.submissions.size(), 1u);
  EXPECT_EQ(intake.submissions[0].name, "alice");
  ASSERT_EQ(intake.notes.size(), 1u);
  EXPECT_NE(intake.notes[0].find("hostile\" is a class of its own"), std::string::npos) << intake.notes[0];
  // Named, it is graded.
  intake = take_all({root_ / "class", root_ / "class" / "hostile"});
  ASSERT_EQ(intake.submissions.size(), 2u);
  EXPECT_EQ(intake.submissions[1].name, "mallory");
}

TEST_F(IntakeTest, NothingElseKeepsAStudentsFolderOutOfTheClass) {
  fs::create_directories(root_ / "class" / "empty");
  write("class/nested/a/b/01_tensor/matmul.cpp", "too deep");
  write("class/repos/one/01_tensor/matmul.cpp", "first");
  write("class/repos/two/01_tensor/matmul.cpp", "second");
  write("class/marked/.kiln-class", "");
  write("class/marked/01_tensor/matmul.cpp", "work");
  write("class/linked/elsewhere", "");
  fs::create_symlink(root_ / "class" / "marked" / ".kiln-class", root_ / "class" / "linked" / ".kiln-class");
  const Intake intake = take_all({root_ / "class"});
  Lines names;
  for (const Submission& submission : intake.submissions) names.push_back(submission.name);
  EXPECT_EQ(names, (Lines{"empty", "linked", "marked", "nested", "repos"}));
  EXPECT_TRUE(intake.notes.empty());
  EXPECT_EQ(intake.submissions[2].problem, "");
  for (const std::size_t i : {0u, 1u, 3u, 4u}) EXPECT_NE(intake.submissions[i].problem, "") << names[i];
}

TEST_F(IntakeTest, OneNameForTwoSubmissionsIsToldApart) {
  write("class/alice/matmul.cpp", "folder");
  write("class/alice-2/matmul.cpp", "another");
  pack("class/alice.zip", {{"matmul.cpp", "zip"}});
  pack("class/alice.tar", {{"matmul.cpp", "tar"}});
  const Intake intake = take_all({root_ / "class"});
  std::map<std::string, std::string> contents;
  for (const Submission& submission : intake.submissions) {
    contents[submission.name] = submission.files.at("01_tensor/matmul.cpp");
    const bool told = submission.notes.at(0) == "3 submissions are named alice; this one is \"" +
                                                    fs::path(submission.path).filename().string() + '"';
    EXPECT_EQ(told, submission.name != "alice-2") << submission.notes.at(0);
  }
  EXPECT_EQ(contents, (Files{{"alice", "folder"}, {"alice-2", "another"}, {"alice-3", "tar"}, {"alice-4", "zip"}}));
}

TEST_F(IntakeTest, TheSamePathTwiceCountsOnce) {
  write("class/alice/matmul.cpp", "alice");
  const Intake intake = take_all({root_ / "class", root_ / "class" / "alice", root_ / "class" / "." / "alice/"});
  ASSERT_EQ(intake.submissions.size(), 1u);
  EXPECT_EQ(intake.submissions[0].name, "alice");
}

TEST_F(IntakeTest, PathsThatCannotBeUsedAreErrorsOfTheCallAlone) {
  write("alice/matmul.cpp", "alice");
  write("notes/todo.txt", "x");
  fs::create_directories(root_ / "empty");
  const Intake intake = take_all(
      {root_ / "missing", root_ / "alice", root_ / "empty", root_ / "notes", write("single.cpp", "x"), "/dev/null"});
  ASSERT_EQ(intake.submissions.size(), 1u);
  EXPECT_EQ(intake.submissions[0].problem, "");
  ASSERT_EQ(intake.call_errors.size(), 5u);
  EXPECT_EQ(to_string(intake.call_errors[0]), '"' + (root_ / "missing").string() + "\" does not exist");
  EXPECT_EQ(intake.call_errors[1].message, "is an empty folder");
  EXPECT_EQ(intake.call_errors[2].message.substr(0, 23), "holds no submission: no");
  EXPECT_EQ(intake.call_errors[3].message.substr(0, 45), "is neither a folder nor an archive that can b");
  EXPECT_EQ(intake.call_errors[4].path, "/dev/null");
}

TEST_F(IntakeTest, APathOfTheCallMayBeALink) {
  write("real/matmul.cpp", "alice");
  fs::create_directory_symlink(root_ / "real", root_ / "link");
  EXPECT_EQ(take_one(root_ / "link").files.size(), 1u);
}

TEST_F(IntakeTest, ASubmissionThatVanishedIsAProblem) {
  write("alice/matmul.cpp", "alice");
  const Layout layout(kOneModule);
  const Sources found = find_submissions({root_ / "alice"}, layout);
  ASSERT_EQ(found.sources.size(), 1u);
  fs::remove_all(root_ / "alice");
  EXPECT_EQ(take(found.sources[0], layout).problem, "it cannot be read: No such file or directory");
  fs::create_directory_symlink("/", root_ / "alice");
  EXPECT_NE(take(found.sources[0], layout).problem, "") << "swapped for a link since it was found";
}

TEST(Archives, AreKnownByTheirExtension) {
  EXPECT_EQ(archive_kind("a.zip"), ArchiveKind::readable);
  EXPECT_EQ(archive_kind("A.TAR.GZ"), ArchiveKind::readable);
  EXPECT_EQ(archive_kind("a.7z"), ArchiveKind::unsupported);
  EXPECT_EQ(archive_kind("a.cpp"), ArchiveKind::none);
  EXPECT_EQ(archive_kind(".zip"), ArchiveKind::none);
  EXPECT_EQ(without_archive_extension("alice.b.tar.gz"), "alice.b");
  EXPECT_EQ(without_archive_extension("alice.b"), "alice.b");
}

TEST(WantedFiles, AreTheExercisesFiles) {
  Module module;
  module.id = "01_tensor";
  module.exercises.resize(2);
  module.exercises[0].file = "fill.cpp";
  module.exercises[1].file = "matmul.cpp";
  const auto wanted = wanted_files({&module});
  ASSERT_EQ(wanted.size(), 2u);
  EXPECT_EQ(wanted[1].path(), "01_tensor/matmul.cpp");
}

}  // namespace
}  // namespace kiln::grader
