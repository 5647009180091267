// A scan for words. More names than are declared do no harm: they only widen what is tolerated.
#include "grader/build/header_names.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace kiln::grader {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

void add_words(const std::string& line, Names& names) {
  const std::size_t end = std::min(line.find("//"), line.size());
  for (std::size_t i = 0; i < end;) {
    std::size_t stop = i;
    while (stop < end && is_word(line[stop])) ++stop;
    if (stop > i && !std::isdigit(static_cast<unsigned char>(line[i]))) names.insert(line.substr(i, stop - i));
    i = stop + 1;
  }
}

}  // namespace

Names header_names(const std::vector<std::string>& directories) {
  namespace fs = std::filesystem;
  Names names;
  for (const std::string& directory : directories) {
    std::error_code error;
    for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
      if (entry->path().extension() != ".hpp") continue;
      std::ifstream file(entry->path());
      for (std::string line; std::getline(file, line);) add_words(line, names);
    }
  }
  return names;
}

}  // namespace kiln::grader
