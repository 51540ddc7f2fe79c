// SPDX-License-Identifier: MIT
#pragma once

#include "binomial.hpp"
#include "clopper_pearson.hpp"
#include "interval.hpp"
#include "population.hpp"
#include "statistics_error.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace bitfault {

namespace detail {

inline void check_sorted(const char* place, std::span<const double> sorted) {
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i == 0 ? sorted[i] == sorted[i] : sorted[i - 1] <= sorted[i])
      continue;
    message_text m;
    m << "value " << std::uint64_t{i} << " of " << std::uint64_t{sorted.size()} << " is "
      << sorted[i] << "; the values must be sorted and none of them NaN";
    refuse_statistic(place, m, sorted[i], i == 0 ? sorted[i] : sorted[i - 1]);
  }
}

/// The place, from 1, of the smallest of n values below or at which a share of them lies.
inline std::uint64_t rank_of(double share, std::uint64_t n) {
  // A product that only rounding put above a whole number is that number.
  const double exact = share * static_cast<double>(n) * (1 - 1e-15);
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(exact)), 1, n);
}

} // namespace detail

/// The smallest of the values at or below which a share of them lies: the median for 0.5.
/// Requires sorted values, at least one, 0 <= share <= 1; throws bitfault::error otherwise.
inline double quantile(std::span<const double> sorted, double share) {
  detail::check_share("quantile", "a share", share);
  detail::check_at_least("quantile", sorted.size(), 1, " values");
  detail::check_sorted("quantile", sorted);
  return sorted[detail::rank_of(share, sorted.size()) - 1];
}

/// Two-sided interval for the quantile of what the values are a sample of: two of the values,
/// chosen by their ranks alone. It covers the quantile with at least `confidence` for every
/// distribution. Where the sample is too small for an end, that end is infinite. With a
/// `population` the values are those of distinct members, and the quantile is that of all of them.
///
/// Requires sorted values, 0 < share < 1, no more values than `population`, 0 < confidence < 1;
/// throws bitfault::error otherwise. O(values). Host only.
inline interval quantile_interval(std::span<const double> sorted, double share,
                                  double confidence = 0.95, std::uint64_t population = unlimited) {
  const char* const place = "quantile_interval";
  detail::check_confidence(place, confidence);
  detail::check_share(place, "a share", share);
  detail::check_population(place, sorted.size(), population);
  detail::check_sorted(place, sorted);
  const std::uint64_t values = sorted.size();
  const double n = static_cast<double>(values);
  const double tail = (1 - confidence) / 2 * (1 + 1e-10); // equality counts, however rounded
  const bool limited = detail::is_limited(population);
  const double members = limited ? static_cast<double>(population) : 0;
  const double rank = limited ? static_cast<double>(detail::rank_of(share, population)) : 0;

  // The chance that j or fewer of the sample are at or below the quantile ...
  const auto at_most = [&](double j) {
    if (j >= n)
      return 1.0;
    return limited ? detail::hypergeometric_at_least(n - j, n, members - rank, rank)
                   : detail::incomplete_beta(1 - share, share, n - j, j + 1);
  };
  // ... and that j or more are below it.
  const auto at_least = [&](double j) {
    if (j <= 0)
      return 1.0;
    return limited ? detail::hypergeometric_at_least(j, n, rank - 1, members - rank + 1)
                   : detail::incomplete_beta(share, 1 - share, j, n - j + 1);
  };
  const double infinite = std::numeric_limits<double>::infinity();
  // Value number `lower` (from 1) lies above the quantile if fewer than `lower` are at or below it.
  const std::uint64_t lower = detail::first_that_holds(
      0, values, [&](std::uint64_t j) { return at_most(static_cast<double>(j)) > tail; });
  const std::uint64_t upper = detail::first_that_holds(
      1, values + 1, [&](std::uint64_t j) { return at_least(static_cast<double>(j)) <= tail; });
  return {lower == 0 ? -infinite : sorted[lower - 1],
          upper > values ? infinite : sorted[upper - 1]};
}

} // namespace bitfault
