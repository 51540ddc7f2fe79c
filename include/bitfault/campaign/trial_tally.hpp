// SPDX-License-Identifier: MIT
#pragma once

#include "outcome.hpp"
#include "trial.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <vector>

namespace bitfault::campaign {

/// Whether a trial's inputs all count, or only those whose golden answer is the label's.
enum class denominator : std::uint8_t { all_inputs, golden_correct };

/// How many inputs trials hit: the sum, and how many trials hit how many.
class hit_counts {
public:
  void add(std::uint64_t hits) {
    sum_ += hits;
    if (hits == 1)
      ++ones_; // all that there are with one input for each trial
    else if (hits != 0)
      ++trials_by_hits_[hits];
  }
  std::uint64_t sum() const noexcept { return sum_; }
  /// The hits of each of `trials` trials, in no order that means anything. O(trials).
  std::vector<std::uint64_t> each(std::uint64_t trials) const {
    std::vector<std::uint64_t> hits;
    hits.reserve(trials);
    hits.assign(ones_, 1);
    for (const auto& [count, its_trials] : trials_by_hits_)
      hits.insert(hits.end(), its_trials, count);
    hits.resize(trials);
    return hits;
  }

private:
  std::uint64_t sum_ = 0;
  std::uint64_t ones_ = 0;
  std::map<std::uint64_t, std::uint64_t> trials_by_hits_; ///< hits above 1
};

/// Counts over the trials of an experiment, or over those that struck one target, one bit, or so.
struct trial_tally {
  std::uint64_t sites = 0; ///< fault sites that the trials could have struck
  std::uint64_t trials = 0;
  std::uint64_t critical = 0;      ///< trials with at least `tau` SDC inputs
  std::uint64_t not_activated = 0; ///< trials that changed no word
  std::uint64_t corrected = 0;     ///< trials in which a protection repaired something

  std::uint64_t inputs = 0;             ///< judged, over all trials
  std::uint64_t set_aside = 0;          ///< not judged: their golden answer varies
  std::uint64_t golden_correct = 0;     ///< judged inputs whose golden answer is the label's
  std::uint64_t answered_correctly = 0; ///< judged inputs whose faulty answer is the label's
  std::array<hit_counts, outcome_count> outcomes{};
  std::array<hit_counts, outcome_count> outcomes_golden_correct{};
  hit_counts due{};
  hit_counts due_golden_correct{};
  std::vector<hit_counts> flags{}; ///< of each criterion that is a flag
  std::vector<double> sums{};      ///< of each criterion
  /// Golden minus faulty share of right answers in each trial, in their order, where a summary
  /// keeps them.
  std::vector<double> drops{};

  /// Judged inputs of each trial, and golden-correct ones, if they are the same in all trials.
  std::optional<std::uint64_t> inputs_each{};
  std::optional<std::uint64_t> golden_correct_each{};

  const hit_counts& counts(outcome o, denominator d) const noexcept {
    const auto at = static_cast<std::size_t>(o);
    return d == denominator::all_inputs ? outcomes[at] : outcomes_golden_correct[at];
  }
  std::uint64_t total(denominator d) const noexcept {
    return d == denominator::all_inputs ? inputs : golden_correct;
  }
  std::optional<std::uint64_t> each(denominator d) const noexcept {
    return d == denominator::all_inputs ? inputs_each : golden_correct_each;
  }
};

/// What a tally needs to know of the campaign.
struct counting_rules {
  std::uint32_t tau = 1;
  bool output_check = false; ///< a non-finite output counts as detected uncorrected (DUE)
  std::vector<bool> flags{}; ///< for each criterion, whether it is a flag
};

/// How many inputs there are in all outcomes together.
inline std::uint64_t input_count(const outcome_counts& counts) noexcept {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

/// Adds one trial, whose flags are counts: whole numbers from 0 to 2^53. O(criteria), and
/// log(inputs) for each outcome that came out.
inline void add_trial(trial_tally& t, const trial_record& r, const counting_rules& rules) {
  const auto at = [](outcome o) { return static_cast<std::size_t>(o); };
  const auto due_of = [&](const outcome_counts& c) {
    return std::uint64_t{c[at(outcome::crash)]} + c[at(outcome::hang)] + c[at(outcome::detected)] +
           (rules.output_check ? c[at(outcome::non_finite)] : 0);
  };
  const std::uint64_t judged = input_count(r.outcomes);
  const std::uint64_t golden_correct = input_count(r.outcomes_golden_correct);
  const auto keep_even = [&](std::optional<std::uint64_t>& each, std::uint64_t now) {
    if (t.trials == 0)
      each = now;
    else if (each != now)
      each.reset();
  };
  keep_even(t.inputs_each, judged);
  keep_even(t.golden_correct_each, golden_correct);

  ++t.trials;
  t.critical += r.outcomes[at(outcome::sdc)] >= rules.tau ? 1 : 0;
  t.not_activated += r.activated ? 0 : 1;
  t.corrected += r.corrected ? 1 : 0;
  t.inputs += judged;
  t.set_aside += r.set_aside;
  t.golden_correct += golden_correct;
  t.answered_correctly += r.answered_correctly;
  for (std::size_t o = 0; o < outcome_count; ++o) {
    t.outcomes[o].add(r.outcomes[o]);
    t.outcomes_golden_correct[o].add(r.outcomes_golden_correct[o]);
  }
  t.due.add(due_of(r.outcomes));
  t.due_golden_correct.add(due_of(r.outcomes_golden_correct));
  t.flags.resize(rules.flags.size());
  t.sums.resize(rules.flags.size());
  for (std::size_t i = 0; i < rules.flags.size() && i < r.criteria.size(); ++i) {
    t.sums[i] += r.criteria[i];
    if (rules.flags[i])
      t.flags[i].add(static_cast<std::uint64_t>(r.criteria[i]));
  }
}

} // namespace bitfault::campaign
