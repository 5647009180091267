// Log-log axes, the roofs, and a point a kernel whose area is its share of the time.
#include "profile/roofline_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "profile/log_axes.hpp"

namespace kiln::profile {
namespace {

constexpr double kWidth = 900, kHeight = 560;
constexpr std::size_t kMost = 14;  // points: those behind have hardly any time

std::vector<const KernelRow*> points(const Summary& summary) {
  std::vector<const KernelRow*> rows;
  for (const KernelRow& row : summary.kernels)
    if (row.costed && row.cost.flops > 0 && row.cost.bytes > 0 && row.seconds > 0 && rows.size() < kMost)
      rows.push_back(&row);
  return rows;
}

double radius(const Summary& summary, const KernelRow& row) {
  return 3.5 + 14 * std::sqrt(summary.seconds > 0 ? row.self_seconds / summary.seconds : 0);
}

void draw_roofs(Svg& svg, LogAxes& axes, const speed::Roofs& roofs) {
  const double right = axes.x_range().high;
  struct Slope {
    const char* name;
    double bytes;
    const char* classes;
  };
  for (const Slope& slope : {Slope{"memory", roofs.bytes, "roof"}, Slope{"L2 cache", roofs.l2_bytes, "thin"},
                             Slope{"L1 cache", roofs.l1_bytes, "thin"}}) {
    if (slope.bytes <= 0) continue;
    axes.draw_power(svg, slope.bytes, 1, roofs.flops, slope.classes);
    const double at = std::max(axes.x_range().low, axes.y_range().low / slope.bytes) * 1.15;
    axes.label(svg, at, slope.bytes * at, fmt::format("{}, {:.0f} GB/s", slope.name, slope.bytes * 1e-9), "small dim");
  }
  const double ridge = roofs.flops / std::max(roofs.l1_bytes, roofs.bytes);
  svg.path({{axes.x(std::max(ridge, axes.x_range().low)), axes.y(roofs.flops)}, {axes.x(right), axes.y(roofs.flops)}},
           "roof");
  const std::string words = fmt::format("{}, {:.0f} GFLOP/s", roofs.vectors, roofs.flops * 1e-9);
  svg.text(axes.x(right) - 6, axes.y(roofs.flops) - 6, words, "small dim", "end");
}

}  // namespace

double attainable(const speed::Roofs& roofs, double intensity) {
  return std::min(roofs.flops, intensity * roofs.bytes);
}

std::string roofline_chart(const Summary& summary, const speed::Roofs& roofs, const std::string& title) {
  const std::vector<const KernelRow*> rows = points(summary);
  Range x{0.1, 10}, y{roofs.flops / 100, roofs.flops * 1.5};
  x.hold(roofs.flops / roofs.bytes * 2);
  for (const KernelRow* row : rows) {
    x.hold(row->intensity());
    y.hold(row->flops_rate());
  }
  Svg svg(kWidth, kHeight, title, "Rate of each kernel over its operations a byte, below the machine's roofs.");
  svg.text(20, 28, title, "title");
  svg.text(20, 48, "a point is a kernel, its area the kernel's share of the time", "label dim");
  LogAxes axes(76, 66, kWidth - 100, kHeight - 120, x, y);
  axes.draw(svg, "operations a byte (FLOP/byte)", "FLOP/s");
  draw_roofs(svg, axes, roofs);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const KernelRow& row = *rows[i];
    const double share = summary.seconds > 0 ? row.self_seconds / summary.seconds : 0;
    const std::string tip =
        fmt::format("{}: {:.3g} GFLOP/s, {:.3g} GB/s, {:.2f} FLOP/byte, {:.1f} % of the time", row.kernel,
                    row.flops_rate() * 1e-9, row.bytes_rate() * 1e-9, row.intensity(), 100 * share);
    svg.circle(axes.x(row.intensity()), axes.y(row.flops_rate()), radius(summary, row), fmt::format("s{}", i % 10),
               tip);
  }
  for (const KernelRow* row : rows) axes.keep_clear(row->intensity(), row->flops_rate(), 0.7 * radius(summary, *row));
  for (const KernelRow* row : rows)
    axes.label(svg, row->intensity(), row->flops_rate(), row->kernel, "small", radius(summary, *row) + 4);
  return svg.document();
}

}  // namespace kiln::profile
