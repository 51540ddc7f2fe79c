// SPDX-License-Identifier: MIT
#include "figures.hpp"

#include <bitfault/campaign/gnuplot.hpp>
#include <bitfault/campaign/number_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace spiking {
namespace {

namespace bc = bitfault::campaign;
using bc::gnuplot_quoted;
using bc::grouped_text;

/// Of the parts of a network, and of the lines of a sweep.
constexpr const char* colours[] = {"#1f5fae", "#d1603d", "#2a9d74",
                                   "#8c5fb0", "#c7972b", "#5b6b7d"};
const char* colour(std::size_t i) { return colours[i % std::size(colours)]; }

/// "value lower upper", in percent.
std::string numbers(const bc::trial_estimate& e) {
  return fmt::format("{:.6g} {:.6g} {:.6g}", 100 * e.value, 100 * e.bounds.lower,
                     100 * e.bounds.upper);
}

struct series {
  std::string name;
  std::string data; ///< lines of "x value lower upper", or of "value y lower upper"
};

/// The data blocks of a script, named $s0, $s1 ...
std::string blocks(const std::vector<series>& list) {
  std::string text;
  for (std::size_t i = 0; i < list.size(); ++i)
    text += fmt::format("$s{} <<EOD\n{}EOD\n", i, list[i].data);
  return text;
}

constexpr const char* words_on_axes = " textcolor rgb '#3d4756'\n";

/// Lines through points with whiskers, for series whose first column is x.
std::string curves(const std::vector<series>& list) {
  std::string plots;
  for (std::size_t i = 0; i < list.size(); ++i)
    plots += fmt::format("{0}$s{1} using 1:2 with lines lw 2 lc rgb '{2}' notitle, $s{1} using "
                         "1:2:3:4 with yerrorbars pt 7 ps 0.5 lw 1.3 lc rgb '{2}' title {3}",
                         i == 0 ? "plot " : ", ", i, colour(i), gnuplot_quoted(list[i].name));
  return plots;
}

bc::figure by_fault(const spiking_results& r) {
  const auto rows = fault_rows();
  std::vector<series> list;
  for (const network_part& p : r.parts)
    list.push_back({p.name(), {}});
  std::string names;
  std::size_t lines = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    bool any = false;
    for (std::size_t i = 0; i < r.by_model.size(); ++i) {
      if (r.by_model[i].row != row)
        continue;
      any = true;
      const std::size_t part = r.by_model[i].part;
      const auto e = sdc_of(r.single.experiments[i]);
      const double y =
          static_cast<double>(lines) +
          0.22 * (static_cast<double>(part) - 0.5 * static_cast<double>(list.size() - 1));
      list[part].data += fmt::format("{:.6g} {:.6g} {:.6g} {:.6g}\n", 100 * e.value, y,
                                     100 * e.bounds.lower, 100 * e.bounds.upper);
    }
    if (any)
      names += fmt::format("{}{} {}", lines == 0 ? "" : ", ", bc::gnuplot_tic_label(rows[row].name),
                           lines);
    lines += any ? 1 : 0;
  }
  bc::figure f;
  f.name = "by_fault";
  f.title = "Silent data corruption by fault model and layer";
  f.caption = fmt::format("One fault in one neuron or synapse in each trial, or each spike hit "
                          "with the probability that "
                          "is stated; one random recording of {} in each trial. {} trials for a "
                          "point, {} where spikes are "
                          "hit. Whiskers: 95 %, Wilson's interval, each point by itself.",
                          r.shown->inputs->labels.size(), grouped_text(r.sizes.trials),
                          grouped_text(r.sizes.set_trials));
  f.height = 150 + 32 * static_cast<int>(lines);
  f.script =
      blocks(list) + "set yrange [" + std::to_string(lines) + "-0.4:-0.6]\nset ytics (" + names +
      ") scale 0\nset grid xtics lc rgb '#e4e8ee' lt 1 lw 1\nset xrange [0:*]\nset xlabel "
      "'SDC, share of trials (%)'" +
      words_on_axes + "set key outside top center horizontal reverse Left samplen 1.4 width 1\n";
  for (std::size_t i = 0; i < list.size(); ++i)
    f.script +=
        fmt::format("{}$s{} using 1:2:3:4 with xerrorbars pt 7 ps 0.7 lw 1.6 lc rgb '{}' title {}",
                    i == 0 ? "plot " : ", ", i, colour(i), gnuplot_quoted(list[i].name));
  return f;
}

/// In a figure by step; each stands for as many steps as it takes.
constexpr std::size_t most_points = 12;

bc::figure by_step(const spiking_results& r, std::size_t row) {
  const std::string name = step_rows()[row].name;
  const std::size_t each = (r.shown->inputs->steps + most_points - 1) / most_points;
  std::vector<series> list;
  for (std::size_t part = 0; part < r.parts.size(); ++part) {
    if (!has_steps(r, row, part))
      continue;
    const auto steps = sdc_by_step(r, row, part);
    series one{r.parts[part].neurons, {}};
    for (std::size_t t = 0; t < steps.size(); t += each) {
      const auto e = pooled(steps, t, t + each);
      const double middle = static_cast<double>(t) + 0.5 * static_cast<double>(each - 1) +
                            0.1 * static_cast<double>(each * list.size());
      if (e.of != 0)
        one.data += fmt::format("{:g} {}\n", middle, numbers(e));
    }
    list.push_back(std::move(one));
  }
  bc::figure f;
  f.name = fmt::format("by_step_{}", row);
  f.title = "By time step: " + name;
  f.caption = fmt::format("Each neuron of a layer is hit with a probability of {:g} % in one time "
                          "step. {} trials for a "
                          "point, which stands for {}, each with one random recording. Whiskers: "
                          "95 %, Wilson's interval, "
                          "each point by itself.",
                          100 * step_rate, grouped_text(each * r.sizes.set_trials),
                          each == 1 ? "one step" : fmt::format("{} steps", each));
  f.script = blocks(list) +
             fmt::format("set xrange [-0.7:{}.7]\nset xlabel 'time step of the fault'{}",
                         r.shown->inputs->steps - 1, words_on_axes) +
             "set yrange [0:*]\nset ylabel 'SDC, share of trials (%)'" + words_on_axes +
             "set key outside top center horizontal reverse Left samplen 1.4 width 1\n" +
             curves(list);
  return f;
}

bc::figure by_rate(const spiking_results& r) {
  const auto rates = sweep_rates(r.sizes.all_rates);
  const auto lines = sweep_lines(r.parts);
  std::vector<series> list, broken;
  for (std::size_t line = 0; line < lines.size(); ++line) {
    series one{lines[line].name, {}}, bad{{}, {}};
    for (std::size_t i = 0; i < rates.size(); ++i) {
      if (rates[i] == 0)
        continue; // the axis is logarithmic
      const auto& e = r.rates.experiments[line * rates.size() + i];
      one.data += fmt::format("{:g} {}\n", rates[i], numbers(sdc_of(e)));
      bad.data += fmt::format("{:g} {}\n", rates[i], numbers(non_finite_of(e)));
    }
    list.push_back(std::move(one));
    broken.push_back(std::move(bad));
  }
  std::string dashes;
  for (std::size_t i = 0; i < broken.size(); ++i)
    dashes += fmt::format(", $s{} using 1:2 with lines lw 1.5 dt (6,5) lc rgb '{}' notitle",
                          list.size() + i, colour(i));
  auto all = list;
  all.insert(all.end(), broken.begin(), broken.end());
  bc::figure f;
  f.name = "by_rate";
  f.title = "Silent data corruption by fault rate";
  f.caption = fmt::format(
      "Each element is hit with a probability, and then one random bit of it flips: a weight, what "
      "a "
      "layer with weights gives in a step (as a 32-bit float, or as a fixed-point word of 32 "
      "bits), a "
      "spike or silence of a step (as a float; or, sparse, the value of a spike that is there). {} "
      "trials for a point, each with one random recording. Dashed: outputs that are NaN or "
      "infinite, "
      "which count as no SDC. Whiskers: 95 %, Wilson's interval, each point by itself.",
      grouped_text(r.sizes.sweep_trials));
  f.script =
      blocks(all) +
      fmt::format("set logscale x\nset xrange [{:g}:{:g}]\nset format x '10^{{%L}}'\nset xlabel "
                  "'probability that an element is hit'{}",
                  rates[1] / 1.5, rates.back() * 1.5, words_on_axes) +
      "set yrange [0:100]\nset ylabel 'SDC, share of trials (%)'" + words_on_axes +
      "set key outside top center horizontal reverse Left samplen 1.4 width 1\n" + curves(list) +
      dashes;
  return f;
}

} // namespace

std::vector<bc::figure> figures_of(const spiking_results& r) {
  std::vector<bc::figure> list{by_fault(r)};
  for (std::size_t row = 0; row < step_rows().size(); ++row)
    list.push_back(by_step(r, row));
  list.push_back(by_rate(r));
  return list;
}

} // namespace spiking
