// A small writer of SVG: shapes and text with the classes of one style sheet, readable on light and on dark pages.
// What it writes is well-formed XML without scripts. Lengths are in pixels, from the top left.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::profile {

/// Text for XML: markup escaped, what XML 1.0 does not allow replaced.
std::string escaped(std::string_view text);

class Svg {
 public:
  /// `title` and `description` are for those who cannot see the picture.
  Svg(double width, double height, std::string_view title, std::string_view description);

  /// Classes: "paper", "frame", "grid", "roof", "thin", "box" and "s0" to "s9", the colours of series; one or several.
  /// A tip that is not empty appears under the mouse.
  void rectangle(double x, double y, double width, double height, std::string_view classes, std::string_view tip = {});
  void line(double x1, double y1, double x2, double y2, std::string_view classes);
  void path(const std::vector<std::pair<double, double>>& points, std::string_view classes);
  void circle(double x, double y, double radius, std::string_view classes, std::string_view tip = {});
  /// `y` is the base line; anchor "start", "middle" or "end"; classes "title", "label", "small", "dim".
  void text(double x, double y, std::string_view words, std::string_view classes = "label",
            std::string_view anchor = "start");
  /// The same, turned to read upwards.
  void text_upwards(double x, double y, std::string_view words, std::string_view classes = "label");

  /// The whole document.
  std::string document() const { return body_ + "</svg>\n"; }

 private:
  void end(std::string_view element, std::string_view tip);
  std::string body_;
};

/// About how wide a text is, at a size in pixels: to clip and to place.
double text_width(std::string_view words, double size);

}  // namespace kiln::profile
