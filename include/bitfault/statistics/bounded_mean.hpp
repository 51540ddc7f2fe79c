// SPDX-License-Identifier: MIT
#pragma once

#include "interval.hpp"
#include "population.hpp"
#include "statistics_error.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bitfault {

/// Two-sided interval for the mean of values that lie in `range`, of any distribution. It covers
/// the mean with at least `confidence` for every number of values, which intervals from the normal
/// distribution do not: accuracies under faults are mostly "as without faults" and sometimes "as
/// guessed". For a drop in accuracy give golden minus faulty of each trial, in [-1, 1].
///
/// Two bettors, one for each end, stake on each value being above (below) a mean m; a mean against
/// which one of them would at some time have multiplied the stake by 2 / (1 - confidence) is
/// excluded. Stakes are set before the value is seen. The values are used in their order, which
/// must not depend on them. With a `population` the values are those of distinct members, and m is
/// corrected at each step for what has been drawn.
///
/// Requires values inside `range`, range.lower < range.upper, at most `population` values,
/// 0 < confidence < 1; throws bitfault::error otherwise. No values tell nothing: `range`.
/// O(50 values). Host only.
///
/// Source: I. Waudby-Smith and A. Ramdas, Estimating means of bounded random variables by betting,
/// Journal of the Royal Statistical Society B 86 (2024), 1-27: the hedged capital, its stakes for a
/// fixed number of values, and its form without replacement.
inline interval bounded_mean_interval(std::span<const double> values, double confidence = 0.95,
                                      const interval& range = {0, 1},
                                      std::uint64_t population = unlimited) {
  const char* const place = "bounded_mean_interval";
  detail::check_confidence(place, confidence);
  detail::check_positive(place, "a range of width", range.width());
  detail::check_population(place, values.size(), population);
  for (const double value : values)
    detail::check_inside(place, value, range);
  if (values.empty())
    return range;

  const double log_win = std::log(2 / (1 - confidence));
  const double n = static_cast<double>(values.size());
  struct round {
    double value, stake, drawn, left; // drawn: sum so far; left: members not drawn yet
  };
  std::vector<round> rounds;
  rounds.reserve(values.size());
  double sum = 0.5, squares = 0.25; // of all values so far and one of 1/2 with a variance of 1/4
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double seen = static_cast<double>(i + 1);
    const double value = (values[i] - range.lower) / range.width();
    rounds.push_back({value, std::sqrt(2 * log_win / (n * squares / seen)), sum - 0.5,
                      static_cast<double>(population) - static_cast<double>(i)});
    sum += value;
    const double from_mean = value - sum / (seen + 1);
    squares += from_mean * from_mean;
  }
  const double members = static_cast<double>(population);
  const bool limited = detail::is_limited(population);
  // Whether betting that the mean lies above m (below, with mirrored values) excludes m.
  const auto excluded = [&](double m, bool mirrored) {
    double log_capital = 0;
    for (const round& r : rounds) {
      const double x = mirrored ? 1 - r.value : r.value;
      double mean = m; // of what is left, if m is the mean of all
      if (limited) {
        const double taken = mirrored ? members - r.left - r.drawn : r.drawn;
        mean = (members * m - taken) / r.left;
        if (mean <= 0) { // nothing left: any value above 0 refutes m
          if (x > mean)
            return true;
          continue;
        }
      }
      log_capital += std::log1p(std::min(r.stake, 0.75 / mean) * (x - mean));
      if (log_capital >= log_win)
        return true;
    }
    return false;
  };
  const auto end = [&](bool mirrored) { // what is excluded reaches from 0 up to here
    double out = 0, in = 1;
    for (int halving = 0; halving < 50; ++halving) {
      const double m = (out + in) / 2;
      (excluded(m, mirrored) ? out : in) = m;
    }
    return out;
  };
  interval unit{end(false), 1 - end(true)};
  if (limited) { // what has been drawn is certain
    unit.lower = std::max(unit.lower, (sum - 0.5) / members);
    unit.upper = std::min(unit.upper, (sum - 0.5 + members - n) / members);
  }
  return {range.lower + range.width() * unit.lower, range.lower + range.width() * unit.upper};
}

} // namespace bitfault
