// Names that are safe as files.
#include "grader/report/files.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
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

}  // namespace kiln::grader
