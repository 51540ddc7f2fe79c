// SPDX-License-Identifier: MIT
#pragma once

namespace bitfault::campaign::detail {

inline constexpr const char* report_style = R"css(
:root { --ink: #1b2430; --soft: #566273; --line: #e2e7ee; --blue: #1f5fae; --paper: #f5f7fa; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 980px; margin: 0 auto; padding: 40px 20px 60px; }
h1 { font-size: 34px; line-height: 1.15; margin: 0 0 14px; letter-spacing: -0.5px; }
h2 { font-size: 21px; margin: 44px 0 10px; }
p { margin: 8px 0; max-width: 46em; }
.lead { font-size: 18px; color: #36414f; }
.soft, figcaption { color: var(--soft); font-size: 14.5px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(205px, 1fr)); gap: 14px;
  margin: 26px 0 8px; }
.tile { background: #fff; border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; }
.tile b { display: block; font-size: 29px; line-height: 1.2; color: var(--blue);
  letter-spacing: -0.5px; }
.tile span { font-size: 14px; color: var(--soft); line-height: 1.4; display: block; }
figure { margin: 14px 0; background: #fff; border: 1px solid var(--line); border-radius: 10px;
  padding: 14px 14px 10px; }
figure svg { width: 100%; height: auto; display: block; }
figcaption { padding: 8px 8px 4px; max-width: 56em; }
.missing { background: #fff4e5; border: 1px solid #f0c987; border-radius: 10px; padding: 12px 18px; }
.scroll { overflow-x: auto; background: #fff; border: 1px solid var(--line); border-radius: 10px;
  margin: 12px 0; }
table { border-collapse: collapse; width: 100%; font-size: 14.5px; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 14px; text-align: right; white-space: nowrap; }
th { color: var(--soft); font-weight: 600; border-bottom: 1px solid var(--line); }
td { border-bottom: 1px solid #f0f3f7; }
tr:last-child td { border-bottom: 0; }
th:first-child, td:first-child { text-align: left; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: 13.5px; }
pre { background: #1b2430; color: #e8edf4; border-radius: 10px; padding: 14px 18px; overflow-x: auto; }
.faces { display: grid; grid-template-columns: repeat(auto-fill, minmax(144px, 1fr)); gap: 12px;
  margin: 14px 0; }
.face { background: #fff; border: 1px solid var(--line); border-radius: 10px; padding: 10px 6px;
  text-align: center; font-size: 13.5px; }
.face img { width: 84px; height: 84px; image-rendering: pixelated; }
.face s { color: var(--soft); }
.face b { color: #b5472a; }
.face code { display: block; font-size: 11px; color: var(--soft); margin-top: 4px;
  overflow-wrap: anywhere; }
details { margin: 10px 0; }
summary { cursor: pointer; color: var(--blue); font-weight: 600; }
dl { display: grid; grid-template-columns: minmax(130px, 190px) 1fr; gap: 8px 20px; max-width: 56em; }
dt { font-weight: 600; } dd { margin: 0; }
@media (max-width: 560px) { dl { grid-template-columns: 1fr; } dd { margin-bottom: 6px; } }
@media print { body { background: #fff; } figure, .tile, .face { break-inside: avoid; } }
sup.how { color: var(--soft); font-size: 10.5px; padding-left: 2px; }
h1.part { font-size: 27px; margin-top: 60px; border-top: 1px solid var(--line); padding-top: 34px; }
)css";

} // namespace bitfault::campaign::detail
