// Asking the environment, deciding, painting.
#include "grader/report/terminal.hpp"

#include <fmt/color.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include "grader/report/text.hpp"

namespace kiln::grader {
namespace {

constexpr int kNarrowest = 40;
constexpr int kWidestText = 100;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool is_utf8(std::string locale) {
  std::ranges::transform(locale, locale.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
}

int number_or_zero(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

fmt::text_style text_style_of(Style style) {
  switch (style) {
    case Style::plain: return {};
    case Style::bold: return fmt::emphasis::bold;
    case Style::dim: return fmt::emphasis::faint;
    case Style::good: return fmt::fg(fmt::terminal_color::green);
    case Style::warn: return fmt::fg(fmt::terminal_color::yellow);
    case Style::bad: return fmt::fg(fmt::terminal_color::red);
    case Style::accent: return fmt::fg(fmt::terminal_color::cyan);
  }
  return {};
}

}  // namespace

std::string Terminal::paint(Style style, std::string_view text) const {
  if (!colour || style == Style::plain || text.empty()) return std::string(text);
  return fmt::format(text_style_of(style), "{}", text);
}

std::string Terminal::safe(std::string_view raw) const {
  return printable(raw, {.keep_lines = false, .ascii = !unicode});
}

std::string Terminal::safe_lines(std::string_view raw) const {
  return printable(raw, {.keep_lines = true, .ascii = !unicode});
}

int Terminal::text_width() const { return width == 0 ? kWidestText : std::min(width, kWidestText); }

Terminal terminal_for(const Environment& environment) {
  const bool dumb = environment.term.empty() || environment.term == "dumb";
  const bool forced = !environment.clicolor_force.empty() && environment.clicolor_force != "0";
  Terminal terminal;
  terminal.tty = environment.tty;
  terminal.live = environment.tty && !dumb;
  terminal.colour = environment.no_color.empty() && (forced || terminal.live);
  terminal.unicode = is_utf8(environment.locale);
  if (environment.tty) {
    int width = environment.window_columns;
    if (width <= 0) width = number_or_zero(environment.columns);
    if (width <= 0) width = 80;
    terminal.width = std::max(width, kNarrowest);
  }
  return terminal;
}

Terminal terminal_of(int descriptor) {
  Environment environment{.tty = isatty(descriptor) == 1,
                          .no_color = variable("NO_COLOR"),
                          .clicolor_force = variable("CLICOLOR_FORCE"),
                          .term = variable("TERM"),
                          .columns = variable("COLUMNS")};
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (environment.locale.empty()) environment.locale = variable(name);
  winsize window{};
  if (environment.tty && ioctl(descriptor, TIOCGWINSZ, &window) == 0) environment.window_columns = window.ws_col;
  return terminal_for(environment);
}

}  // namespace kiln::grader
