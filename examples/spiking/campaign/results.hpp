// SPDX-License-Identifier: MIT
#pragma once

#include "experiments.hpp"
#include "workload.hpp"

#include <bitfault/campaign/number_text.hpp>
#include <bitfault/campaign/overview.hpp>
#include <bitfault/campaign/store.hpp>
#include <bitfault/statistics/wilson.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace spiking {

/// A campaign's file and what its trials add up to.
struct campaign_results {
  const bitfault::campaign::store* file;
  std::vector<bitfault::campaign::experiment_overview> experiments;

  explicit campaign_results(const bitfault::campaign::store& s)
      : file(&s), experiments(bitfault::campaign::overviews_of(s)) {}
};

/// Everything that tables and figures show.
struct spiking_results {
  campaign_sizes sizes;
  const workload* shown;
  std::vector<network_part> parts;
  std::vector<table_cell> by_model, by_step; ///< of the experiments of `single`, in this order
  campaign_results single, rates;
  std::size_t right = 0; ///< recordings that are classified as labelled, without faults
};

/// Shares of all recordings. One recording in each trial: trials are independent.
[[nodiscard]] inline bitfault::campaign::trial_estimate
sdc_of(const bitfault::campaign::experiment_overview& e) {
  return e.sums.sdc_share(e.sums.all());
}

/// The share of trials with an output that is NaN or infinite.
[[nodiscard]] inline bitfault::campaign::trial_estimate
non_finite_of(const bitfault::campaign::experiment_overview& e) {
  return e.sums.outcome_share(e.sums.all(), bitfault::campaign::outcome::non_finite);
}

/// SDC of faults in a part of the network, for every time step; 0 trials where none can strike.
[[nodiscard]] inline std::vector<bitfault::campaign::trial_estimate>
sdc_by_step(const spiking_results& r, std::size_t row, std::size_t part) {
  std::vector<bitfault::campaign::trial_estimate> list(r.shown->inputs->steps);
  for (std::size_t i = 0; i < r.by_step.size(); ++i)
    if (r.by_step[i].row == row && r.by_step[i].part == part)
      list[r.by_step[i].step] = sdc_of(r.single.experiments[r.by_model.size() + i]);
  return list;
}
/// Whether such faults were tried in the part at all.
[[nodiscard]] inline bool has_steps(const spiking_results& r, std::size_t row, std::size_t part) {
  return std::any_of(r.by_step.begin(), r.by_step.end(),
                     [&](const table_cell& c) { return c.row == row && c.part == part; });
}

/// What independent trials give together.
[[nodiscard]] inline bitfault::campaign::trial_estimate
pooled(const std::vector<bitfault::campaign::trial_estimate>& list, std::size_t first,
       std::size_t last) {
  bitfault::campaign::trial_estimate sum;
  for (std::size_t i = first; i < std::min(last, list.size()); ++i) {
    sum.hits += list[i].hits;
    sum.of += list[i].of;
  }
  if (sum.of == 0)
    return sum;
  sum.value = static_cast<double>(sum.hits) / static_cast<double>(sum.of);
  sum.bounds = bitfault::wilson_interval(sum.hits, sum.of, 0.95);
  sum.method = bitfault::campaign::interval_method::wilson;
  return sum;
}

/// "12.3 [9.8, 15.3]" in percent; "-" where nothing was tried.
[[nodiscard]] inline std::string share_text(const bitfault::campaign::trial_estimate& e,
                                            int digits = 1) {
  if (e.of == 0)
    return "-";
  const char* form = digits == 0 ? "%.0f" : "%.1f";
  const auto one = [&](double share) {
    return bitfault::campaign::format_number(form, 100 * share);
  };
  return one(e.value) + " [" + one(e.bounds.lower) + ", " + one(e.bounds.upper) + "]";
}

} // namespace spiking
