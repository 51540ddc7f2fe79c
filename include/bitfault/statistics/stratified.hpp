// SPDX-License-Identifier: MIT
#pragma once

#include "clopper_pearson.hpp"
#include "estimate.hpp"
#include "interval.hpp"
#include "statistics_error.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace bitfault {

/// What was tried of one stratum: distinct members, each set of them equally likely.
struct stratum {
  std::uint64_t population = 0; ///< its members
  std::uint64_t trials = 0;     ///< how many were tried
  std::uint64_t hits = 0;       ///< how many of these hit
};

/// The share of hits in all strata together, each of their members with the same weight however the
/// trials were spread over them: sum of population * hits / trials, over the sum of populations.
/// A stratum without a trial may have any share: the value uses that of the others, and the bounds
/// go from none of its members to all.
///
/// The bounds: with l, u the ends of each stratum's Clopper-Pearson interval (without replacement),
/// p its share and W its weight, value - sqrt(sum W^2 (p - l)^2) and value + sqrt(sum W^2
/// (u - p)^2). Coverage is near `confidence` or above. Where strata are many and their trials few,
/// it is wide: if the trials were allocated in proportion to size, clopper_pearson_interval of the
/// summed counts is valid too (unequal chances only make the sum of hits less variable; W.
/// Hoeffding, On the Distribution of the Number of Successes in Independent Trials, Annals of
/// Mathematical Statistics 27 (1956), 713-721), and narrower.
///
/// Requires hits <= trials <= population in each stratum, a population and a trial somewhere,
/// 0 < confidence < 1; throws bitfault::error otherwise. Host only.
///
/// Source: G. Y. Zou and A. Donner, Construction of confidence limits about effect measures: a
/// general approach, Statistics in Medicine 27 (2008), 1693-1702.
inline estimate stratified_estimate(std::span<const stratum> strata, double confidence = 0.95) {
  const char* const place = "stratified_estimate";
  detail::check_confidence(place, confidence);
  double members = 0, tried = 0;
  std::uint64_t trials = 0;
  for (const stratum& s : strata) {
    detail::check_hits(place, s.hits, s.trials);
    detail::check_population(place, s.trials, s.population);
    members += static_cast<double>(s.population);
    tried += s.trials > 0 ? static_cast<double>(s.population) : 0;
    trials = std::max(trials, s.trials);
  }
  detail::check_at_least(place, trials, 1, " trials");

  double value = 0, below = 0, above = 0; // of the strata that were tried, as shares of all
  for (const stratum& s : strata) {
    if (s.trials == 0)
      continue;
    const double weight = static_cast<double>(s.population) / members;
    const double share = static_cast<double>(s.hits) / static_cast<double>(s.trials);
    const interval ends = clopper_pearson_interval(s.hits, s.trials, confidence, s.population);
    value += weight * share;
    below += weight * weight * (share - ends.lower) * (share - ends.lower);
    above += weight * weight * (ends.upper - share) * (ends.upper - share);
  }
  const double untried = (members - tried) / members;
  return {
      value * members / tried,
      {std::max(0.0, value - std::sqrt(below)), std::min(1.0, value + std::sqrt(above) + untried)}};
}

} // namespace bitfault
