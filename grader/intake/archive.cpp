// libarchive with the few formats and filters that are wanted; none that runs a program. Every byte is counted as it
// comes out, whatever sizes the archive claims ("A better zip bomb", Fifield, 2019).
#include "grader/intake/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <memory>
#include <set>

#include "grader/intake/file.hpp"
#include "grader/intake/text.hpp"

namespace kiln::grader {

namespace {

constexpr std::array kReadable{".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tgz", ".tbz2",
                               ".tbz",    ".txz",     ".tzst",   ".tar",     ".zip"};
constexpr std::array kUnsupported{".rar",  ".7z",  ".gz",  ".bz2", ".xz",  ".zst", ".lz",
                                  ".lzma", ".lzh", ".cab", ".iso", ".jar", ".z"};

constexpr std::size_t kLongestPath = 1024;

bool ends_with(std::string_view name, std::string_view extension) {
  if (name.size() <= extension.size()) return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(extension.begin(), extension.end(), name.end() - static_cast<std::ptrdiff_t>(extension.size()),
                    [&](char a, char b) { return a == lower(b); });
}

/// libarchive converts names to the thread's character set; this makes it UTF-8 whatever the environment says.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_) previous_ = uselocale(locale_);
  }
  ~Utf8Locale() {
    if (!locale_) return;
    uselocale(previous_);
    freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_ = nullptr, previous_ = nullptr;
};

class ArchiveReader {
 public:
  ArchiveReader(const IntakeLimits& limits, Collector& collector)
      : archive_(archive_read_new(), archive_read_free), limits_(limits), collector_(collector) {}

  std::string read(int file);

 private:
  std::string open(int file);
  std::string broken() const;
  std::string entry(archive_entry* entry);
  std::string check_type(archive_entry* entry, std::string_view shown_name) const;
  std::string contents(const std::string& path, bool is_file);
  std::string check_expansion() const;

  std::unique_ptr<archive, int (*)(archive*)> archive_;
  const IntakeLimits& limits_;
  Collector& collector_;
  std::uint64_t entries_ = 0, data_bytes_ = 0, budget_ = 0;
  std::set<std::string> paths_;
};

std::string ArchiveReader::broken() const {
  const char* reason = archive_error_string(archive_.get());
  return "the archive is broken or cut off: " + shown(reason ? reason : "no reason given");
}

std::string ArchiveReader::open(int file) {
  struct stat status {};
  if (fstat(file, &status) != 0) return "the archive " + unreadable(errno);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size == 0) return "the archive is empty: 0 bytes";
  if (size > limits_.archive_bytes) return "the archive is larger than " + size_text(limits_.archive_bytes);
  budget_ = std::min(limits_.total_bytes, std::max(limits_.free_bytes, limits_.ratio * size));

  // The central directory of a zip says what is a link; reading one as a stream would not see it.
  archive* a = archive_.get();
  const bool supported =
      a && archive_read_support_format_tar(a) == ARCHIVE_OK &&
      archive_read_support_format_zip_seekable(a) == ARCHIVE_OK && archive_read_support_filter_gzip(a) == ARCHIVE_OK &&
      archive_read_support_filter_bzip2(a) == ARCHIVE_OK && archive_read_support_filter_xz(a) == ARCHIVE_OK &&
      archive_read_support_filter_zstd(a) == ARCHIVE_OK;
  if (!supported) return "libarchive on this machine lacks zip, tar, gzip, bzip2, xz or zstd";
  if (archive_read_open_fd(a, file, 64 * 1024) != ARCHIVE_OK) return broken();
  // The file itself counts as one filter, its compression as another.
  if (archive_filter_count(a) > 2) return "the archive is compressed more than once";
  return "";
}

/// Splits at '/' and '\\', drops empty and "." parts. Gives the problem, "" where there is none.
std::string normalise(std::string_view name, std::string& path) {
  const auto is_separator = [](char c) { return c == '/' || c == '\\'; };
  const bool drive = name.size() >= 2 && name[1] == ':' && std::isalpha(static_cast<unsigned char>(name[0]));
  if (name.empty()) return "the archive holds an entry without a name";
  if (name.size() > kLongestPath)
    return "the archive holds a path longer than " + std::to_string(kLongestPath) + " bytes: " + shown(name);
  if (is_separator(name[0]) || drive) return "the archive holds an absolute path: " + shown(name);
  if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    return "the archive holds a name with control characters: " + shown(name);
  for (std::size_t begin = 0; begin < name.size();) {
    const auto end =
        static_cast<std::size_t>(std::find_if(name.begin() + begin, name.end(), is_separator) - name.begin());
    const std::string_view part = name.substr(begin, end - begin);
    if (part == "..") return "the archive holds a path with \"..\": " + shown(name);
    if (!part.empty() && part != ".") path += (path.empty() ? "" : "/") + std::string(part);
    begin = end + 1;
  }
  return "";
}

std::string ArchiveReader::check_type(archive_entry* entry, std::string_view shown_name) const {
  const std::string name(shown_name);
  if (archive_entry_is_encrypted(entry)) return "the archive is encrypted: " + name + "; hand it in without a password";
  if (archive_entry_hardlink(entry)) return "the archive holds a hard link: " + name;
  if (archive_entry_symlink(entry) || archive_entry_filetype(entry) == AE_IFLNK)
    return "the archive holds a symbolic link: " + name;
  const auto type = archive_entry_filetype(entry);
  if (type != AE_IFREG && type != AE_IFDIR) return "the archive holds a device, pipe or socket: " + name;
  return "";
}

std::string ArchiveReader::check_expansion() const {
  // Counting what the compression gives covers headers and padding too.
  const auto filtered = static_cast<std::uint64_t>(std::max<la_int64_t>(0, archive_filter_bytes(archive_.get(), 0)));
  if (std::max(data_bytes_, filtered) <= budget_) return "";
  if (budget_ < limits_.total_bytes)
    return "the archive expands to more than " + std::to_string(limits_.ratio) + " times its size";
  return "the archive expands to more than " + size_text(limits_.total_bytes);
}

/// Reads the data of any entry to its end, so that it is counted and its checksum is verified; keeps that of listed
/// files.
std::string ArchiveReader::contents(const std::string& path, bool is_file) {
  const auto place = is_file ? collector_.layout().match(path) : std::nullopt;
  std::array<char, 64 * 1024> buffer;
  std::string text;
  std::uint64_t size = 0;
  while (true) {
    const la_ssize_t count = archive_read_data(archive_.get(), buffer.data(), buffer.size());
    if (count < 0) return broken();
    if (count == 0) break;
    size += static_cast<std::uint64_t>(count);
    data_bytes_ += static_cast<std::uint64_t>(count);
    if (size > limits_.entry_bytes)
      return "the archive holds a file larger than " + size_text(limits_.entry_bytes) + ": " + shown(path);
    if (std::string problem = check_expansion(); !problem.empty()) return problem;
    if (place && size <= limits_.listed_bytes) text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  if (!is_file) return "";
  if (!place)
    collector_.ignore(path);
  else if (size > limits_.listed_bytes)
    collector_.refuse(path, *place, "is larger than " + size_text(limits_.listed_bytes));
  else
    collector_.take(path, *place, std::move(text));
  return "";
}

std::string ArchiveReader::entry(archive_entry* entry) {
  if (++entries_ > limits_.entries)
    return "the archive holds more than " + std::to_string(limits_.entries) + " entries";
  const char* name = archive_entry_pathname(entry);
  if (!name) name = archive_entry_pathname_utf8(entry);
  if (!name) return "the archive holds a name that cannot be read";
  std::string path;
  if (std::string problem = normalise(name, path); !problem.empty()) return problem;
  if (std::string problem = check_type(entry, shown(name)); !problem.empty()) return problem;
  const bool is_file = archive_entry_filetype(entry) == AE_IFREG;
  if (is_file && !paths_.insert(path).second) return "the archive holds " + shown(path) + " twice";
  return contents(path, is_file);
}

std::string ArchiveReader::read(int file) {
  if (std::string problem = open(file); !problem.empty()) return problem;
  while (true) {
    archive_entry* next = nullptr;
    const int status = archive_read_next_header(archive_.get(), &next);
    if (status == ARCHIVE_EOF) break;
    // A warning is about names or times that do not convert; the entry itself is whole.
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return broken();
    if (std::string problem = check_expansion(); !problem.empty()) return problem;
    if (std::string problem = entry(next); !problem.empty()) return problem;
  }
  return entries_ == 0 ? "the archive is empty" : "";
}

}  // namespace

ArchiveKind archive_kind(std::string_view name) {
  const auto matches = [&](const char* extension) { return ends_with(name, extension); };
  if (std::any_of(kReadable.begin(), kReadable.end(), matches)) return ArchiveKind::readable;
  if (std::any_of(kUnsupported.begin(), kUnsupported.end(), matches)) return ArchiveKind::unsupported;
  return ArchiveKind::none;
}

std::string_view without_archive_extension(std::string_view name) {
  for (const char* extension : kReadable)
    if (ends_with(name, extension)) return name.substr(0, name.size() - std::string_view(extension).size());
  return name;
}

std::string readable_archives() {
  std::string text;
  for (const char* extension : {".zip", ".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"})
    text += (text.empty() ? "" : ", ") + std::string(extension);
  return text;
}

std::string read_archive(int file, const IntakeLimits& limits, Collector& collector) {
  const Utf8Locale utf8;
  return ArchiveReader(limits, collector).read(file);
}

}  // namespace kiln::grader
