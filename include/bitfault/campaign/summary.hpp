// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/file_error.hpp"
#include "../statistics/bounded_mean.hpp"
#include "../statistics/clopper_pearson.hpp"
#include "../statistics/clustered.hpp"
#include "../statistics/confidence_sequence.hpp"
#include "../statistics/mean_sequence.hpp"
#include "../statistics/population.hpp"
#include "../statistics/quantile.hpp"
#include "../statistics/two_way.hpp"
#include "../statistics/wilson.hpp"
#include "campaign_description.hpp"
#include "fault_space.hpp"
#include "tensor_ref.hpp"
#include "trial.hpp"
#include "trial_estimate.hpp"
#include "trial_tally.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace bitfault::campaign {

struct summary_options {
  double confidence = 0.95;
  /// The campaign declares a check of the output: non-finite ones count as detected (DUE).
  bool output_check = false;
  /// Golden runs differ, so that a fault that is tried again may come out another way: no number of
  /// trials is a census.
  bool noisy = false;
};

/// What a store's description says of its summaries: for each criterion whether it is a flag.
inline std::vector<bool> flags_of(const campaign_description& d) {
  std::vector<bool> flags;
  for (const stored_criterion& c : d.criteria)
    flags.push_back(c.is_flag);
  return flags;
}

/// A bit position of an element type: bit 7 of a float32 is another thing than that of an int8.
struct type_bit {
  std::string element_type;
  unsigned bit = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees the 0 that <=> is compared with
  friend auto operator<=>(const type_bit&, const type_bit&) = default;
};

/// A bit position of one target, by its number in the campaign's list.
struct target_bit {
  std::uint32_t target = 0;
  unsigned bit = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr)
  friend auto operator<=>(const target_bit&, const target_bit&) = default;
};

/// How much accuracy faults cost: golden minus faulty share of right answers, trial by trial.
struct accuracy_drop {
  trial_estimate mean{};
  double median = 0;
  double percentile_95 = 0; ///< 95 % of the trials lose at most so much
  double most = 0;
};

/// What an experiment's trials add up to, as a whole and by target, bit and fault action; and how
/// sure each share is. Trials are added one by one and not kept, but for one number each, up to
/// four times: for all, and for those of a target, a bit and an action.
///
/// Which interval holds follows from the experiment (see `interval_method`). One random input for
/// each trial: trials are independent, Wilson's. All inputs in each trial: the fault is the unit;
/// the statement is about these inputs, that of `sdc_share_beyond_inputs` about others like these.
/// Every site on all inputs: the truth, without an interval, unless the fault draws a value or
/// golden runs differ. After a stop rule: an anytime-valid interval; none for shares of inputs,
/// where trials run on all of them, but for SDC as a whole. Single faults, and those that struck
/// one target or bit, are drawn without replacement. Intervals of parts are pointwise: of a hundred
/// of 95 %, some five miss. Multiple faults in a trial strike several targets and bits: such trials
/// count in the whole only.
class summary {
public:
  /// `flags` says for each of the campaign's criteria whether it is a flag.
  summary(const stored_experiment& e, const std::vector<stored_target>& targets,
          std::vector<bool> flags, const summary_options& options = {})
      : asked_(e.asked), noisy_(options.noisy), all_inputs_(e.asked.all_inputs),
        stops_early_(e.asked.stop.has_value()),
        confidence_(options.confidence), rules_{e.asked.tau, options.output_check,
                                                std::move(flags)},
        targets_(targets) {
    all_.sites = e.sites;
    if (all_inputs_ && !stops_early_)
      sdc_by_input_.emplace();
    if (all_inputs_ && stops_early_)
      sdc_by_trial_.emplace(confidence_, interval{0, 1}, population(all_));
    for (const target_sites& t : e.targets) {
      sites_[t.target] = t.sites;
      const std::uint64_t elements = struck_elements(e.asked.fault, targets_.at(t.target), t.sites);
      whole_targets_ = whole_targets_ && elements == elements_in(targets_[t.target]);
      elements_[t.target] = elements;
      elements_of_type_[targets_[t.target].element_type] += elements;
    }
  }

  /// One more trial, of a higher number than the ones before: the interval of the accuracy drop
  /// uses them in their order. Throws std::invalid_argument for a lower one, for targets that the
  /// experiment does not have, and for a flag that is no count; nothing is counted then.
  void add(const trial_record& r) {
    if (all_.trials != 0 && r.number <= last_)
      refuse("trial " + std::to_string(r.number) + " comes after trial " + std::to_string(last_) +
             "; trials are added by rising number");
    for (const injected_fault& f : r.faults)
      if (sites_.count(f.target) == 0)
        refuse("trial " + std::to_string(r.number) + " has a fault in target " +
               std::to_string(f.target) + ", which the experiment does not strike");
    for (std::size_t i = 0; i < rules_.flags.size() && i < r.criteria.size(); ++i)
      if (rules_.flags[i] && !is_count(r.criteria[i]))
        refuse("trial " + std::to_string(r.number) + " has " + std::to_string(r.criteria[i]) +
               " for criterion " + std::to_string(i) + ", which is a flag: it counts inputs");
    last_ = r.number;
    add_trial(all_, r, rules_);
    add_inputs(r);
    const std::uint64_t judged = input_count(r.outcomes);
    const std::optional<double> drop = drop_of(r, judged);
    keep_drop(all_, drop);
    if (sdc_by_trial_ && judged != 0)
      sdc_by_trial_->add(static_cast<double>(r.outcomes[static_cast<std::size_t>(outcome::sdc)]) /
                         static_cast<double>(judged));
    if (fault_count(r) == 1)
      add_to_parts(r, r.faults.front(), drop);
  }

  /// Whether the experiment strikes whole targets, not parts of them.
  bool strikes_whole_targets() const noexcept { return whole_targets_; }

  const trial_tally& all() const noexcept { return all_; }
  const std::map<std::uint32_t, trial_tally>& by_target() const noexcept { return by_target_; }
  const std::map<type_bit, trial_tally>& by_bit() const noexcept { return by_bit_; }
  const std::map<target_bit, trial_tally>& by_target_and_bit() const noexcept { return by_both_; }
  const std::map<fault_action, trial_tally>& by_action() const noexcept { return by_action_; }

  /// The share of inputs that ended in an outcome.
  trial_estimate outcome_share(const trial_tally& t, outcome o,
                               denominator d = denominator::all_inputs) const {
    return share_of_inputs(t, t.counts(o, d), t.total(d), t.each(d));
  }
  /// SDC under the headline criterion; P(SDC | fault, input). DUE stays in the denominator.
  trial_estimate sdc_share(const trial_tally& t, denominator d = denominator::all_inputs) const {
    trial_estimate e = outcome_share(t, outcome::sdc, d);
    if (sdc_by_trial_ && &t == &all_ && d == denominator::all_inputs && t.inputs_each.has_value() &&
        e.method == interval_method::none && e.of != 0) {
      e.bounds = sdc_by_trial_->current();
      e.method = interval_method::anytime;
    }
    return e;
  }
  /// SDC as a statement about faults like these and inputs like these: the value of `sdc_share` of
  /// all trials, with the two-way interval of faults crossed with inputs. None where trials ran on
  /// one input each or were ended by a rule, and where the outcomes of the inputs are not known.
  trial_estimate sdc_share_beyond_inputs() const {
    const hit_counts& sdc = all_.counts(outcome::sdc, denominator::all_inputs);
    if (all_.inputs == 0)
      return {};
    trial_estimate e{sdc.sum(), all_.inputs,
                     static_cast<double>(sdc.sum()) / static_cast<double>(all_.inputs)};
    const std::uint64_t inputs = all_.inputs_each.value_or(0);
    if (!sdc_by_input_ || inputs < 2 || all_.trials < 2)
      return e;
    // Inputs that are set aside have no hit: they are at the end.
    std::vector<std::uint64_t> by_input = *sdc_by_input_;
    std::sort(by_input.rbegin(), by_input.rend());
    by_input.resize(static_cast<std::size_t>(inputs));
    e.bounds = two_way_interval(sdc.each(all_.trials), by_input, confidence_);
    e.method = interval_method::two_way;
    return e;
  }
  /// Detected, uncorrected: crash, hang and detected; with an output check non-finite outputs too.
  trial_estimate due_share(const trial_tally& t, denominator d = denominator::all_inputs) const {
    return share_of_inputs(t, d == denominator::all_inputs ? t.due : t.due_golden_correct,
                           t.total(d), t.each(d));
  }
  /// ALFI's rate: SDC among the inputs that did not end in DUE. Not for comparison with
  /// `sdc_share`. In a crossed experiment it has an interval only where there was no DUE.
  trial_estimate sdc_share_without_due(const trial_tally& t) const {
    const hit_counts& sdc = t.counts(outcome::sdc, denominator::all_inputs);
    return share_of_inputs(t, sdc, t.inputs - t.due.sum(),
                           t.due.sum() == 0 ? t.inputs_each : std::nullopt);
  }
  /// The share of trials with at least `tau` SDC inputs.
  trial_estimate critical_share(const trial_tally& t) const {
    return share_of_trials(t, t.critical, t.trials);
  }
  /// The share of inputs on which a criterion held, if it is a flag. It is asked where the output
  /// is finite, not golden and not detected. Throws std::invalid_argument for a number.
  trial_estimate flag_share(const trial_tally& t, std::size_t criterion) const {
    if (criterion >= rules_.flags.size() || !rules_.flags[criterion])
      refuse("criterion " + std::to_string(criterion) + " is no flag of this campaign");
    static const hit_counts none;
    return share_of_inputs(t, criterion < t.flags.size() ? t.flags[criterion] : none, t.inputs,
                           t.inputs_each);
  }
  /// A criterion's sum over all judged inputs by their number; inputs that it was not asked about
  /// count as 0.
  double criterion_mean(const trial_tally& t, std::size_t criterion) const noexcept {
    return t.inputs == 0 || criterion >= t.sums.size()
               ? 0
               : t.sums[criterion] / static_cast<double>(t.inputs);
  }

  /// Of all trials, or of those that struck one target, bit position, or action. None without
  /// labels: no golden and no faulty answer was right; nor for a bit of a target. O(50 trials).
  std::optional<accuracy_drop> accuracy() const { return accuracy(all_); }
  std::optional<accuracy_drop> accuracy(const trial_tally& t) const {
    const std::vector<double>& all = t.drops;
    if (all.empty() || (all_.golden_correct == 0 && all_.answered_correctly == 0))
      return std::nullopt;
    accuracy_drop drop;
    drop.mean.of = all.size();
    double sum = 0;
    for (const double d : all)
      sum += d;
    drop.mean.value = sum / static_cast<double>(all.size());
    drop.mean.bounds = {-1, 1};
    if (is_truth(t)) {
      drop.mean.bounds = {drop.mean.value, drop.mean.value};
      drop.mean.method = interval_method::exact;
    } else if (stops_early_) {
      mean_sequence drops(confidence_, {-1, 1}, population(t));
      for (const double d : all)
        drops.add(d);
      drop.mean.bounds = drops.current();
      drop.mean.method = interval_method::anytime;
    } else {
      drop.mean.bounds = bounded_mean_interval(all, confidence_, {-1, 1}, population(t));
      drop.mean.method = interval_method::bounded_mean;
    }
    std::vector<double> sorted = all;
    std::sort(sorted.begin(), sorted.end());
    drop.median = quantile(sorted, 0.5);
    drop.percentile_95 = quantile(sorted, 0.95);
    drop.most = sorted.back();
    return drop;
  }

private:
  [[noreturn]] static void refuse(const std::string& what) {
    bitfault::detail::raise(std::invalid_argument("bitfault: summary: " + what));
  }

  static bool is_count(double x) noexcept { return x >= 0 && x <= 0x1p53 && x == std::floor(x); }

  /// Counts the SDC of each input, as long as the trials have the same inputs and say which ended
  /// in it.
  void add_inputs(const trial_record& r) {
    if (!sdc_by_input_)
      return;
    const std::string& outcomes = r.outcomes_by_input;
    constexpr char letter = letter_of(outcome::sdc);
    if (all_.trials == 1)
      sdc_by_input_->assign(outcomes.size(), 0);
    const auto sdc = std::count(outcomes.begin(), outcomes.end(), letter);
    if (outcomes.size() != sdc_by_input_->size() || outcomes.size() != r.inputs ||
        static_cast<std::uint64_t>(sdc) != r.outcomes[static_cast<std::size_t>(outcome::sdc)]) {
      sdc_by_input_.reset();
      return;
    }
    for (std::size_t i = 0; i < outcomes.size(); ++i)
      (*sdc_by_input_)[i] += outcomes[i] == letter ? 1 : 0;
  }

  static std::optional<double> drop_of(const trial_record& r, std::uint64_t judged) {
    if (judged == 0)
      return std::nullopt;
    const std::uint64_t golden_correct = input_count(r.outcomes_golden_correct);
    return (static_cast<double>(golden_correct) - static_cast<double>(r.answered_correctly)) /
           static_cast<double>(judged);
  }
  static void keep_drop(trial_tally& t, std::optional<double> drop) {
    if (drop)
      t.drops.push_back(*drop);
  }

  static std::uint64_t elements_in(const stored_target& t) {
    std::uint64_t elements = 1;
    for (const std::uint64_t n : t.extents)
      elements *= n;
    return elements;
  }

  /// Of how many elements a target's sites are: an experiment may strike a part of it only. Of an
  /// element type of the user's own the masks are not known here, and all elements are taken.
  static std::uint64_t struck_elements(const fault_description& fault, const stored_target& t,
                                       std::uint64_t sites) {
    mask_family bits = fault.bits;
    if (sets_value(fault.which))
      bits.which = mask_family::kind::all;
    std::uint64_t elements = elements_in(t);
    detail::for_each_element_type([&]<class T>(std::type_identity<T>) {
      if (detail::type_of<T>.name == t.element_type)
        elements = sites / masks_of(bits, stored_as(fault, detail::type_of<T>)).size();
    });
    return elements;
  }

  void add_to_parts(const trial_record& r, const injected_fault& f, std::optional<double> drop) {
    const auto add = [&](trial_tally& t, std::uint64_t sites) {
      t.sites = sites;
      add_trial(t, r, rules_);
    };
    add(by_target_[f.target], sites_[f.target]);
    add(by_action_[f.fault.action], all_.sites);
    keep_drop(by_target_[f.target], drop);
    keep_drop(by_action_[f.fault.action], drop);
    if (std::popcount(f.fault.mask) != 1)
      return;
    // Of a family of single bits, every element has each bit once.
    const auto bit = static_cast<unsigned>(std::countr_zero(f.fault.mask));
    const std::string& type = targets_[f.target].element_type;
    add(by_bit_[{type, bit}], elements_of_type_[type]);
    keep_drop(by_bit_[{type, bit}], drop);
    add(by_both_[{f.target, bit}], elements_[f.target]);
  }

  /// How many faults there are to draw from without replacement: see `population_of`.
  std::uint64_t population(const trial_tally& t) const noexcept {
    return noisy_ ? unlimited : population_of(asked_, t.sites);
  }
  bool is_truth(const trial_tally& t) const noexcept {
    return t.trials != 0 && t.trials == population(t);
  }

  /// Hits of units that count as one each.
  trial_estimate share_of_trials(const trial_tally& t, std::uint64_t hits, std::uint64_t of) const {
    trial_estimate e{hits, of};
    if (of == 0)
      return e;
    e.value = static_cast<double>(hits) / static_cast<double>(of);
    if (is_truth(t)) {
      e.bounds = {e.value, e.value};
      e.method = interval_method::exact;
    } else if (stops_early_) {
      e.bounds = anytime_interval(hits, of, confidence_, population(t));
      e.method = interval_method::anytime;
    } else if (all_inputs_) {
      e.bounds = clopper_pearson_interval(hits, of, confidence_, population(t));
      e.method = interval_method::clopper_pearson;
    } else {
      e.bounds = wilson_interval(hits, of, confidence_);
      e.method = interval_method::wilson;
    }
    return e;
  }

  /// Hits of inputs, of which each trial has `each`, if that is the same number for all.
  trial_estimate share_of_inputs(const trial_tally& t, const hit_counts& hits, std::uint64_t of,
                                 std::optional<std::uint64_t> each) const {
    if (!all_inputs_ || (each == 1 && of == t.trials))
      return share_of_trials(t, hits.sum(), of);
    trial_estimate e{hits.sum(), of};
    if (of == 0)
      return e;
    e.value = static_cast<double>(e.hits) / static_cast<double>(of);
    if (is_truth(t)) {
      e.bounds = {e.value, e.value};
      e.method = interval_method::exact;
    } else if (!stops_early_ && each.has_value() && t.trials >= 2) {
      e.bounds = clustered_interval(hits.each(t.trials), *each, confidence_, population(t));
      e.method = interval_method::clustered;
    }
    return e;
  }

  experiment asked_;
  bool noisy_, all_inputs_, stops_early_, whole_targets_ = true;
  double confidence_;
  counting_rules rules_;
  std::vector<stored_target> targets_;
  std::map<std::uint32_t, std::uint64_t> sites_, elements_; ///< by target
  std::map<std::string, std::uint64_t> elements_of_type_;
  std::uint64_t last_ = 0;
  trial_tally all_;
  std::map<std::uint32_t, trial_tally> by_target_;
  std::map<type_bit, trial_tally> by_bit_;
  std::map<target_bit, trial_tally> by_both_;
  std::map<fault_action, trial_tally> by_action_;
  std::optional<mean_sequence> sdc_by_trial_; ///< under a stop rule, of trials on all inputs
  std::optional<std::vector<std::uint64_t>> sdc_by_input_; ///< without one; none: not known
};

} // namespace bitfault::campaign
