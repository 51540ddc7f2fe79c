// SPDX-License-Identifier: MIT
#pragma once

#include "binomial.hpp"
#include "interval.hpp"
#include "population.hpp"
#include "statistics_error.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace bitfault {

namespace detail {

/// The p at which the chance of `hits` or more in n trials is `tail`; 0 < hits <= n, n may be a
/// fraction. Newton's steps, with bisection where they leave the bracket. The derivative of the
/// chance is k / p times the binomial probability of k.
inline double binomial_lower_end(double hits, double n, double tail) {
  double low = 0, high = 1, p = hits / n;
  for (int step = 0; step < 200; ++step) {
    const double chance = incomplete_beta(p, 1 - p, hits, n - hits + 1);
    (chance < tail ? low : high) = p;
    const double slope = std::exp(log_binomial(hits, n, p, 1 - p)) * hits / p;
    double next = p - (chance - tail) / slope;
    if (!(next > low && next < high))
      next = low + (high - low) / 2;
    if (std::abs(next - p) <= 2e-16 * p || next == low || next == high)
      return next;
    p = next;
  }
  return p;
}

/// The p at which the chance of `hits` or fewer is `tail`; 0 <= hits < n.
inline double binomial_upper_end(double hits, double n, double tail) {
  double low = 0, high = 1, p = (hits + 1) / (n + 1);
  for (int step = 0; step < 200; ++step) {
    const double chance = incomplete_beta(1 - p, p, n - hits, hits + 1);
    (chance > tail ? low : high) = p;
    const double slope = -std::exp(log_binomial(hits, n, p, 1 - p)) * (n - hits) / (1 - p);
    double next = p - (chance - tail) / slope;
    if (!(next > low && next < high))
      next = low + (high - low) / 2;
    if (std::abs(next - p) <= 2e-16 * p || next == low || next == high)
      return next;
    p = next;
  }
  return p;
}

/// The two equal-tailed ends for n trials of which a share are hits; both may be fractions.
inline interval exact_interval(double hits, double n, double tail) {
  interval result{0, 1};
  if (hits > 0)
    result.lower = hits >= n ? std::exp(std::log(tail) / n) : binomial_lower_end(hits, n, tail);
  if (hits < n)
    result.upper = hits <= 0 ? -std::expm1(std::log(tail) / n) : binomial_upper_end(hits, n, tail);
  return result;
}

/// The smallest whole number in [low, high] for which `holds` is true, if it is false up to some
/// number and true from there on, and at `high`.
template <class Holds>
std::uint64_t first_that_holds(std::uint64_t low, std::uint64_t high, const Holds& holds) {
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (holds(middle))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

} // namespace detail

/// Two-sided interval for a probability after `hits` in `trials`, that covers it with at least
/// `confidence` whatever it is: each end is where the chance of a result as extreme as this one is
/// (1 - confidence) / 2. It needs the same as Wilson's: independent trials, their number fixed
/// beforehand.
///
/// With a `population`, for the share of hits in it after distinct trials: the same two tests with
/// the hypergeometric distribution, inverted over the whole numbers of hits that the population may
/// have. That was chosen before Wilson's interval with a finite-population correction because it
/// keeps its word at every size, near 0 too, and ends in the exact share when all have been tried.
///
/// Requires hits <= trials <= population and 0 < confidence < 1; throws bitfault::error otherwise.
/// No trials tell nothing: [0, 1]. O(sqrt(trials)), with a population times log(population). Host
/// only.
///
/// Source: C. J. Clopper and E. S. Pearson, The Use of Confidence or Fiducial Limits Illustrated in
/// the Case of the Binomial, Biometrika 26 (1934), 404-413.
inline interval clopper_pearson_interval(std::uint64_t hits, std::uint64_t trials,
                                         double confidence = 0.95,
                                         std::uint64_t population = unlimited) {
  detail::check_hits("clopper_pearson_interval", hits, trials);
  detail::check_population("clopper_pearson_interval", trials, population);
  detail::check_confidence("clopper_pearson_interval", confidence);
  if (trials == 0)
    return {0, 1};
  const double k = static_cast<double>(hits), n = static_cast<double>(trials);
  double tail = (1 - confidence) / 2;
  if (!detail::is_limited(population))
    return detail::exact_interval(k, n, tail);

  tail *= 1 - 1e-10; // a chance that equals it lies inside, however it was rounded
  const double members = static_cast<double>(population);
  const std::uint64_t least = hits, most = population - (trials - hits);
  const std::uint64_t lower = detail::first_that_holds(least, most, [&](std::uint64_t hits_in_all) {
    const double good = static_cast<double>(hits_in_all);
    return detail::hypergeometric_at_least(k, n, good, members - good) > tail;
  });
  // Counted from the other end: misses instead of hits.
  const std::uint64_t fewest_misses =
      detail::first_that_holds(trials - hits, population - hits, [&](std::uint64_t misses_in_all) {
        const double bad = static_cast<double>(misses_in_all);
        return detail::hypergeometric_at_least(n - k, n, bad, members - bad) > tail;
      });
  return {static_cast<double>(lower) / members,
          static_cast<double>(population - fewest_misses) / members};
}

} // namespace bitfault
