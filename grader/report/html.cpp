// Escaping, the page, chips and bars. The chart is in speed_chart.cpp, the style sheet in html_style.cpp.
#include "grader/report/html.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "grader/report/text.hpp"
#include "grader/report/words.hpp"

namespace kiln::grader {

std::string escape_html(std::string_view raw) {
  std::string out;
  for (const char c : printable(raw, {.keep_lines = true})) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string html_page(std::string_view title, std::string_view body, PageWidth width) {
  return fmt::format(
      "<!DOCTYPE html>\n"
      "<html lang=\"en\">\n"
      "<head>\n"
      "<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<title>{}</title>\n"
      "<style>{}</style>\n"
      "</head>\n"
      "<body{}>\n"
      "{}"
      "</body>\n"
      "</html>\n",
      escape_html(title), html_style(), width == PageWidth::table ? " class=\"wide\"" : "", body);
}

std::string verdict_chip(Verdict verdict, bool short_form) {
  const std::string label = label_of(verdict);
  if (short_form) {
    return fmt::format(
        R"(<span class="mark {}" title="{}"><span aria-hidden="true">{}</span><span class="ear">{}</span></span>)",
        to_string(verdict), label, mark_of(verdict, true), label);
  }
  return fmt::format(R"(<span class="chip {}"><span aria-hidden="true">{}</span> {}</span>)", to_string(verdict),
                     mark_of(verdict, true), label);
}

std::string score_bar(double score, double max) {
  const double share = std::isfinite(score) && std::isfinite(max) && max > 0 ? std::clamp(score / max, 0.0, 1.0) : 0;
  return fmt::format(R"(<span class="bar" aria-hidden="true"><span style="width:{:.1f}%"></span></span>)", share * 100);
}

}  // namespace kiln::grader
