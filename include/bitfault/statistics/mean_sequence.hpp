// SPDX-License-Identifier: MIT
#pragma once

#include "interval.hpp"
#include "population.hpp"
#include "statistics_error.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace bitfault {

/// Anytime-valid interval for the mean of values in a range, value by value: with at least
/// `confidence` it covers the mean at all times together, so one may look after each value and stop
/// when it is narrow enough. For a fixed number of values `bounded_mean_interval` is narrower; for
/// hits and misses `confidence_sequence` is.
///
/// The values must be those of a complete prefix of trials, in their order; with a `population`,
/// of distinct members. The result is the same whoever looks when.
///
/// Requires range.lower < range.upper, 0 < confidence < 1, values inside the range and no more of
/// them than `population`; throws bitfault::error otherwise, and has not changed then. O(1) for
/// each value and look. Host only.
///
/// Source: the empirical Bernstein sequence with predictable stakes of I. Waudby-Smith and
/// A. Ramdas, Estimating means of bounded random variables by betting, Journal of the Royal
/// Statistical Society B 86 (2024), 1-27; without replacement as in their Confidence
/// sequences for sampling without replacement, NeurIPS 2020.
class mean_sequence {
public:
  explicit mean_sequence(double confidence = 0.95, const interval& range = {0, 1},
                         std::uint64_t population = unlimited)
      : range_(range), population_(population) {
    detail::check_confidence("mean_sequence", confidence);
    detail::check_positive("mean_sequence", "a range of width", range.width());
    log_win_ = std::log(2 / (1 - confidence));
  }

  void add(double value) {
    detail::check_population("mean_sequence", count_ + 1, population_);
    detail::check_inside("mean_sequence", value, range_);
    const double x = (value - range_.lower) / range_.width();
    const double before = static_cast<double>(count_);
    const double t = before + 1;
    // Mean and variance of what came before, as if one value of 1/2 and a variance of 1/4 had.
    const double mean = (sum_ + 0.5) / t;
    const double variance = (squares_ + 0.25) / t;
    const double stake = std::min(0.5, std::sqrt(2 * log_win_ / (variance * t * std::log1p(t))));
    // What is left has the mean (N m - sum) / (N - before) if all have the mean m.
    double per_left = 0, weight = 1;
    if (detail::is_limited(population_)) {
      const double members = static_cast<double>(population_);
      per_left = 1 / (members - before);
      weight = members * per_left;
    }
    stakes_ += stake * weight;
    won_ += stake * (x + sum_ * per_left);
    cost_ += (x - mean) * (x - mean) * (-std::log1p(-stake) - stake);
    sum_ += x;
    ++count_;
    const double from_mean = x - (sum_ + 0.5) / (t + 1);
    squares_ += from_mean * from_mean;
  }

  std::uint64_t count() const noexcept { return count_; }

  interval current() const {
    if (count_ == 0)
      return range_;
    const double centre = won_ / stakes_;
    const double half = (log_win_ + cost_) / stakes_;
    double least = 0, most = 1;
    if (detail::is_limited(population_)) { // what has been seen is certain
      const double members = static_cast<double>(population_);
      least = sum_ / members;
      most = (sum_ + (members - static_cast<double>(count_))) / members;
    }
    return {range_.lower + range_.width() * std::clamp(centre - half, least, most),
            range_.lower + range_.width() * std::clamp(centre + half, least, most)};
  }

private:
  interval range_;
  std::uint64_t population_;
  std::uint64_t count_ = 0;
  double log_win_ = 0;
  double sum_ = 0, squares_ = 0;           // of the values in [0, 1]
  double stakes_ = 0, won_ = 0, cost_ = 0; // of the two bets on them
};

} // namespace bitfault
