// Boxes narrower than half a pixel are left out; words are cut to their box.
#include "profile/flame_chart.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "profile/svg.hpp"

namespace kiln::profile {
namespace {

constexpr double kWidth = 1100, kMargin = 20, kTop = 66, kRow = 24, kSmall = 10.5;

int depth(const Flame& flame) {
  int deepest = 0;
  for (const Flame& child : flame.children) deepest = std::max(deepest, depth(child));
  return deepest + 1;
}

class Chart {
 public:
  Chart(Svg& svg, double seconds, std::int64_t steps) : svg_(svg), seconds_(seconds), steps_(steps) {}

  void draw(const Flame& flame, double left, int level, int colour) {
    const double width = (kWidth - 2 * kMargin) * (seconds_ > 0 ? flame.seconds / seconds_ : 0);
    if (width < 0.5) return;
    const double top = kTop + kRow * level;
    const double ms = 1e3 * flame.seconds / static_cast<double>(steps_);
    const std::string tip = fmt::format("{}{}: {:.4g} ms a step, {:.1f} %", flame.name,
                                        flame.detail.empty() ? "" : " (" + flame.detail + ")", ms,
                                        seconds_ > 0 ? 100 * flame.seconds / seconds_ : 0);
    svg_.rectangle(left, top, width, kRow - 1, level == 0 ? "box" : fmt::format("box s{}", colour % 10), tip);
    const auto fits = static_cast<std::size_t>(std::max(0.0, (width - 8) / text_width("m", kSmall)));
    const std::string words = fmt::format("{}, {:.3g} ms", flame.name, ms);
    if (fits >= 3)
      svg_.text(left + 4, top + 16, words.size() <= fits ? words : flame.name.substr(0, fits),
                level == 0 ? "small" : "small on");
    double at = left;
    for (const Flame& child : flame.children) {
      // A layer has one colour, and all that hangs below it.
      draw(child, at, level + 1, level == 0 ? next_++ : colour);
      at += (kWidth - 2 * kMargin) * (seconds_ > 0 ? child.seconds / seconds_ : 0);
    }
  }

 private:
  Svg& svg_;
  double seconds_;
  std::int64_t steps_;
  int next_ = 0;
};

}  // namespace

std::string flame_chart(const Summary& summary, std::int64_t steps, const std::string& title) {
  const double height = kTop + kRow * depth(summary.flame) + kMargin;
  Svg svg(kWidth, height, title, "The time of a training step by layer, pass and kernel.");
  svg.text(kMargin, 28, title, "title");
  svg.text(kMargin, 48,
           "layer, pass, kernel, and kernels called by it; what is open below the first row is outside of kernels",
           "label dim");
  Chart(svg, summary.flame.seconds, steps).draw(summary.flame, kMargin, 0, 0);
  return svg.document();
}

}  // namespace kiln::profile
