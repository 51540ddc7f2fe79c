// SPDX-License-Identifier: MIT
#pragma once

#include <bitfault/statistics/interval.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace demo {

/// Interval for the mean of independent values in [0, 1] of any distribution. It covers the mean
/// with at least `confidence` for every sample size, which intervals from the normal distribution
/// do not: accuracies under faults are mostly "as without faults" and sometimes "as guessed".
///
/// The hedged capital of a bettor against the mean m: a mean on which betting would have multiplied
/// the stake by 2 / (1 - confidence) is excluded. The values are used in their order.
/// Source: I. Waudby-Smith and A. Ramdas, Estimating means of bounded random variables by betting,
/// Journal of the Royal Statistical Society B 86 (2024), 1-27; theorem 3 and its section 4.
[[nodiscard]] inline bitfault::interval mean_interval(std::span<const double> values,
                                                      double confidence = 0.95) {
  const double alpha = 1 - confidence;
  const double n = static_cast<double>(values.size());
  // Each stake is set before its value is seen, from the variance so far.
  std::vector<double> stakes;
  double sum = 0.5;
  double squares = 0.25;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double seen = static_cast<double>(i + 1);
    stakes.push_back(std::sqrt(2 * std::log(2 / alpha) / (n * squares / seen)));
    sum += values[i];
    const double from_mean = values[i] - sum / (seen + 1);
    squares += from_mean * from_mean;
  }
  // Whether betting that the mean lies above m (below, with mirrored values) excludes m.
  const auto excluded = [&](double m, bool mirrored) {
    double capital = 0;
    double best = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double x = mirrored ? 1 - values[i] : values[i];
      capital += std::log1p(std::min(stakes[i], 0.75 / m) * (x - m));
      best = std::max(best, capital);
    }
    return best >= std::log(2 / alpha);
  };
  const auto lower_end = [&](bool mirrored) { // what is excluded reaches from 0 up to here
    double out = 0;
    double in = 1;
    for (int halving = 0; halving < 50; ++halving) {
      const double m = (out + in) / 2;
      (excluded(m, mirrored) ? out : in) = m;
    }
    return out;
  };
  return {lower_end(false), 1 - lower_end(true)};
}

} // namespace demo
