// SPDX-License-Identifier: MIT
#include "figures.hpp"

#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace demo {
namespace {

/// Output of a shell command, and whether it ended well.
struct shell_output {
  std::string text;
  bool ok = false;
};

shell_output run_shell(const std::string& command) {
  shell_output result;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) {
    return result;
  }
  std::array<char, 4096> block{};
  for (std::size_t got = 0; (got = std::fread(block.data(), 1, block.size(), pipe)) > 0;) {
    result.text.append(block.data(), got);
  }
  result.ok = pclose(pipe) == 0;
  return result;
}

/// Throws std::runtime_error with what gnuplot says.
std::string plot(const std::string& name, int width, int height, const std::string& script) {
  const std::string input = fmt::format(
      "<<'END_OF_SCRIPT'\nset encoding utf8\n"
      "set terminal svg size {},{} dynamic enhanced font 'Helvetica,Arial,sans-serif,14' name '{}' "
      "background '#ffffff'\n"
      "set border 3 lc rgb '#8a94a3' lw 1\nset tics nomirror scale 0.5 textcolor rgb '#3d4756'\n"
      "set grid ytics lc rgb '#e4e8ee' lt 1 lw 1\nset key textcolor rgb '#3d4756'\n"
      "{}\nEND_OF_SCRIPT\n",
      width, height, name, script);
  const auto drawn = run_shell("gnuplot 2>/dev/null " + input);
  const auto begin = drawn.text.find("<svg");
  if (!drawn.ok || begin == std::string::npos) {
    throw std::runtime_error(run_shell("gnuplot 2>&1 >/dev/null " + input).text);
  }
  return drawn.text.substr(begin); // the XML prolog before it has no place inside a page
}

std::string plot_sweep(const summary& s) {
  std::string data;
  for (const auto& point : s.sweep) {
    const auto& a = point.accuracy;
    fmt::format_to(std::back_inserter(data), "{} {} {} {} {} {}\n", point.from.rate, 100 * a.mean,
                   100 * a.mean_within.lower, 100 * a.mean_within.upper, 100 * a.low, 100 * a.high);
  }
  return plot("sweep", 920, 430,
              fmt::format(R"(
$data <<EOD
{}EOD
set logscale x
set xrange [7e-8:1.5e-2]
set format x '10^{{%L}}'
set xlabel 'bit error rate: probability that a bit flips' textcolor rgb '#3d4756'
set logscale x2
set x2range [7e-8*{}:1.5e-2*{}]
set format x2 '%g'
set x2tics nomirror 10
set x2label 'flipped bits expected among {}' textcolor rgb '#3d4756'
set border 7
set yrange [0:100]
set ylabel 'accuracy (%)' textcolor rgb '#3d4756'
set key bottom left reverse Left samplen 2 spacing 1.3
plot $data using 1:5:6 with filledcurves fc rgb '#cfe0f5' fs solid 0.8 noborder title '5 to 95 % of the trials', \
     {} with lines dt (8,6) lw 1.5 lc rgb '#6b7686' title sprintf('no faults: %.2f %%', {}), \
     {} with lines dt (2,5) lw 1.5 lc rgb '#9aa4b2' title 'guessing: 10 %', \
     $data using 1:2 with lines lw 2.5 lc rgb '#1f5fae' notitle, \
     $data using 1:2:3:4 with yerrorbars pt 7 ps 0.7 lw 2 lc rgb '#1f5fae' title 'mean, 95 % interval'
)",
                          data, s.weight_bits_in_all, s.weight_bits_in_all,
                          grouped(s.weight_bits_in_all), 100 * s.golden, 100 * s.golden,
                          100.0 / static_cast<double>(classes)));
}

/// number, SDC-1 with its interval, non-finite with its interval, masked, tolerable; in percent.
std::string rows(std::span<const summary::single> list) {
  std::string data;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& o = list[i].shares;
    const auto sdc = o.sdc.interval();
    const auto non_finite = o.non_finite.interval();
    fmt::format_to(std::back_inserter(data), "{} {} {} {} {} {} {} {} {}\n", i, 100 * o.sdc.value(),
                   100 * sdc.lower, 100 * sdc.upper, 100 * o.non_finite.value(),
                   100 * non_finite.lower, 100 * non_finite.upper, 100 * o.masked.value(),
                   100 * o.tolerable.value());
  }
  return data;
}

std::string plot_bits(const summary& s) {
  // The axis begins at half of what one hit in all trials would be.
  const double least = 50 / static_cast<double>(s.bits.front().shares.sdc.trials);
  return plot("bits", 920, 430,
              fmt::format(R"(
$data <<EOD
{1}EOD
set xrange [31.7:-0.7]
set xtics 1 font ',11' scale 0
set xlabel 'bit that is flipped, 31 is the most significant one' textcolor rgb '#3d4756'
set logscale y
set yrange [{0}:100]
set ytics ('0.01' 0.01, '0.1' 0.1, '1' 1, '10' 10, '100' 100)
set ylabel 'share of faults (%), logarithmic' textcolor rgb '#3d4756'
set boxwidth 0.72
set style fill solid 1.0 noborder
set key top right reverse Left samplen 1.4 spacing 1.3
low(x) = x > {0} ? x : {0}
colour(b) = b == 31 ? 0xd1603d : b >= 23 ? 0x1f5fae : 0x2a9d74
plot $data using 1:($2 > 0 ? $2 : 1/0):(colour($1)) with boxes lc rgb variable notitle, \
     $data using 1:($2 > 0 ? low($3) : 1/0):(0):($4 - low($3)) with vectors heads size screen 0.004,90 lw 1.6 lc rgb '#1b2430' notitle, \
     $data using 1:($2 > 0 ? 1/0 : {0}):(0):($4 - {0}) with vectors heads size screen 0.004,90 lw 1.6 lc rgb '#9aa4b2' title 'none seen: interval from 0', \
     1/0 with boxes lc rgb 0xd1603d title 'SDC-1, sign bit', \
     1/0 with boxes lc rgb 0x1f5fae title 'SDC-1, exponent', \
     1/0 with boxes lc rgb 0x2a9d74 title 'SDC-1, mantissa'
)",
                          least, rows(s.bits)));
}

std::string plot_outcomes(const summary& s) {
  return plot("outcomes", 920, 330,
              fmt::format(R"(
$data <<EOD
{}EOD
set xrange [31.7:-0.7]
set xtics 1 font ',11' scale 0
set xlabel 'bit that is flipped, 31 is the most significant one' textcolor rgb '#3d4756'
set yrange [0:100]
set ylabel 'share of faults (%)' textcolor rgb '#3d4756'
set boxwidth 0.86
set style fill solid 1.0 noborder
set key outside top center horizontal reverse Left samplen 1.4 width 1
plot $data using 1:($2+$5+$9+$8) with boxes lc rgb '#d5dbe3' title 'masked', \
     $data using 1:($2+$5+$9) with boxes lc rgb '#8fb8de' title 'tolerable', \
     $data using 1:($2+$5) with boxes lc rgb '#d1603d' title 'SDC-1', \
     $data using 1:5 with boxes lc rgb '#7b3fa0' title 'NaN or infinite'
)",
                          rows(s.bits)));
}

std::string layer_names(std::span<const summary::single> list) {
  std::string names;
  for (std::size_t i = 0; i < list.size(); ++i) {
    names += fmt::format("{}'{}' {}", i == 0 ? "" : ", ", list[i].from.name, i);
  }
  return names;
}

std::string plot_layers(const summary& s) {
  double top = 0;
  for (const auto* list : {&s.weights, &s.activations}) {
    for (const auto& one : *list) {
      top = std::max({top, 100 * one.shares.sdc.interval().upper,
                      100 * one.shares.non_finite.interval().upper});
    }
  }
  return plot("layers", 920, 430,
              fmt::format(R"(
$weights <<EOD
{}EOD
$activations <<EOD
{}EOD
set yrange [0:{}]
set boxwidth 0.4
set style fill solid 1.0 noborder
set xtics rotate by 40 right scale 0
set multiplot
set bmargin at screen 0.22
set tmargin at screen 0.90
set lmargin at screen 0.075
set rmargin at screen 0.50
set ylabel 'share of faults (%)' offset 1,0 textcolor rgb '#3d4756'
set title 'one bit of the weights' textcolor rgb '#1b2430'
set xtics ({})
set xrange [-0.6:7.6]
set key off
plot $weights using ($1-0.2):2 with boxes lc rgb '#1f5fae', \
     $weights using ($1+0.2):5 with boxes lc rgb '#b9a3cf', \
     $weights using ($1-0.2):3:(0):($4-$3) with vectors heads size screen 0.004,90 lw 1.5 lc rgb '#1b2430', \
     $weights using ($1+0.2):6:(0):($7-$6) with vectors heads size screen 0.004,90 lw 1.5 lc rgb '#1b2430'
set lmargin at screen 0.55
set rmargin at screen 0.98
unset ylabel
set title 'one bit of the activations' textcolor rgb '#1b2430'
set xtics ({})
set xrange [-0.6:8.6]
set key on top left reverse Left samplen 1.4 spacing 1.2
plot $activations using ($1-0.2):2 with boxes lc rgb '#1f5fae' title 'SDC-1', \
     $activations using ($1+0.2):5 with boxes lc rgb '#b9a3cf' title 'output NaN or infinite', \
     $activations using ($1-0.2):3:(0):($4-$3) with vectors heads size screen 0.004,90 lw 1.5 lc rgb '#1b2430' title '95 % interval', \
     $activations using ($1+0.2):6:(0):($7-$6) with vectors heads size screen 0.004,90 lw 1.5 lc rgb '#1b2430' notitle
unset multiplot
)",
                          rows(s.weights), rows(s.activations), top > 0 ? 1.12 * top : 1.0,
                          layer_names(s.weights), layer_names(s.activations)));
}

} // namespace

figures draw_figures(const summary& s) {
  figures result;
  if (!run_shell("command -v gnuplot").ok) {
    result.problem = "gnuplot is not installed here (Debian package gnuplot-nox)";
    return result;
  }
  try {
    result = {plot_sweep(s), plot_bits(s), plot_outcomes(s), plot_layers(s), {}};
  } catch (const std::runtime_error& error) {
    result.problem = fmt::format("gnuplot failed: {}", error.what());
  }
  return result;
}

} // namespace demo
