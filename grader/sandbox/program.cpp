// The search for a program, as a shell does it.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "grader/sandbox/process.hpp"

namespace kiln::grader {

std::string find_program(const std::string& name) {
  if (name.empty()) return "";
  if (name.find('/') != std::string::npos)
    return access(name.c_str(), X_OK) == 0 ? std::filesystem::absolute(name).string() : "";
  const char* path = std::getenv("PATH");
  std::string rest = path ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string folder = rest.substr(0, colon);
    const std::string candidate = folder + "/" + name;
    // A relative folder in PATH would let the current directory choose the program.
    if (folder.starts_with('/') && access(candidate.c_str(), X_OK) == 0) return candidate;
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
  return "";
}

}  // namespace kiln::grader
