// SPDX-License-Identifier: MIT
#pragma once

#include "complete_prefix.hpp"
#include "number_text.hpp"
#include "store.hpp"
#include "summary.hpp"
#include "trial.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
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

/// What reports show of one experiment: of its longest complete prefix of trials. Masked trials
/// finish first and shards have every n-th block only, so what else there is would be no fair
/// sample.
struct experiment_overview {
  summary sums;
  std::uint64_t planned = 0;           ///< trials; fewer after a stop rule has ended it
  std::uint64_t behind_gap = 0;        ///< trials in the file behind the first that is missing
  double confidence = 0.95;            ///< of `course`: the stop rule's, if there is one
  std::vector<known_by_then> course{}; ///< over the prefix
  std::vector<trial_record> worst{};   ///< with most SDC inputs, the first ones of equals
  std::vector<trial_record> dead{};    ///< the first ones that crashed or hung
  std::uint64_t dead_count = 0;
};

/// How many remarkable trials of a kind are kept.
inline constexpr std::size_t remarkable_trials = 3;

/// "480", "480 of 2,000", "480 (stopped)": how many trials count, of how many.
inline std::string trials_text(const experiment_overview& view, bool stopped) {
  const std::uint64_t trials = view.sums.all().trials;
  return grouped_text(trials) + (stopped                  ? " (stopped)"
                                 : trials != view.planned ? " of " + grouped_text(view.planned)
                                                          : "");
}

/// A column for each criterion.
inline std::vector<std::string> criterion_heads(const campaign_description& d) {
  std::vector<std::string> heads;
  for (const stored_criterion& c : d.criteria)
    heads.push_back(c.is_flag ? c.name : c.name + ", mean");
  return heads;
}
/// What stands in them: the share of inputs on which a flag held, or a number's mean.
template <class ShareText>
std::vector<std::string> criterion_cells(const campaign_description& d, const summary& sums,
                                         const ShareText& share_text) {
  const trial_tally& all = sums.all();
  std::vector<std::string> cells;
  for (std::size_t i = 0; i < d.criteria.size(); ++i)
    cells.push_back(
        d.criteria[i].is_flag || all.inputs == 0
            ? share_text(d.criteria[i].is_flag ? sums.flag_share(all, i) : trial_estimate{})
            : format_number("%.4g", sums.criterion_mean(all, i)));
  return cells;
}

/// "stuck at 1": what a fault does to the bits of its mask.
inline std::string action_words(fault_action a) {
  switch (a) {
  case fault_action::flip:
    return "flip";
  case fault_action::stuck_at_0:
    return "stuck at 0";
  case fault_action::stuck_at_1:
    return "stuck at 1";
  case fault_action::write:
    return "write";
  }
  return {};
}
/// Whether single faults of a campaign differ in what they do: else a table by action says nothing.
inline bool has_several_actions(const std::vector<experiment_overview>& all) {
  std::optional<fault_action> first;
  for (const experiment_overview& view : all)
    for (const auto& [action, tally] : view.sums.by_action())
      if (first.value_or(action) != action)
        return true;
      else
        first = action;
  return false;
}

/// How far repeated golden runs differed, in a sentence; empty for a store without a golden run.
inline std::string golden_text(const std::optional<golden_summary>& g) {
  if (!g)
    return {};
  if (g->repeats < 2)
    return "The golden run was made once: nothing says whether it is noisy.";
  const std::string times = "Golden runs: " + std::to_string(g->repeats) + ", ";
  const auto vary =
      std::count_if(g->inputs.begin(), g->inputs.end(), [](const auto& i) { return i.varies; });
  if (!(g->noise > 0) && vary == 0)
    return times + "bit for bit the same.";
  return times + "outputs differ by up to " + format_number("%.4g", g->noise) +
         ", which counts as masked; inputs set aside, since their golden answer varies: " +
         grouped_text(static_cast<std::uint64_t>(vary)) + " of " + grouped_text(g->inputs.size()) +
         ".";
}

/// Why some of a file's trials do not count; empty if all do.
inline std::string gap_text(const experiment_overview& view) {
  if (view.behind_gap == 0)
    return {};
  return grouped_text(view.behind_gap) + " more trials are behind a gap and do not count yet: " +
         grouped_text(view.sums.all().trials) + " of " + grouped_text(view.planned) +
         " are complete. If this is the file of a shard, merge it with the others; else resume.";
}

/// Reads the trials of an experiment's complete prefix once. Whether non-finite outputs count as
/// detected and whether golden runs differ is taken from the store, too. O(trials).
inline experiment_overview overview_of(const store& s, std::size_t experiment,
                                       summary_options options = {}) {
  const campaign_description& d = s.description();
  const stored_experiment& e = d.experiments[experiment];
  options.output_check = options.output_check || d.identity.output_check;
  options.noisy = options.noisy || (s.golden() && s.golden()->noise > 0);
  experiment_overview view{summary(e, d.targets, flags_of(d), options)};
  view.confidence = e.asked.stop ? e.asked.stop->confidence : options.confidence;
  const std::uint64_t population = options.noisy ? unlimited : population_of(e.asked, e.sites);
  const std::uint64_t prefix = s.complete_prefix(experiment);
  view.planned = s.limit(experiment);
  view.behind_gap = s.stored(experiment).count() - prefix;
  std::uint64_t critical = 0, next = 16;
  const auto count = [](const trial_record& r, outcome o) {
    return r.outcomes[static_cast<std::size_t>(o)];
  };
  s.for_each_trial(experiment, {0, prefix}, [&](const trial_record& r) {
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
      if (worst.size() > remarkable_trials)
        worst.pop_back();
    }
    critical += is_critical(r, e.asked.tau) ? 1 : 0;
    const std::uint64_t trials = r.number + 1;
    if (trials < next && trials != prefix)
      return;
    next = trials + std::max<std::uint64_t>(1, trials / 8);
    view.course.push_back(
        {trials, critical, anytime_interval(critical, trials, view.confidence, population)});
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
