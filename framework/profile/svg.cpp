// Elements are appended as they come.
#include "profile/svg.hpp"

#include <fmt/format.h>

namespace kiln::profile {
namespace {

// Series colours keep a contrast of at least 3 to 1 on either page; letters take the page's own ink.
constexpr const char* kStyle = R"(<style>
svg { --paper: #ffffff; --ink: #1d2329; --dim: #5f6b76; --rule: #d5dbe1; --on: #ffffff;
      font-family: system-ui, sans-serif; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #14181c; --ink: #e8ecef; --dim: #9aa6b1; --rule: #353d45; --on: #14181c; } }
.paper { fill: var(--paper); } .frame { fill: none; stroke: var(--dim); }
.grid { stroke: var(--rule); fill: none; } .box { stroke: var(--paper); }
.roof { stroke: var(--ink); stroke-width: 2; fill: none; } .thin { stroke: var(--dim); stroke-dasharray: 5 4; fill: none; }
text { fill: var(--ink); } .title { font-size: 17px; font-weight: 600; } .label { font-size: 12px; }
.small { font-size: 10.5px; } .dim { fill: var(--dim); } .on { fill: var(--on); }
.s0 { --c: #3e7cc9; } .s1 { --c: #c2682d; } .s2 { --c: #3d8f5a; } .s3 { --c: #a15fc0; } .s4 { --c: #c24a5e; }
.s5 { --c: #2f8f98; } .s6 { --c: #8c7a2a; } .s7 { --c: #7a7f8a; } .s8 { --c: #b0559a; } .s9 { --c: #5b6fd6; }
rect.box, circle { fill: var(--c, var(--rule)); } polyline.curve { stroke: var(--c); stroke-width: 2; fill: none; }
circle { stroke: var(--paper); }
</style>
)";

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

double text_width(std::string_view words, double size) { return 0.56 * size * static_cast<double>(words.size()); }

Svg::Svg(double width, double height, std::string_view title, std::string_view description) {
  body_ = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "role=\"img\">\n<title>{2}</title>\n<desc>{3}</desc>\n{4}",
      width, height, escaped(title), escaped(description), kStyle);
  rectangle(0, 0, width, height, "paper");
}

void Svg::end(std::string_view element, std::string_view tip) {
  body_ += tip.empty() ? "/>\n" : fmt::format("><title>{}</title></{}>\n", escaped(tip), element);
}

void Svg::rectangle(double x, double y, double width, double height, std::string_view classes, std::string_view tip) {
  body_ += fmt::format("<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" class=\"{}\"", x, y, width,
                       height, classes);
  end("rect", tip);
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view classes) {
  body_ += fmt::format("<line x1=\"{:.2f}\" y1=\"{:.2f}\" x2=\"{:.2f}\" y2=\"{:.2f}\" class=\"{}\"/>\n", x1, y1, x2, y2,
                       classes);
}

void Svg::path(const std::vector<std::pair<double, double>>& points, std::string_view classes) {
  std::string list;
  for (const auto& [x, y] : points) list += fmt::format("{}{:.2f},{:.2f}", list.empty() ? "" : " ", x, y);
  body_ += fmt::format("<polyline points=\"{}\" class=\"{}\"/>\n", list, classes);
}

void Svg::circle(double x, double y, double radius, std::string_view classes, std::string_view tip) {
  body_ += fmt::format("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"{:.2f}\" class=\"{}\"", x, y, radius, classes);
  end("circle", tip);
}

void Svg::text(double x, double y, std::string_view words, std::string_view classes, std::string_view anchor) {
  body_ += fmt::format("<text x=\"{:.2f}\" y=\"{:.2f}\" class=\"{}\" text-anchor=\"{}\">{}</text>\n", x, y, classes,
                       anchor, escaped(words));
}

void Svg::text_upwards(double x, double y, std::string_view words, std::string_view classes) {
  body_ += fmt::format(
      "<text x=\"{0:.2f}\" y=\"{1:.2f}\" class=\"{2}\" text-anchor=\"middle\" transform=\"rotate(-90 {0:.2f} "
      "{1:.2f})\">{3}</text>\n",
      x, y, classes, escaped(words));
}

}  // namespace kiln::profile
