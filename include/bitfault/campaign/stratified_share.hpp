// SPDX-License-Identifier: MIT
#pragma once

#include "../statistics/failures_in_time.hpp"
#include "../statistics/stratified.hpp"
#include "overview.hpp"
#include "store.hpp"
#include "trial_estimate.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace bitfault::campaign {

/// The names of the experiments whose strata a campaign has, in their order.
inline std::vector<std::string> stratified_experiments(const campaign_description& d) {
  std::vector<std::string> names;
  for (const stored_experiment& e : d.experiments) {
    const std::string& name = e.asked.stratum_of;
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  }
  return names;
}

/// The share of critical trials over all strata of an experiment: every fault site of theirs weighs
/// the same, however many trials each stratum had. `views` are of all the campaign's experiments,
/// with intervals of the given confidence. The method is that of the strata's own intervals.
///
/// Strata of a fixed number of trials are independent: `pooled_interval` where the trials are in
/// proportion to the sites, else `combined_estimate`. Those with a stop rule end when it suits
/// them, so each gets the confidence that makes all hold together, and the bounds are the weighted
/// means of theirs. No interval where a stratum has no trial yet.
inline trial_estimate stratified_share(const store& s, const std::string& name,
                                       std::span<const experiment_overview> views,
                                       double confidence = 0.95) {
  const campaign_description& d = s.description();
  const bool noisy = s.golden() && s.golden()->noise > 0;
  std::vector<std::size_t> strata;
  for (std::size_t i = 0; i < d.experiments.size(); ++i)
    if (d.experiments[i].asked.stratum_of == name)
      strata.push_back(i);
  trial_estimate result;
  std::vector<weighted_estimate> parts;
  std::vector<stratum> counts;
  std::uint64_t population = 0;
  bool finite = true;
  bool looks = false;
  for (const std::size_t i : strata) {
    const stored_experiment& e = d.experiments[i];
    const summary& sums = views[i].sums;
    trial_estimate known = sums.critical_share(sums.all());
    result.hits += known.hits;
    result.of += known.of;
    counts.push_back({e.sites, known.of, known.hits});
    const std::uint64_t own = noisy ? unlimited : population_of(e.asked, e.sites);
    finite = finite && own != unlimited;
    population += e.sites;
    if (known.of == 0)
      continue;
    if (known.method == interval_method::anytime) {
      looks = true;
      known.bounds =
          anytime_interval(known.hits, known.of, each_of(confidence, strata.size()), own);
    }
    if (parts.empty() || known.method != interval_method::exact)
      result.method = known.method;
    parts.push_back({static_cast<double>(e.sites), {known.value, known.bounds}});
  }
  if (parts.empty())
    return result;
  const estimate all = combined_estimate(parts);
  result.value = all.value;
  result.bounds = all.bounds;
  if (result.method == interval_method::clopper_pearson)
    if (const auto pooled = pooled_interval(counts, confidence, finite ? population : unlimited))
      result.bounds = *pooled;
  if (looks) {
    double weights = 0, lower = 0, upper = 0;
    for (const weighted_estimate& part : parts) {
      weights += part.weight;
      lower += part.weight * part.known.bounds.lower;
      upper += part.weight * part.known.bounds.upper;
    }
    result.bounds = {lower / weights, upper / weights};
    result.method = interval_method::anytime;
  }
  if (parts.size() < strata.size()) {
    result.bounds = {0, 1};
    result.method = interval_method::none;
  }
  return result;
}

} // namespace bitfault::campaign
