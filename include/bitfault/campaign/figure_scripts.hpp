// SPDX-License-Identifier: MIT
#pragma once

#include "figure_parts.hpp"
#include "gnuplot.hpp"
#include "overview.hpp"
#include "store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// A figure as gnuplot is told it, with its numbers.
struct figure {
  std::string name; ///< letters, digits and '_'
  std::string title;
  std::string caption;
  std::string script;
  int width = 920;
  int height = 430;
};

/// Draws a figure as an SVG element. `before` begins the names of its parts, which have to differ
/// in one page. Throws `gnuplot_error`.
inline std::string draw(const figure& f, const std::string& before = {}) {
  return gnuplot_svg(f.script, before + f.name, f.width, f.height);
}

namespace detail {

inline std::string whisker_words(interval_method m) {
  return m == interval_method::none
             ? "A stop rule ended the experiment; no interval holds for shares of its inputs"
             : "Whiskers: 95 %, " + method_words(m) + "; pointwise, that is each bar by itself";
}

inline constexpr const char* whiskers =
    "with vectors heads size screen 0.004,90 lw 1.5 lc rgb '#1b2430'";

/// SDC and non-finite outputs for each target, as bars.
inline figure sdc_by_target(const store& s, const std::vector<experiment_overview>& all,
                            const experiment_group& group) {
  const campaign_description& d = s.description();
  const experiment& e = d.experiments[group.front()].asked;
  const auto parts = best_parts<std::uint32_t>(
      all, group, [](const summary& x) -> const auto& { return x.by_target(); });
  std::string data, names;
  double top = 0;
  std::size_t row = 0;
  for (const auto& [target, part] : parts) {
    const trial_estimate sdc = part.sdc(), bad = part.non_finite();
    data += std::to_string(row) + " " + percent_data(sdc) + " " + percent_data(bad) + "\n";
    names += (row == 0 ? "" : ", ") + gnuplot_tic_label(d.targets[target].name) + " " +
             std::to_string(row);
    for (const trial_estimate& x : {sdc, bad})
      top = std::max(top, 100 * (x.method == interval_method::none ? x.value : x.bounds.upper));
    ++row;
  }
  figure f;
  f.title = "Silent data corruption by target";
  f.caption = "One fault in each trial (" + fault_words(e.fault) + "), " + input_words(d, e) +
              "; " + trial_count_words(parts) + " trials for a target. " +
              whisker_words(parts.begin()->second.sdc().method) +
              ". A target with more bits is hit more often "
              "in practice; a bar is about the faults that hit it.";
  f.script = "$data <<EOD\n" + data + "EOD\nset yrange [0:" + datum(top > 0 ? 1.12 * top : 1) +
             "]\nset xrange [-0.6:" + datum(static_cast<double>(row) - 0.4) +
             "]\nset boxwidth 0.4\nset style fill solid 1.0 noborder\n"
             "set xtics rotate by 40 right scale 0\nset xtics (" +
             names +
             ")\nset ylabel 'share of inputs (%)' textcolor rgb '#3d4756'\n"
             "set key outside top center horizontal reverse Left samplen 1.4 width 1\n"
             "plot $data using ($1-0.2):2 with boxes lc rgb '#1f5fae' title 'SDC', "
             "$data using ($1+0.2):5 with boxes lc rgb '#b9a3cf' title 'output NaN or infinite', "
             "$data using ($1-0.2):3:(0):($4-$3) " +
             whiskers + " title '95 % interval', $data using ($1+0.2):6:(0):($7-$6) " + whiskers +
             " notitle";
  return f;
}

/// SDC for each bit position of one element type, as bars on a logarithmic axis.
inline figure sdc_by_bit(const store& s, const std::vector<experiment_overview>& all,
                         const experiment_group& group, const std::string& type) {
  const campaign_description& d = s.description();
  const experiment& e = d.experiments[group.front()].asked;
  auto parts = best_parts<type_bit>(
      all, group, [](const summary& x) -> const auto& { return x.by_bit(); });
  for (auto at = parts.begin(); at != parts.end();)
    at = at->first.element_type == type ? std::next(at) : parts.erase(at);
  std::string data;
  double least = 100, highest = 0, lowest = 64;
  for (const auto& [bit, part] : parts) {
    const trial_estimate sdc = part.sdc();
    const auto field = field_of(type, bit.bit);
    data += std::to_string(bit.bit) + " " + percent_data(sdc) +
            (field == "sign"       ? " 0xd1603d"
             : field == "exponent" ? " 0x1f5fae"
                                   : " 0x2a9d74") +
            "\n";
    least = std::min(least, 50 / static_cast<double>(std::max<std::uint64_t>(sdc.of, 1)));
    highest = std::max(highest, static_cast<double>(bit.bit));
    lowest = std::min(lowest, static_cast<double>(bit.bit));
  }
  const std::string bottom = datum(least);
  figure f;
  f.title = "Silent data corruption by bit position (" + type + ")";
  f.caption = "One fault in each trial, anywhere in";
  for (const std::string& name : d.experiments[group.front()].asked.targets)
    f.caption += " " + name;
  f.caption += " (" + std::string(name_in(fault_names, e.fault.which)) + "), " + input_words(d, e) +
               "; " + trial_count_words(parts) + " trials for a bit. The axis is logarithmic. " +
               whisker_words(parts.begin()->second.sdc().method) +
               ". Where none was seen, the grey whisker begins at 0.";
  f.script =
      "$data <<EOD\n" + data + "EOD\nset xrange [" + datum(highest + 0.7) + ":" +
      datum(lowest - 0.7) +
      "]\nset xtics 1 font ',11' scale 0\n"
      "set xlabel 'bit; the highest is the most significant' textcolor rgb '#3d4756'\n"
      "set logscale y\nset yrange [" +
      bottom +
      ":100]\nset format y '%g'\nset ylabel 'share of inputs (%), logarithmic' textcolor "
      "rgb '#3d4756'\nset boxwidth 0.72\nset style fill solid 1.0 noborder\n"
      "set key outside top center horizontal reverse Left samplen 1.4 width 1\nlow(x) = x > " +
      bottom + " ? x : " + bottom +
      "\nplot $data using 1:($2 > 0 ? low($2) : 1/0):5 with boxes lc rgb variable notitle, "
      "$data using 1:($2 > 0 ? low($3) : 1/0):(0):($4 - low($3)) " +
      whiskers + " notitle, $data using 1:($2 > 0 || $4 <= " + bottom + " ? 1/0 : " + bottom +
      "):(0):($4 - " + bottom +
      ") with vectors heads size screen 0.004,90 lw 1.5 lc rgb '#9aa4b2' title 'none seen: "
      "interval from 0'";
  if (!field_of(type, 0).empty())
    f.script += ", 1/0 with boxes lc rgb 0xd1603d title 'SDC, sign bit', "
                "1/0 with boxes lc rgb 0x1f5fae title 'SDC, exponent', "
                "1/0 with boxes lc rgb 0x2a9d74 title 'SDC, mantissa'";
  else
    f.script += ", 1/0 with boxes lc rgb 0x2a9d74 title 'SDC'";
  return f;
}

/// SDC for each target and bit, as colours.
inline figure heat_map(const store& s, const std::vector<experiment_overview>& all,
                       const experiment_group& group) {
  const campaign_description& d = s.description();
  const experiment& e = d.experiments[group.front()].asked;
  const auto parts = best_parts<target_bit>(
      all, group, [](const summary& x) -> const auto& { return x.by_target_and_bit(); });
  std::map<std::uint32_t, std::size_t> rows;
  for (const auto& [cell, part] : parts)
    rows.emplace(cell.target, rows.size());
  std::string hit, none, names;
  double least = 100, most = 0;
  unsigned bits = 0;
  for (const auto& [cell, part] : parts) {
    const trial_estimate sdc = part.sdc();
    const std::string place = std::to_string(cell.bit) + " " + std::to_string(rows[cell.target]);
    if (sdc.hits == 0)
      none += place + "\n";
    else
      hit += place + " " + datum(100 * sdc.value) + "\n";
    if (sdc.hits != 0)
      least = std::min(least, 100 * sdc.value);
    most = std::max(most, 100 * sdc.value);
    bits = std::max(bits, d.targets[cell.target].word_bits);
  }
  for (const auto& [target, row] : rows)
    names += (row == 0 ? "" : ", ") + gnuplot_tic_label(d.targets[target].name) + " " +
             std::to_string(row);
  figure f;
  f.title = "Silent data corruption by target and bit";
  f.caption = "One fault in each trial (" + std::string(name_in(fault_names, e.fault.which)) +
              "), " + input_words(d, e) + "; " + trial_count_words(parts) +
              " trials for a cell. Grey: no SDC seen. White: not tried. The values are pointwise: "
              "among so many cells some are far off by chance; the tables have the intervals of "
              "targets and of bits.";
  f.height = 150 + 22 * static_cast<int>(std::max<std::size_t>(rows.size(), 3));
  f.script = "$hit <<EOD\n" + (hit.empty() ? "0 -9 1\n" : hit) + "EOD\n$none <<EOD\n" +
             (none.empty() ? "0 -9\n" : none) + "EOD\nset xrange [" + std::to_string(bits) +
             "-0.4:-0.6]\nset yrange [" + std::to_string(rows.size()) +
             "-0.5:-0.5]\nset xtics 1 font ',10' scale 0\nset ytics (" + names +
             ") scale 0\nunset grid\nset border 0\nset style fill solid 1.0 noborder\n"
             "set xlabel 'bit; the highest is the most significant' textcolor rgb '#3d4756'\n"
             "set logscale cb\nset cbrange [" +
             datum(hit.empty()    ? 1
                   : least < most ? least
                                  : most / 10) +
             ":" + datum(hit.empty() ? 100 : most) +
             "]\nset format cb '%g'\nset cblabel 'SDC, share of inputs (%), pointwise' textcolor "
             "rgb '#3d4756'\nset palette defined (0 '#fde8c9', 0.5 '#e8743b', 1 '#6a1b4d')\n"
             "plot $none using 1:2:(0.47):(0.46) with boxxyerror fc rgb '#e6eaf0' notitle, "
             "$hit using 1:2:(0.47):(0.46):3 with boxxyerror fc palette notitle";
  return f;
}

/// The golden share of right answers among the inputs that count; none without labels.
inline std::optional<double> golden_accuracy(const summary& sums) {
  const trial_tally& t = sums.all();
  if (t.inputs == 0 || !sums.accuracy())
    return std::nullopt;
  return static_cast<double>(t.golden_correct) / static_cast<double>(t.inputs);
}

/// Accuracy against the rate of faults, or SDC against it where there are no labels.
inline figure rate_sweep(const store& s, const std::vector<experiment_overview>& all,
                         experiment_group group) {
  const campaign_description& d = s.description();
  std::stable_sort(group.begin(), group.end(), [&](std::size_t a, std::size_t b) {
    return d.experiments[a].asked.amount.rate < d.experiments[b].asked.amount.rate;
  });
  const stored_experiment& first = d.experiments[group.front()];
  const std::optional<double> golden = golden_accuracy(all[group.front()].sums);
  std::string data;
  interval_method method = interval_method::none;
  for (const std::size_t i : group) {
    const summary& sums = all[i].sums;
    const auto drop = sums.accuracy();
    data += datum(d.experiments[i].asked.amount.rate) + " ";
    if (golden && drop) {
      const double before = *golden_accuracy(sums);
      trial_estimate accuracy = drop->mean;
      accuracy.value = before - drop->mean.value;
      accuracy.bounds = {std::max(0.0, before - drop->mean.bounds.upper),
                         std::min(1.0, before - drop->mean.bounds.lower)};
      data += percent_data(accuracy) + " " + datum(100 * (before - drop->percentile_95)) + "\n";
      method = drop->mean.method;
    } else {
      const trial_estimate sdc = sums.sdc_share(sums.all());
      data += percent_data(sdc) + " 0\n";
      method = sdc.method;
    }
  }
  const fault_amount& amount = first.asked.amount;
  const bool by_bit = amount.which == fault_amount::kind::per_bit;
  const double low = d.experiments[group.front()].asked.amount.rate / 1.5;
  const double high = d.experiments[group.back()].asked.amount.rate * 1.5;
  figure f;
  f.title = golden ? "Accuracy against fault rate" : "Silent data corruption against fault rate";
  f.caption = "Each trial has faults (" + fault_words(first.asked.fault) + ") anywhere in";
  for (const std::string& name : first.asked.targets)
    f.caption += " " + name;
  f.caption += ", " + grouped_text(first.sites) + " sites in all, " + input_words(d, first.asked) +
               ". Points: mean over trials with its 95 % interval (" + method_words(method) +
               "), each point by itself.";
  f.script =
      "$data <<EOD\n" + data + "EOD\nset logscale x\nset xrange [" + datum(low) + ":" +
      datum(high) + "]\nset format x '10^{%L}'\nset xlabel '" +
      (by_bit ? "bit error rate: probability that a bit is hit"
       : amount.which == fault_amount::kind::per_element ? "probability that an element is hit"
       : amount.which == fault_amount::kind::per_target  ? "probability that a target is hit"
                                                         : "share of sites that are hit") +
      "' textcolor rgb '#3d4756'\nset yrange [0:100]\nset ylabel '" +
      (golden ? "accuracy (%)" : "SDC (%)") +
      "' textcolor rgb '#3d4756'\n"
      "set key outside bottom center horizontal reverse Left samplen 2 width 1\n";
  if (by_bit)
    f.script +=
        "set border 7\nset logscale x2\nset x2range [" +
        datum(low * static_cast<double>(first.sites)) + ":" +
        datum(high * static_cast<double>(first.sites)) +
        "]\nset format x2 '%g'\nset x2tics nomirror 10\nset x2label 'faults expected among " +
        grouped_text(first.sites) + " bits' textcolor rgb '#3d4756'\n";
  f.script += "plot ";
  if (golden && first.asked.all_inputs)
    f.script += "$data using 1:5 with lines dt (3,3) lw 1.5 lc rgb '#7fa6d6' title '5 % of the "
                "trials end below', ";
  if (golden)
    f.script += datum(100 * *golden) +
                " with lines dt (8,6) lw 1.5 lc rgb '#6b7686' title 'no faults: " +
                format_number("%.2f", 100 * *golden) + " %', ";
  f.script += "$data using 1:2 with lines lw 2.5 lc rgb '#1f5fae' notitle, $data using 1:2:3:4 "
              "with yerrorbars pt 7 ps 0.7 lw 2 lc rgb '#1f5fae' title 'mean, 95 % interval'";
  return f;
}

/// How the interval of the critical share closed in while trials came.
inline figure convergence(const store& s, const experiment_overview& view, std::size_t number,
                          std::optional<double> truth) {
  const campaign_description& d = s.description();
  const stored_experiment& e = d.experiments[number];
  std::string data;
  double top = truth ? 100 * *truth : 0;
  for (const known_by_then& k : view.course) {
    data += std::to_string(k.trials) + " " +
            datum(100 * static_cast<double>(k.critical) / static_cast<double>(k.trials)) + " " +
            datum(100 * k.within.lower) + " " + datum(100 * k.within.upper) + "\n";
    if (k.trials >= 64 || view.course.back().trials < 64)
      top = std::max(top, 100 * k.within.upper);
  }
  figure f;
  f.title = "Closing in: " + e.asked.name;
  f.caption = "The share of critical trials (at least " + std::to_string(e.asked.tau) +
              (e.asked.tau == 1 ? " input" : " inputs") + " with SDC), as known after the first " +
              "trials without a gap. The band is the " + datum(100 * view.confidence) +
              " % anytime-valid interval (a confidence sequence" +
              (e.asked.amount.which == fault_amount::kind::single && e.asked.all_inputs
                   ? ", for sampling without replacement"
                   : "") +
              "): it may be looked at after every trial.";
  if (s.stopped_at(number))
    f.caption += " The stop rule ended the experiment after " +
                 grouped_text(*s.stopped_at(number)) + " trials.";
  if (truth)
    f.caption += " The dashed line is the truth, known from all " + grouped_text(e.sites) +
                 " faults: " + percent_text(*truth) + " %.";
  f.script = "$data <<EOD\n" + data +
             "EOD\nset logscale x 2\nset format x '%.0f'\nset xlabel 'trials' textcolor rgb "
             "'#3d4756'\nset xrange [" +
             std::to_string(view.course.front().trials) + ":" +
             std::to_string(std::max(view.course.back().trials, view.course.front().trials + 1)) +
             "]\nset yrange [0:" + datum(top > 0 ? std::min(100.0, 1.15 * top) : 1) +
             "]\nset ylabel 'critical trials (%)' textcolor rgb '#3d4756'\n"
             "set key top right reverse Left samplen 2 spacing 1.3\n"
             "plot $data using 1:3:4 with filledcurves fc rgb '#cfe0f5' fs solid 0.9 noborder "
             "title 'anytime-valid interval', ";
  if (truth)
    f.script +=
        datum(100 * *truth) + " with lines dt (8,5) lw 2 lc rgb '#d1603d' title 'the truth', ";
  f.script += "$data using 1:2 with lines lw 2.5 lc rgb '#1f5fae' title 'share so far'";
  return f;
}

} // namespace detail

} // namespace bitfault::campaign
