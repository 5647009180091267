// Safe names and atomic writes.
#include "grader/report/files.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <set>

namespace kiln::grader {
namespace {

constexpr std::size_t kLongestName = 80;

/// FNV-1a: short, fixed for all time, and good enough to keep a class's names apart.
std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const unsigned char c : text) hash = (hash ^ c) * 16777619u;
  return hash;
}

bool is_safe(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string failure(const std::filesystem::path& path, const char* step, int error) {
  return fmt::format("cannot write {}: {}: {}; check the folder's permissions and the space left", path.string(), step,
                     std::strerror(error));
}

/// Makes the missing folders of `path` and a temporary file in the last one.
std::optional<std::string> open_beside(const std::filesystem::path& path, std::string& temporary, int& descriptor) {
  std::error_code error;
  const auto folder = path.parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) return failure(path, "making its folder", error.value());
  temporary = (folder / ".kiln-XXXXXX").string();
  descriptor = mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0) return failure(path, "making a temporary file", errno);
  return std::nullopt;
}

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// A device, pipe or socket, or a name in /dev (stdout, fd/3): no file may take its place.
bool is_special(const std::filesystem::path& path) {
  std::error_code error;
  if (path.parent_path() == "/dev" || path.parent_path() == "/dev/fd") return true;
  const auto status = std::filesystem::status(path, error);
  return !error && std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

std::optional<std::string> write_through(const std::filesystem::path& path, std::string_view content) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return failure(path, "opening", errno);
  const bool written = write_all(descriptor, content);
  const int reason = errno;
  close(descriptor);
  if (!written) return failure(path, "writing", reason);
  return std::nullopt;
}

}  // namespace

std::string safe_file_name(std::string_view name) {
  std::string safe(name.substr(0, kLongestName));
  std::ranges::replace_if(
      safe, [](char c) { return !is_safe(c); }, '_');
  if (!safe.empty() && (safe[0] == '.' || safe[0] == '-')) safe[0] = '_';
  if (safe.empty()) safe = "unnamed";
  if (safe == name) return safe;
  const std::string hash = fmt::format("-{:08x}", hash_of(name));
  return safe.substr(0, kLongestName - hash.size()) + hash;
}

std::vector<std::string> distinct_file_names(std::span<const std::string> names) {
  std::set<std::string> taken{"index"};
  std::vector<std::string> result;
  for (const std::string& name : names) {
    const std::string safe = safe_file_name(name);
    std::string candidate = safe;
    for (int number = 2; !taken.insert(lower(candidate)).second; ++number)
      candidate = fmt::format("{}-{}", safe, number);
    result.push_back(candidate);
  }
  return result;
}

std::optional<std::string> why_not_writable(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return failure(path, "it is a folder", EISDIR);
  if (is_special(path)) return std::nullopt;
  std::string temporary;
  int descriptor = -1;
  if (auto problem = open_beside(path, temporary, descriptor)) return problem;
  close(descriptor);
  unlink(temporary.c_str());
  return std::nullopt;
}

std::optional<std::string> write_atomically(const std::filesystem::path& path, std::string_view content) {
  if (is_special(path)) return write_through(path, content);
  std::string temporary;
  int descriptor = -1;
  if (auto problem = open_beside(path, temporary, descriptor)) return problem;
  const char* step = nullptr;
  if (!write_all(descriptor, content)) {
    step = "writing";
  } else if (fchmod(descriptor, 0644) != 0) {
    step = "setting its mode";
  }
  int reason = errno;
  if (close(descriptor) != 0 && !step) {
    step = "closing";
    reason = errno;
  }
  if (!step && rename(temporary.c_str(), path.c_str()) != 0) {
    step = "renaming";
    reason = errno;
  }
  if (!step) return std::nullopt;
  unlink(temporary.c_str());
  return failure(path, step, reason);
}

}  // namespace kiln::grader
