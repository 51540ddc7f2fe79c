// SPDX-License-Identifier: MIT
#pragma once

#include "clopper_pearson.hpp"
#include "effective_size.hpp"
#include "interval.hpp"
#include "population.hpp"
#include "statistics_error.hpp"

#include <cstdint>
#include <span>

namespace bitfault {

/// Two-sided interval for the share of (fault, input) pairs that are hits, when each of the faults
/// was run on the same `inputs`: the fault is the unit, what it does to the inputs hangs together.
/// The statement is about the population of faults on these inputs; to generalise over inputs too
/// use `two_way_interval`.
///
/// `hits_by_fault` has for each fault the number of inputs it hit. The variance of the mean over
/// faults, corrected for a finite `population` of faults, says how many independent pairs would
/// have been as sure; that number is lowered by (z / t)^2 for the uncertainty of the variance, and
/// is never above the number of pairs nor below that of faults (corrected likewise), which is what
/// faults would give that hit all inputs or none. The interval is Clopper and Pearson's for it.
/// Student's t has one degree of freedom less than there are faults that hit (or that miss, if
/// these are fewer): only they tell how unequal faults are. Coverage is near `confidence`: at least
/// 93 % for 95 % in the simulations of tests/statistics/clustered.cpp. `bounded_mean_interval` over
/// the shares per fault covers at least what it says, and is wider.
///
/// Requires at least two faults, 0 < inputs, no count above `inputs`, no more faults than
/// `population`, 0 < confidence < 1; throws bitfault::error otherwise. O(faults). Host only.
///
/// Source: Korn and Graubard (1998), see effective_size.hpp.
inline interval clustered_interval(std::span<const std::uint64_t> hits_by_fault,
                                   std::uint64_t inputs, double confidence = 0.95,
                                   std::uint64_t population = unlimited) {
  const char* const place = "clustered_interval";
  detail::check_confidence(place, confidence);
  detail::check_population(place, hits_by_fault.size(), population);
  detail::check_at_least(place, hits_by_fault.size(), 2, " faults");
  detail::check_at_least(place, inputs, 1, " inputs");
  const auto counts = detail::count_clusters(place, hits_by_fault, inputs, " inputs");
  const double n = counts.clusters, m = static_cast<double>(inputs);
  const double share = static_cast<double>(counts.hits) / (n * m);
  const double untried =
      detail::is_limited(population) ? 1 - n / static_cast<double>(population) : 1;
  if (untried <= 0)
    return {share, share};
  const double pairs = detail::effective_size(share, counts.squares / (n - 1) / n, n, n * m,
                                              counts.unlike, confidence) /
                       untried;
  return detail::exact_interval(share * pairs, pairs, (1 - confidence) / 2);
}

} // namespace bitfault
