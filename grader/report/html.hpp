// The pieces of which HTML reports are made: escaping, the page around them, chips, the chart of a speed.
// Pages hold all they need: no script, no font, no image from elsewhere, and a content security policy that says so.
#pragma once

#include <string>
#include <string_view>

#include "grader/record/result.hpp"

namespace kiln::grader {

/// A stranger's text made printable, then escaped for element content and for attributes in double quotes. Lines stay.
std::string escape_html(std::string_view raw);

enum class PageWidth { text, table };

/// A whole page around `body`. `title` is escaped here, `body` is HTML.
std::string html_page(std::string_view title, std::string_view body, PageWidth width = PageWidth::text);

/// The page's style sheet: light and dark by the reader's preference, black on white in print.
std::string_view html_style();

/// A verdict as mark and word in the verdict's colour; `short_form` shows the mark and keeps the word for the ear.
std::string verdict_chip(Verdict verdict, bool short_form = false);

/// A bar of `score` in `max`. Its meaning stands beside it in text, so it is hidden from screen readers.
std::string score_bar(double score, double max);

/// A small inline SVG: the raw ratios as faint ticks, the interval as a bar, the median as a dot, the steps with their
/// points, and the reference's own speed at 1x. Empty where nothing was measured.
std::string speed_chart(const SpeedResult& speed);

}  // namespace kiln::grader
