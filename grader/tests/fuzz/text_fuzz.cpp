// What strangers' words become before they reach an instructor's terminal, a report or the name of a file.
#include "grader/intake/text.hpp"
#include "grader/report/text.hpp"
#include "grader/tests/fuzz/input.hpp"

namespace {

using namespace kiln::grader;
using kiln::fuzz::demand;
using kiln::fuzz::is_printable;

void check_printable(std::string_view raw, int width) {
  const std::string line = printable(raw);
  demand(is_printable(line), "a line is printable");
  demand(display_width(fit(line, width)) <= width, "a fitted line fits");
  demand(display_width(pad(line, width)) >= std::min(width, display_width(line)), "a padded line is no shorter");
  const std::string ascii = printable(raw, {.ascii = true});
  demand(std::all_of(ascii.begin(), ascii.end(), [](char c) { return c >= 0x20 && c < 0x7f; }), "ASCII is ASCII");
  const std::string lines = printable(raw, {.keep_lines = true});
  demand(is_printable(lines, "\n"), "lines are printable");
  for (const std::string& wrapped : wrap(lines, width)) {
    demand(is_printable(wrapped), "a wrapped line is printable");
    demand(width < 2 || display_width(wrapped) <= width, "a wrapped line fits");
  }
  demand(is_printable(clip(lines, 5, 100), "\n"), "a clipped text is printable");
}

void check_names(std::string_view raw, std::size_t longest) {
  const std::string told = shown(raw, longest);
  demand(is_printable(told), "a shown text is printable");
  demand(told.size() <= longest + 24, "a shown text is short");
  const std::string name = file_name_from(raw);
  demand(!name.empty() && name.size() <= 100 && name[0] != '.' && name[0] != '-', "a file's name is one");
  demand(is_printable(name) && name.find('/') == std::string::npos, "a file's name is no path");
  demand(file_name_from(name) == name, "a safe name stays");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kiln::fuzz::Input input(data, size);
  const int width = 1 + input.byte() % 40;
  const std::string_view raw = input.rest();
  check_printable(raw, width);
  check_names(raw, static_cast<std::size_t>(width) + 8);
  return 0;
}
