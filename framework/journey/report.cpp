// Three tables, since eight rungs with three figures each fit on no line; then what follows from them.
#include "journey/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "profile/log_axes.hpp"

namespace kiln::journey {
namespace {

double rate(const Problem& problem, const Result& result) {
  return result.seconds > 0 ? problem.flops / result.seconds : 0;
}

const speed::Roofs& roof_of(const Report& report, const Rung& rung) {
  return rung.threads > 1 ? report.all : report.one;
}

std::vector<std::size_t> present(const Ladder& ladder) {
  std::vector<std::size_t> rungs;
  for (std::size_t i = 0; i < ladder.rungs.size(); ++i)
    if (ladder.rungs[i].work) rungs.push_back(i);
  return rungs;
}

/// How often this rung goes into the first one's time; 0 where either was not timed.
double factor(const Report& report, const Measured& measured, std::size_t rung) {
  const std::vector<std::size_t> rungs = present(report.ladder);
  if (rungs.empty()) return 0;
  const double first = measured.results[rungs.front()].seconds, own = measured.results[rung].seconds;
  return first > 0 && own > 0 ? first / own : 0;
}

std::vector<Measured> all_of(const Report& report) {
  std::map<double, Measured> by_size;
  for (const Measured& each : report.fine) by_size.emplace(each.problem.size, each);
  // Where a size was measured twice, the table's figure counts.
  for (const Measured& each : report.table) by_size.insert_or_assign(each.problem.size, each);
  std::vector<Measured> all;
  for (auto& [size, each] : by_size) all.push_back(std::move(each));
  return all;
}

using Figure = std::function<std::string(const Measured&, std::size_t)>;

std::string table(const Report& report, const std::string& title, const Figure& figure) {
  const std::vector<std::size_t> rungs = present(report.ladder);
  std::string text = fmt::format("{}\n{:>8}", title, report.ladder.size_name);
  for (const std::size_t rung : rungs) text += fmt::format(" {:>11}", report.ladder.rungs[rung].id);
  text += "\n";
  for (const Measured& measured : report.table) {
    text += fmt::format("{:>8}", measured.problem.label);
    for (const std::size_t rung : rungs) {
      const Result& result = measured.results[rung];
      text += fmt::format(" {:>11}", !result.wrong.empty()     ? "wrong"
                                     : !result.skipped.empty() ? "skipped"
                                     : result.seconds <= 0     ? "-"
                                                               : figure(measured, rung));
    }
    text += "\n";
  }
  return text + "\n";
}

std::string figures(const Report& report) {
  std::string text = table(report, "GFLOP/s", [](const Measured& measured, std::size_t rung) {
    return fmt::format("{:.3g}", rate(measured.problem, measured.results[rung]) * 1e-9);
  });
  text += table(report, "times the first rung", [&](const Measured& measured, std::size_t rung) {
    const double times = factor(report, measured, rung);
    return times > 0 ? fmt::format("{:.3g}x", times) : "-";
  });
  text += table(report, "% of the FMA roof, of as many threads as the rung has",
                [&](const Measured& measured, std::size_t rung) {
                  const double share =
                      rate(measured.problem, measured.results[rung]) / roof_of(report, report.ladder.rungs[rung]).flops;
                  return fmt::format("{:.1f}", 100 * share);
                });
  return text;
}

/// What was skipped or wrong, and which rungs are not there.
std::string left_out(const Report& report) {
  std::string text;
  for (const Measured& measured : report.table)
    for (const std::size_t rung : present(report.ladder)) {
      const Result& result = measured.results[rung];
      const std::string& id = report.ladder.rungs[rung].id;
      if (!result.wrong.empty()) text += fmt::format("wrong: {} at {}: {}\n", id, measured.problem.label, result.wrong);
      if (!result.skipped.empty())
        text += fmt::format("skipped: {} at {}: {}\n", id, measured.problem.label, result.skipped);
    }
  bool any_mine = false;
  for (const Rung& rung : report.ladder.rungs) {
    any_mine = any_mine || (rung.yours && rung.work);
    if (!rung.work && !rung.yours) text += fmt::format("left out: {}: {}\n", rung.id, rung.missing);
  }
  if (!any_mine) text += "none of these kernels is yours yet: once one is, it gets a column of its own\n";
  return text;
}

std::string break_even_text(const Report& report) {
  std::string text = "break-even (from there on faster at every larger size measured)\n";
  for (const BreakEven& point : break_even_points(report.ladder, all_of(report))) {
    const std::string pair = fmt::format("  {} over {}", point.later, point.earlier);
    if (point.compared == 0)
      text += pair + ": nothing to compare\n";
    else if (!point.at)
      text += pair + ": nowhere\n";
    else
      text += fmt::format("{}: {} {}{}\n", pair, report.ladder.size_name, point.at->label,
                          point.from_the_first ? ", the smallest measured" : "");
  }
  return text;
}

std::vector<Series> series_of(const Report& report) {
  std::vector<Series> series;
  const std::vector<Measured> all = all_of(report);
  for (const std::size_t rung : present(report.ladder)) {
    Series line{report.ladder.rungs[rung].id, {}};
    for (const Measured& measured : all)
      if (measured.results[rung].seconds > 0)
        line.points.emplace_back(measured.problem.size, rate(measured.problem, measured.results[rung]));
    if (!line.points.empty()) series.push_back(std::move(line));
  }
  return series;
}

std::string x_name(const Report& report) { return report.ladder.size_name == "n" ? "n" : "operations"; }

}  // namespace

Span span_of(const Report& report) {
  Span span;
  std::vector<std::size_t> rungs = present(report.ladder);
  std::erase_if(rungs, [&](std::size_t rung) { return report.ladder.rungs[rung].yours; });
  if (rungs.size() < 2) return span;
  const Measured* at = nullptr;
  for (const Measured& measured : report.table) {
    const bool timed = measured.results[rungs.front()].seconds > 0 && measured.results[rungs.back()].seconds > 0;
    if (!timed) continue;
    if (at == nullptr || measured.problem.label == "512" ||
        (at->problem.label != "512" && measured.problem.size > at->problem.size))
      at = &measured;
  }
  if (at == nullptr) return span;
  const auto id = [&](std::size_t rung) { return report.ladder.rungs[rung].id; };
  span = {at->problem.label, id(rungs.front()), id(rungs.back()), "", factor(report, *at, rungs.back()), 0};
  for (const std::size_t rung : rungs)
    if (const double times = factor(report, *at, rung); times > span.fastest_factor) {
      span.fastest_factor = times;
      span.fastest = id(rung);
    }
  return span;
}

bool any_wrong(const Report& report) {
  const auto wrong = [](const Measured& measured) {
    return std::ranges::any_of(measured.results, [](const Result& result) { return !result.wrong.empty(); });
  };
  return std::ranges::any_of(report.table, wrong) || std::ranges::any_of(report.fine, wrong);
}

std::string format(const Report& report, const PlotStyle& style) {
  std::string text = fmt::format("The journey of {}: {}\n", report.ladder.kernel, report.ladder.note);
  text += fmt::format("FMA roof measured in this run: {:.0f} GFLOP/s on 1 thread ({})", report.one.flops * 1e-9,
                      report.one.vectors);
  if (report.all.threads > 1)
    text += fmt::format(", {:.0f} on {} threads", report.all.flops * 1e-9, report.all.threads);
  text += "\n\n";
  for (const std::size_t rung : present(report.ladder)) {
    const Rung& each = report.ladder.rungs[rung];
    text += fmt::format("{:>11}  {}{}\n", each.id, each.title,
                        each.threads > 1 ? fmt::format(", {} threads", each.threads) : "");
  }
  text += "\n" + figures(report) + left_out(report) + "\n" + break_even_text(report) + "\n";
  text += draw_plot(series_of(report), x_name(report), "FLOP/s", style);
  if (const Span span = span_of(report); span.last_factor > 0) {
    text += fmt::format("\nat {}: {:.4g}x from {} to {}", span.at, span.last_factor, span.first, span.last);
    text += span.fastest == span.last
                ? " (the fastest)\n"
                : fmt::format("; the fastest is {}: {:.4g}x\n", span.fastest, span.fastest_factor);
  }
  if (report.stopped) text += "stopped by Ctrl-C: what was measured stands above\n";
  for (const std::string& file : report.files) text += fmt::format("wrote {}\n", file);
  return text;
}

nlohmann::json to_json(const Report& report) {
  nlohmann::json json{{"kernel", report.ladder.kernel},
                      {"note", report.ladder.note},
                      {"stopped", report.stopped},
                      {"files", report.files}};
  json["roofs"] = nlohmann::json::array();
  for (const speed::Roofs& roofs : {report.one, report.all})
    if (json["roofs"].empty() || roofs.threads > 1)
      json["roofs"].push_back({{"threads", roofs.threads}, {"vectors", roofs.vectors}, {"gflops", roofs.flops * 1e-9}});
  json["rungs"] = nlohmann::json::array();
  for (const Rung& rung : report.ladder.rungs)
    json["rungs"].push_back({{"id", rung.id},
                             {"title", rung.title},
                             {"backend", rung.backend},
                             {"yours", rung.yours},
                             {"threads", rung.threads},
                             {"missing", rung.missing}});
  json["sizes"] = nlohmann::json::array();
  for (const Measured& measured : all_of(report)) {
    nlohmann::json results = nlohmann::json::object();
    for (const std::size_t rung : present(report.ladder)) {
      const Result& result = measured.results[rung];
      const double rate_here = rate(measured.problem, result);
      results[report.ladder.rungs[rung].id] = {
          {"seconds", result.seconds},
          {"rounds", result.rounds},
          {"gflops", rate_here * 1e-9},
          {"factor", factor(report, measured, rung)},
          {"roof_share", rate_here / roof_of(report, report.ladder.rungs[rung]).flops},
          {"skipped", result.skipped},
          {"wrong", result.wrong}};
    }
    const bool asked = std::ranges::any_of(
        report.table, [&](const Measured& each) { return each.problem.size == measured.problem.size; });
    json["sizes"].push_back({{"label", measured.problem.label},
                             {"size", measured.problem.size},
                             {"flops", measured.problem.flops},
                             {"in_table", asked},
                             {"results", results}});
  }
  json["break_even"] = nlohmann::json::array();
  for (const BreakEven& point : break_even_points(report.ladder, all_of(report)))
    json["break_even"].push_back({{"earlier", point.earlier},
                                  {"later", point.later},
                                  {"compared", point.compared},
                                  {"at", point.at ? nlohmann::json(point.at->label) : nlohmann::json(nullptr)},
                                  {"from_the_first", point.from_the_first}});
  const Span span = span_of(report);
  json["span"] = {{"at", span.at},
                  {"first", span.first},
                  {"last", span.last},
                  {"fastest", span.fastest},
                  {"last_factor", span.last_factor},
                  {"fastest_factor", span.fastest_factor}};
  return json;
}

std::string chart(const Report& report) {
  constexpr double kWidth = 900, kHeight = 560, kTop = 66, kLeft = 76;
  const std::vector<Series> series = series_of(report);
  profile::Range x{1e300, 0}, y{1e300, 0};
  for (const Series& line : series)
    for (const auto& [size, rate_there] : line.points) {
      x.hold(size);
      y.hold(rate_there);
    }
  const std::string title = "The journey of " + report.ladder.kernel;
  profile::Svg svg(kWidth, kHeight, title, "Rates of each rung over sizes, below the machine's roofs.");
  svg.text(20, 28, title, "title");
  svg.text(20, 48, report.ladder.note, "label dim");
  if (x.high <= 0) return svg.document();
  y.hold(report.one.flops);
  y.hold(report.all.flops);
  profile::LogAxes axes(kLeft, kTop, kWidth - kLeft - 110, kHeight - kTop - 54, x, y);
  axes.draw(svg, x_name(report), "FLOP/s");
  const auto roof = [&](const speed::Roofs& roofs) {
    axes.draw_power(svg, roofs.flops, 0, roofs.flops, "roof");
    svg.text(axes.x(axes.x_range().low) + 6, axes.y(roofs.flops) - 5,
             fmt::format("FMA roof, {} thread{}", roofs.threads, roofs.threads == 1 ? "" : "s"), "small dim");
  };
  roof(report.one);
  if (report.all.threads > 1) roof(report.all);
  double below = 0;
  std::vector<std::pair<double, std::size_t>> ends;
  for (std::size_t i = 0; i < series.size(); ++i) {
    std::vector<std::pair<double, double>> points;
    for (const auto& [size, rate_there] : series[i].points) points.emplace_back(axes.x(size), axes.y(rate_there));
    svg.path(points, fmt::format("s{}", i % 10));
    for (std::size_t k = 0; k < points.size(); ++k)
      svg.circle(points[k].first, points[k].second, 3, fmt::format("s{}", i % 10),
                 fmt::format("{} at {}: {:.3g} GFLOP/s", series[i].name,
                             profile::short_number(series[i].points[k].first), series[i].points[k].second * 1e-9));
    ends.emplace_back(points.back().second, i);
  }
  // Names beside the frame, at the height of the lines' ends and no closer than a line of text.
  std::ranges::sort(ends);
  for (const auto& [height, i] : ends) {
    below = std::max(height, below + 14);
    svg.circle(kWidth - 100, below, 4, fmt::format("s{}", i % 10));
    svg.text(kWidth - 92, below + 4, series[i].name, "label");
  }
  return svg.document();
}

}  // namespace kiln::journey
