// SPDX-License-Identifier: MIT
#pragma once

#include "complete_prefix.hpp"
#include "store.hpp"
#include "summary.hpp"
#include "summary_table.hpp"
#include "trial.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// What was known of an experiment's critical share after its first `trials` trials.
struct known_by_then {
  std::uint64_t trials = 0;
  std::uint64_t critical = 0;
  interval within{}; ///< anytime-valid: it holds at all points together

  friend bool operator==(const known_by_then&, const known_by_then&) = default;
};

/// What reports show of one experiment.
struct experiment_overview {
  summary sums;
  double confidence = 0.95;            ///< of `course`: the stop rule's, if there is one
  std::vector<known_by_then> course{}; ///< over the longest complete prefix of trials
  std::vector<trial_record> worst{};   ///< with most SDC inputs, the first ones of equals
  std::vector<trial_record> dead{};    ///< the first ones that crashed or hung
  std::uint64_t dead_count = 0;
};

/// How many remarkable trials of a kind are kept.
inline constexpr std::size_t remarkable_trials = 3;

/// Reads an experiment's trials once. O(trials).
inline experiment_overview overview_of(const store& s, std::size_t experiment,
                                       const summary_options& options = {}) {
  const campaign_description& d = s.description();
  const stored_experiment& e = d.experiments[experiment];
  experiment_overview view{summary(e, d.targets, flags_of(d), options)};
  view.confidence = e.asked.stop ? e.asked.stop->confidence : options.confidence;
  const bool finite = e.asked.amount.which == fault_amount::kind::single && e.asked.all_inputs;
  const std::uint64_t prefix = s.complete_prefix(experiment);
  std::uint64_t critical = 0, next = 16;
  const auto count = [](const trial_record& r, outcome o) {
    return r.outcomes[static_cast<std::size_t>(o)];
  };
  s.for_each_trial(experiment, [&](const trial_record& r) {
    view.sums.add(r);
    if (count(r, outcome::crash) + count(r, outcome::hang) != 0 &&
        ++view.dead_count <= remarkable_trials)
      view.dead.push_back(r);
    const std::uint32_t sdc = count(r, outcome::sdc);
    auto& worst = view.worst;
    if (sdc != 0 && (worst.size() < remarkable_trials || sdc > count(worst.back(), outcome::sdc))) {
      worst.push_back(r);
      std::stable_sort(worst.begin(), worst.end(), [&](const auto& a, const auto& b) {
        return count(a, outcome::sdc) > count(b, outcome::sdc);
      });
      worst.resize(std::min(worst.size(), remarkable_trials));
    }
    if (r.number >= prefix)
      return;
    critical += is_critical(r, e.asked.tau) ? 1 : 0;
    const std::uint64_t trials = r.number + 1;
    if (trials < next && trials != prefix)
      return;
    next = trials + std::max<std::uint64_t>(1, trials / 8);
    view.course.push_back(
        {trials, critical,
         anytime_interval(critical, trials, view.confidence, finite ? e.sites : unlimited)});
  });
  return view;
}

/// Of all experiments, in their order.
inline std::vector<experiment_overview> overviews_of(const store& s,
                                                     const summary_options& options = {}) {
  std::vector<experiment_overview> all;
  for (std::size_t e = 0; e < s.description().experiments.size(); ++e)
    all.push_back(overview_of(s, e, options));
  return all;
}

} // namespace bitfault::campaign
