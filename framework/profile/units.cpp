// How numbers are written for people.
#include "profile/units.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace kiln::profile {

namespace {

std::string number(double value, const char* unit) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.3f %s", value, unit);
  return text.data();
}

}  // namespace

std::string show_seconds(double seconds) {
  const double size = std::abs(seconds);
  if (size >= 1) return number(seconds, "s");
  if (size >= 1e-3) return number(seconds * 1e3, "ms");
  if (size >= 1e-6) return number(seconds * 1e6, "us");
  return number(seconds * 1e9, "ns");
}

std::string show_rate(double value, const std::string& unit) {
  static constexpr const char* kPrefixes[] = {"", "k", "M", "G", "T"};
  int step = 0;
  while (step < 4 && std::abs(value) >= 1000) {
    value /= 1000;
    ++step;
  }
  return number(value, (kPrefixes[step] + unit).c_str());
}

std::string show_bytes(std::int64_t bytes) {
  const auto size = static_cast<double>(bytes);
  if (std::abs(size) >= 1024.0 * 1024.0 * 1024.0) return number(size / (1024.0 * 1024.0 * 1024.0), "GB");
  if (std::abs(size) >= 1024.0 * 1024.0) return number(size / (1024.0 * 1024.0), "MB");
  if (std::abs(size) >= 1024.0) return number(size / 1024.0, "KB");
  return std::to_string(bytes) + " B";
}

std::string show_share(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%", share * 100);
  return text.data();
}

}  // namespace kiln::profile
