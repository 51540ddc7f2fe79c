// SPDX-License-Identifier: MIT
#pragma once

#include "clopper_pearson.hpp"
#include "estimate.hpp"
#include "interval.hpp"
#include "statistics_error.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace bitfault {

/// A share or a mean that is known in one part, and what the part weighs in the whole: the number
/// of its members, or its share of them.
struct weighted_estimate {
  double weight = 0;
  estimate known{};
};

/// The share in all parts together: the weighted mean. The bounds: with l, u the ends of a part's
/// interval, p its value and W its share of all weight, value - sqrt(sum W^2 (p - l)^2) and value +
/// sqrt(sum W^2 (u - p)^2). Where the parts were sampled independently, they cover about as often
/// as the intervals of the parts do if these are nearly symmetric; less where many parts have
/// hits that are few and rare, see `stratified_estimate`; not where one looks again and again.
///
/// Requires a part, weights above 0, l <= p <= u; throws bitfault::error otherwise. Host only.
///
/// Source: G. Y. Zou and A. Donner, Construction of confidence limits about effect measures: a
/// general approach, Statistics in Medicine 27 (2008), 1693-1702.
inline estimate combined_estimate(std::span<const weighted_estimate> parts) {
  const char* const place = "combined_estimate";
  detail::check_at_least(place, parts.size(), 1, " parts");
  double total = 0;
  for (const weighted_estimate& part : parts) {
    detail::check_positive(place, "a weight", part.weight);
    total += part.weight;
  }
  double value = 0, below = 0, above = 0;
  for (const weighted_estimate& part : parts) {
    const double weight = part.weight / total;
    const auto [share, ends] = part.known;
    value += weight * share;
    below += weight * weight * (share - ends.lower) * (share - ends.lower);
    above += weight * weight * (ends.upper - share) * (ends.upper - share);
  }
  return {value, {value - std::sqrt(below), value + std::sqrt(above)}};
}

/// What was tried of one stratum: distinct members, each set of them equally likely.
struct stratum {
  std::uint64_t population = 0; ///< its members
  std::uint64_t trials = 0;     ///< how many were tried
  std::uint64_t hits = 0;       ///< how many of these hit
};

/// How far the trials of strata lie from the proportions of their sizes: half the sum of the
/// distances between a stratum's share of all trials and its share of all members; 0 to 1. The
/// share among the trials is expected to be that near to the share of the whole, whatever hits.
///
/// Requires a trial and a member somewhere. Host only.
inline double distance_from_proportion(std::span<const stratum> strata) {
  double members = 0, trials = 0, distance = 0;
  for (const stratum& s : strata) {
    members += static_cast<double>(s.population);
    trials += static_cast<double>(s.trials);
  }
  for (const stratum& s : strata)
    distance += std::abs(static_cast<double>(s.trials) / trials -
                         static_cast<double>(s.population) / members);
  return distance / 2;
}

/// An interval for the share of all strata together from the summed counts, for trials that were
/// allocated in proportion to size: Clopper-Pearson's, and by `distance_from_proportion` wider at
/// both ends. Nothing where that distance is above 1 / (4 sqrt(trials)), half a standard error: not
/// in proportion. `population` is that of all strata, or `unlimited`.
///
/// It is valid because unequal chances only make the sum of hits less variable. Host only.
///
/// Source: W. Hoeffding, On the Distribution of the Number of Successes in Independent Trials,
/// Annals of Mathematical Statistics 27 (1956), 713-721.
inline std::optional<interval> pooled_interval(std::span<const stratum> strata, double confidence,
                                               std::uint64_t population) {
  std::uint64_t hits = 0, trials = 0;
  for (const stratum& s : strata) {
    hits += s.hits;
    trials += s.trials;
  }
  if (trials == 0)
    return std::nullopt;
  const double distance = distance_from_proportion(strata);
  if (distance > 0.25 / std::sqrt(static_cast<double>(trials)))
    return std::nullopt;
  const interval pooled = clopper_pearson_interval(hits, trials, confidence, population);
  return interval{std::max(0.0, pooled.lower - distance), std::min(1.0, pooled.upper + distance)};
}

/// The share of hits in all strata together, each of their members with the same weight however the
/// trials were spread over them: sum of population * hits / trials, over the sum of populations.
/// A stratum without a trial may have any share: the value uses that of the others, and the bounds
/// go from none of its members to all.
///
/// The bounds are those of `pooled_interval` where the trials are in proportion to the sizes, else
/// those of `combined_estimate` from each stratum's Clopper-Pearson interval (without replacement).
/// The latter cover less than `confidence` where strata are many, their trials few and hits rare:
/// 87 % instead of 95 % were seen with 128 strata of 8 trials at a share of 2 % in each. Allocate
/// in proportion there.
///
/// Requires hits <= trials <= population in each stratum, a population and a trial somewhere,
/// 0 < confidence < 1; throws bitfault::error otherwise. Host only.
inline estimate stratified_estimate(std::span<const stratum> strata, double confidence = 0.95) {
  const char* const place = "stratified_estimate";
  detail::check_confidence(place, confidence);
  double members = 0;
  std::uint64_t total_population = 0;
  std::vector<weighted_estimate> tried;
  for (const stratum& s : strata) {
    detail::check_hits(place, s.hits, s.trials);
    detail::check_population(place, s.trials, s.population);
    members += static_cast<double>(s.population);
    total_population += s.population;
    if (s.trials == 0)
      continue;
    tried.push_back({static_cast<double>(s.population),
                     {static_cast<double>(s.hits) / static_cast<double>(s.trials),
                      clopper_pearson_interval(s.hits, s.trials, confidence, s.population)}});
  }
  detail::check_at_least(place, tried.empty() ? 0 : 1, 1, " trials");

  double of_tried = 0; // the members of strata that were tried, as a share of all
  for (const weighted_estimate& s : tried)
    of_tried += s.weight / members;
  const estimate known = combined_estimate(tried);
  if (const auto pooled = pooled_interval(strata, confidence, total_population))
    return {known.value, *pooled};
  return {known.value,
          {std::max(0.0, known.bounds.lower) * of_tried,
           std::min(1.0, known.bounds.upper) * of_tried + std::max(0.0, 1 - of_tried)}};
}

} // namespace bitfault
