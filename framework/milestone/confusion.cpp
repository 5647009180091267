// Columns are as wide as the largest count.
#include "milestone/confusion.hpp"

#include <algorithm>
#include <cstdio>

namespace kiln::milestone {
namespace {

std::string right_aligned(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

}  // namespace

std::string draw_confusion(const std::vector<std::string>& classes, std::span<const std::int64_t> counts) {
  const std::size_t n = classes.size();
  std::size_t width = std::to_string(n).size(), head = std::string("truth").size();
  for (const std::int64_t count : counts) width = std::max(width, std::to_string(count).size());
  std::vector<std::string> heads;
  for (std::size_t i = 0; i < n; ++i) {
    const std::string number = std::to_string(i);
    heads.push_back(classes[i] == number ? number : number + " " + classes[i]);
    head = std::max(head, heads.back().size());
  }

  std::string text = "truth" + std::string(head - 5, ' ') + " | said";
  text += '\n' + std::string(head, ' ') + " |";
  for (std::size_t j = 0; j < n; ++j) text += ' ' + right_aligned(std::to_string(j), width);
  text += '\n' + std::string(head + 1, '-') + '+' + std::string(n * (width + 1), '-') + '\n';
  for (std::size_t i = 0; i < n; ++i) {
    text += heads[i] + std::string(head - heads[i].size(), ' ') + " |";
    for (std::size_t j = 0; j < n; ++j) {
      const std::int64_t count = counts[i * n + j];
      text += ' ' + right_aligned(count == 0 ? "." : std::to_string(count), width);
    }
    text += '\n';
  }
  return text;
}

}  // namespace kiln::milestone
