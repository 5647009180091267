// Elements are appended as they come.
#include "profile/svg.hpp"

#include <fmt/format.h>

#include <iterator>

namespace kiln::profile {
namespace {

// Series colours keep a contrast of about 3 to 1 on either page. No variables: not every viewer knows them.
constexpr const char* kStyle = R"(<style>
text { font-family: system-ui, sans-serif; fill: #1d2329; } text.dim { fill: #5f6b76; } text.on { fill: #ffffff; }
.title { font-size: 17px; font-weight: 600; } .label { font-size: 12px; } .small { font-size: 10.5px; }
.paper { fill: #ffffff; } .frame { fill: none; stroke: #5f6b76; } .grid { fill: none; stroke: #d5dbe1; }
.roof { fill: none; stroke: #1d2329; stroke-width: 2; }
.thin { fill: none; stroke: #5f6b76; stroke-dasharray: 5 4; }
.box { fill: #d5dbe1; stroke: #ffffff; } circle { stroke: #ffffff; }
@media (prefers-color-scheme: dark) {
  text { fill: #e8ecef; } text.dim { fill: #9aa6b1; } text.on { fill: #ffffff; }
  .paper { fill: #14181c; } .frame { stroke: #9aa6b1; } .grid { stroke: #353d45; }
  .roof { stroke: #e8ecef; } .thin { stroke: #9aa6b1; } .box { fill: #353d45; stroke: #14181c; }
  circle { stroke: #14181c; }
}
)";

constexpr const char* kSeries[] = {"#3e7cc9", "#c2682d", "#3d8f5a", "#a15fc0", "#c24a5e",
                                   "#2f8f98", "#8c7a2a", "#7a7f8a", "#b0559a", "#5b6fd6"};

std::string style() {
  std::string text = kStyle;
  for (std::size_t i = 0; i < std::size(kSeries); ++i)
    text += fmt::format(
        "circle.s{0}, .box.s{0} {{ fill: {1}; }} polyline.s{0} {{ fill: none; stroke: {1}; stroke-width: 2; }}\n", i,
        kSeries[i]);
  return text + "</style>\n";
}

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
      width, height, escaped(title), escaped(description), style());
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
