// The one style sheet of all pages.
#include "grader/report/html.hpp"

namespace kiln::grader {

std::string_view html_style() {
  return R"css(
:root {
  --paper: #fbfaf8; --card: #ffffff; --ink: #1d1b19; --soft: #625c55; --line: #e2ddd6; --code: #f4f1ec;
  --accent: #b3431d; --bar: #d9d3ca;
  --good: #1a6b3c; --good-bg: #e2f3e8; --warn: #7d5200; --warn-bg: #fdf0d2;
  --bad: #a8201a; --bad-bg: #fce6e4; --none: #5b5650; --none-bg: #edeae5; --judge: #1d5a86; --judge-bg: #e0eef8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #171614; --card: #201e1c; --ink: #ece8e2; --soft: #aaa299; --line: #37332f; --code: #2a2724;
    --accent: #f08a5d; --bar: #45403a;
    --good: #7fd6a0; --good-bg: #1b3325; --warn: #f0c36a; --warn-bg: #38290f;
    --bad: #ff9d94; --bad-bg: #431d1a; --none: #b5aea5; --none-bg: #302d29; --judge: #8ec7f0; --judge-bg: #17303f;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
body.wide { max-width: 88rem; }
a { color: var(--accent); }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .35rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .7rem; }
h3 { font-size: 1.05rem; margin: 0; display: inline; }
h4 { font-size: .95rem; margin: 1.1rem 0 .3rem; }
p { margin: .4rem 0; }
.eyebrow { color: var(--soft); font-size: .85rem; margin: 0 0 .5rem; letter-spacing: .02em; }
.soft { color: var(--soft); }
.lead::first-letter { text-transform: uppercase; }
.ear { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.score { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; margin-top: .8rem; }
.score strong { font-size: 2rem; font-variant-numeric: tabular-nums; line-height: 1; }
.bar { display: inline-block; width: 9rem; height: .55rem; border-radius: .3rem; background: var(--bar); overflow: hidden;
  vertical-align: middle; }
.bar > span { display: block; height: 100%; background: var(--accent); }
td .bar { width: 4.5rem; margin-left: .6rem; }
.chip { display: inline-block; padding: .08rem .6rem; border-radius: 1rem; font-size: .85rem; font-weight: 600;
  white-space: nowrap; background: var(--bad-bg); color: var(--bad); }
.mark { font-weight: 700; color: var(--bad); display: inline-block; min-width: 1.1em; text-align: center; }
.chip.pass { background: var(--good-bg); color: var(--good); } .mark.pass { color: var(--good); }
.chip.slow { background: var(--warn-bg); color: var(--warn); } .mark.slow { color: var(--warn); }
.chip.not_attempted { background: var(--none-bg); color: var(--none); } .mark.not_attempted { color: var(--none); }
.chip.judge_error { background: var(--judge-bg); color: var(--judge); } .mark.judge_error { color: var(--judge); }
.chips { display: flex; flex-wrap: wrap; gap: .4rem; margin: .8rem 0; padding: 0; list-style: none; }
.note { border-left: 3px solid var(--judge); background: var(--judge-bg); color: var(--ink); padding: .6rem .9rem;
  border-radius: 0 .4rem .4rem 0; margin: 1rem 0; overflow-wrap: anywhere; }
.note.bad { border-color: var(--bad); background: var(--bad-bg); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .6rem; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: .93rem; }
caption { text-align: left; color: var(--soft); font-size: .85rem; padding: .7rem .9rem .2rem; }
th, td { text-align: left; padding: .45rem .9rem; border-top: 1px solid var(--line); vertical-align: middle; }
thead th { border-top: 0; color: var(--soft); font-weight: 600; font-size: .82rem; white-space: nowrap; vertical-align: bottom; }
tbody th { font-weight: 600; overflow-wrap: break-word; max-width: 26rem; }
tfoot th, tfoot td { font-weight: 700; border-top: 2px solid var(--line); }
.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.dense th, .dense td { padding: .4rem .65rem; }
article { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .85rem 1.1rem; margin: .8rem 0; }
article > header { display: flex; flex-wrap: wrap; align-items: center; gap: .35rem .8rem; }
article > header .soft { font-size: .93rem; }
article > header .num { margin-left: auto; font-weight: 600; }
article > :last-child { margin-bottom: 0; }
pre { background: var(--code); border-radius: .4rem; padding: .65rem .8rem; margin: .35rem 0 .6rem; overflow-x: auto;
  white-space: pre-wrap; overflow-wrap: anywhere; font: .84rem/1.5 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; }
code { font: .9em ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.tag { font-size: .78rem; color: var(--soft); border: 1px solid var(--line); border-radius: .3rem; padding: 0 .35rem;
  margin-left: .35rem; overflow-wrap: anywhere; }
ul.plain { padding-left: 1.1rem; margin: .3rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: .4rem 0 .2rem; } figcaption { font-size: .88rem; color: var(--soft); }
svg.speed { display: block; width: 100%; max-width: 34rem; height: auto; margin: .2rem 0; }
svg.speed text { font: 11px system-ui, "DejaVu Sans", sans-serif; fill: var(--soft); }
svg.speed .axis { stroke: var(--line); stroke-width: 1.5; } svg.speed .step { stroke: var(--soft); stroke-width: 1.5; }
svg.speed .one { stroke: var(--soft); stroke-dasharray: 3 3; } svg.speed .raw { stroke: var(--accent); opacity: .25; }
svg.speed .reached { stroke: var(--good); stroke-width: 2; } svg.speed text.reached { fill: var(--good); stroke: none; font-weight: 600; }
svg.speed .range { fill: var(--accent); opacity: .38; } svg.speed .middle { fill: var(--accent); }
details { margin: .4rem 0; } summary { cursor: pointer; color: var(--soft); font-size: .88rem; }
footer { margin-top: 3rem; color: var(--soft); font-size: .82rem; }
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #f3f3f3; --accent: #8a3315; --bar: #ccc;
    --good: #14532d; --good-bg: #fff; --warn: #6b4500; --warn-bg: #fff; --bad: #8b1a14; --bad-bg: #fff;
    --none: #444; --none-bg: #fff; --judge: #17486b; --judge-bg: #fff; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  .chip { border: 1px solid currentColor; }
  .bar, .bar > span, svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  article, tr, figure { break-inside: avoid; } h2, h3, h4 { break-after: avoid; }
  .scroll { overflow: visible; } nav, details { display: none; }
}
)css";
}

}  // namespace kiln::grader
