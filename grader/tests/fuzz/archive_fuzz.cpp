// An archive as it was handed in. The first byte decides: the rest is the archive itself; or the rest describes
// entries, which libarchive packs, so that names, types and sizes behind checksums and compression are reached too.
// Whatever it is, there is a problem, or there are files at listed places within the limits, and nothing else.
#include <archive.h>
#include <archive_entry.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "grader/intake/archive.hpp"
#include "grader/intake/text.hpp"
#include "grader/tests/fuzz/input.hpp"

namespace {

using namespace kiln::grader;
using kiln::fuzz::demand;
using kiln::fuzz::Input;

constexpr IntakeLimits kLimits{.archive_bytes = 64u << 10,
                               .total_bytes = 256u << 10,
                               .entry_bytes = 64u << 10,
                               .listed_bytes = 2u << 10,
                               .entries = 40,
                               .ratio = 100,
                               .free_bytes = 16u << 10};
const std::vector<WantedFile> kWanted{{"01_tensor", "fill.cpp"}, {"01_tensor", "matmul.cpp"}};

struct Entry {
  std::string path;
  std::string contents;
  unsigned type = AE_IFREG;
};

/// Pieces of paths that mean something to intake.
constexpr std::array kPieces{"modules", "01_tensor", "fill.cpp", "matmul.cpp", "..", ".",    "/",
                             "\\",      "C:",        "__MACOSX", "top",        "",   "\xff", "a.zip"};

std::string read_path(Input& input) {
  std::string path;
  for (std::uint8_t parts = input.byte() % 6; parts > 0; --parts) {
    const std::uint8_t piece = input.byte();
    path += piece < 128 ? kPieces[piece % kPieces.size()] : std::string(input.counted());
    if (parts > 1) path += '/';
  }
  return path;
}

std::vector<Entry> read_entries(Input& input) {
  std::vector<Entry> entries;
  while (!input.empty() && entries.size() < 50) {
    Entry entry;
    entry.path = read_path(input);
    const std::uint8_t how = input.byte();
    entry.type = std::array{AE_IFREG, AE_IFREG, AE_IFREG, AE_IFDIR, AE_IFLNK, AE_IFIFO}[how % 6];
    const std::string_view piece = input.counted();
    for (int times = how & 64 ? 200 : 1; times > 0; --times) entry.contents += piece;
    entries.push_back(std::move(entry));
  }
  return entries;
}

void add_filter(archive* a, int which) {
  if (which == 1) archive_write_add_filter_gzip(a);
  if (which == 2) archive_write_add_filter_bzip2(a);
  if (which == 3) archive_write_add_filter_zstd(a);
  // The least memory: taking it and giving it back is what costs time here.
  if (which > 0) archive_write_set_options(a, "compression-level=1");
}

/// Packs into memory, which holds until the next call; "" where libarchive itself refuses.
std::string_view pack(const std::vector<Entry>& entries, std::uint8_t how) {
  static std::vector<char> packed(std::size_t{1} << 20);
  std::size_t used = 0;
  archive* a = archive_write_new();
  if (how & 1)
    archive_write_set_format_zip(a);
  else
    archive_write_set_format_pax_restricted(a), add_filter(a, how >> 1 & 3);
  bool good = archive_write_open_memory(a, packed.data(), packed.size(), &used) == ARCHIVE_OK;
  for (const Entry& from : entries) {
    if (!good) break;
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, from.path.c_str());
    archive_entry_set_filetype(entry, from.type);
    archive_entry_set_perm(entry, 0644);
    const bool has_data = from.type == AE_IFREG;
    archive_entry_set_size(entry, has_data ? static_cast<la_int64_t>(from.contents.size()) : 0);
    if (from.type == AE_IFLNK) archive_entry_set_symlink(entry, from.contents.c_str());
    good = archive_write_header(a, entry) >= ARCHIVE_WARN;
    if (good && has_data) archive_write_data(a, from.contents.data(), from.contents.size());
    archive_entry_free(entry);
  }
  good = archive_write_close(a) == ARCHIVE_OK && good;
  archive_write_free(a);
  return {packed.data(), good ? used : 0};
}

Submission read(std::string_view bytes) {
  static const int file = memfd_create("archive", MFD_CLOEXEC);
  demand(ftruncate(file, 0) == 0 && pwrite(file, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()) &&
             lseek(file, 0, SEEK_SET) == 0,
         "a memory file can be written");
  static const Layout layout(kWanted);
  Collector collector(layout);
  Submission submission;
  submission.problem = read_archive(file, kLimits, collector);
  if (submission.problem.empty()) collector.finish(submission);
  return submission;
}

void check(const Submission& submission) {
  demand(submission.problem.empty() != submission.files.empty(), "there is a problem, or there are files");
  demand(kiln::fuzz::is_printable(submission.problem), "a problem is printable");
  for (const std::string& note : submission.notes) demand(kiln::fuzz::is_printable(note), "a note is printable");
  for (const auto& [path, contents] : submission.files) {
    demand(path == kWanted[0].path() || path == kWanted[1].path(), "only listed files are taken");
    demand(contents.size() <= kLimits.listed_bytes, "a listed file is small");
    demand(why_not_text(contents).empty(), "a listed file is text");
  }
}

/// What was packed is known, so what may not be taken is known too.
void check_against(const std::vector<Entry>& entries, const Submission& submission) {
  for (const Entry& entry : entries) {
    const std::string path = '/' + entry.path.substr(0, entry.path.find('\0')) + '/';
    if (path.find("/../") != std::string::npos) demand(!submission.problem.empty(), "a path with .. is refused");
    // In a zip, what ends in '/' is a folder whatever else it claims to be.
    const bool link = entry.type == AE_IFLNK && !entry.path.ends_with('/');
    if (link && !entry.contents.empty() && entry.contents[0] != '\0')
      demand(!submission.problem.empty(), "a link is refused");
  }
  for (const auto& file : submission.files)
    demand(std::any_of(entries.begin(), entries.end(), [&](const Entry& e) { return e.contents == file.second; }),
           "a file is taken as it was packed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t how = input.byte();
  if (how < 128) {
    check(read(input.rest()));
    return 0;
  }
  const std::vector<Entry> entries = read_entries(input);
  const std::string_view packed = pack(entries, how);
  if (packed.empty()) return 0;
  const Submission submission = read(packed);
  check(submission);
  check_against(entries, submission);
  return 0;
}
