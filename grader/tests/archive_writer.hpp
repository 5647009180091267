// Writes archives for tests, honest and hostile, with libarchive's writer.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace kiln::grader {

struct TestEntry {
  std::string path;
  std::string contents = "";
  unsigned type = AE_IFREG;
  std::string link = "";  ///< target of a symbolic link
  std::string hard_link = "";
};

inline void require_archive(bool good, archive* a) {
  if (!good) throw std::runtime_error(archive_error_string(a) ? archive_error_string(a) : "archive writer");
}

inline void write_entry(archive* a, const TestEntry& from) {
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, from.path.c_str());
  archive_entry_set_filetype(entry, from.type);
  archive_entry_set_perm(entry, 0644);
  archive_entry_set_size(entry, static_cast<la_int64_t>(from.contents.size()));
  if (!from.link.empty()) archive_entry_set_symlink(entry, from.link.c_str());
  if (!from.hard_link.empty()) archive_entry_set_hardlink(entry, from.hard_link.c_str());
  require_archive(archive_write_header(a, entry) >= ARCHIVE_WARN, a);
  const la_ssize_t written = archive_write_data(a, from.contents.data(), from.contents.size());
  require_archive(written == static_cast<la_ssize_t>(from.contents.size()), a);
  archive_entry_free(entry);
}

/// The format follows from the extension. `options` are libarchive's, with the passphrase "secret".
inline void write_archive(const std::filesystem::path& path, const std::vector<TestEntry>& entries,
                          const char* options = nullptr) {
  archive* a = archive_write_new();
  const std::string name = path.string();
  const auto ends_with = [&](const std::string& tail) { return name.size() >= tail.size() && name.ends_with(tail); };
  if (ends_with(".zip"))
    archive_write_set_format_zip(a);
  else
    archive_write_set_format_pax_restricted(a);
  if (ends_with("gz")) archive_write_add_filter_gzip(a);
  if (ends_with("xz")) archive_write_add_filter_xz(a);
  if (ends_with("bz2")) archive_write_add_filter_bzip2(a);
  if (ends_with("zst")) archive_write_add_filter_zstd(a);
  if (options) {
    require_archive(archive_write_set_options(a, options) == ARCHIVE_OK, a);
    archive_write_set_passphrase(a, "secret");
  }
  require_archive(archive_write_open_filename(a, name.c_str()) == ARCHIVE_OK, a);
  for (const TestEntry& entry : entries) write_entry(a, entry);
  require_archive(archive_write_close(a) == ARCHIVE_OK, a);
  archive_write_free(a);
}

}  // namespace kiln::grader
