// SPDX-License-Identifier: MIT
#pragma once

#include "aligned_text.hpp"
#include "export.hpp"
#include "number_text.hpp"
#include "overview.hpp"
#include "store.hpp"
#include "stratified_share.hpp"
#include "summary.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

namespace bitfault::campaign {

namespace detail {

/// The addresses of a trial's first faults.
inline std::string faults_text(const campaign_description& d, const trial_record& r) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(r.faults.size(), 2); ++i)
    text.append(i == 0 ? "" : " ").append(address_of(d, r.faults[i]));
  if (fault_count(r) > 2)
    text += " and " + std::to_string(fault_count(r) - 2) + " more";
  return text;
}

} // namespace detail

/// What all experiments came to, as text. For each: the shares, with their intervals; the judged
/// inputs by what they ended in; where there are several criteria, all of them; for single faults
/// the SDC share of each target and, where they differ in it, of what they do to the bits; and the
/// trials that did most. Says how noisy the golden run is. Counts the complete prefix of each
/// experiment (see `experiment_overview`) and says what does not count yet. Depends on the stored
/// trials alone.
inline std::string summary_table(const store& s) {
  const campaign_description& d = s.description();
  const auto share = lettered_estimate_text;
  const auto lost = [&](const summary& sums, const trial_tally& t) {
    const auto drop = sums.accuracy(t);
    return drop ? share(drop->mean) : std::string("-");
  };
  const auto beyond_inputs = [&](const summary& sums) {
    const trial_estimate e = sums.sdc_share_beyond_inputs();
    return e.method == interval_method::none ? std::string("-") : share(e);
  };
  using rows = std::vector<std::vector<std::string>>;
  rows whole{{"experiment", "trials", "critical", "tau", "SDC", "SDC, other inputs",
              "SDC, golden-correct", "DUE", "accuracy lost"}};
  rows ends{{"experiment", "inputs", "golden-correct", "crash", "hang", "detected", "non-finite",
             "masked", "SDC", "tolerable", "set aside"}};
  rows criteria{criterion_heads(d)};
  criteria[0].insert(criteria[0].begin(), "experiment");
  rows parts{{"experiment", "target", "sites", "trials", "SDC", "accuracy lost"}};
  rows actions{{"experiment", "action", "trials", "SDC", "accuracy lost"}};
  rows worst{{"experiment", "trial", "SDC inputs", "fault"}};
  std::string gaps;
  const std::vector<experiment_overview> views = overviews_of(s);
  const bool by_action = has_several_actions(views);
  for (std::size_t e = 0; e < d.experiments.size(); ++e) {
    const experiment_overview& view = views[e];
    const summary& sums = view.sums;
    const trial_tally& all = sums.all();
    const std::string& name = d.experiments[e].asked.name;
    whole.push_back({name, trials_text(view, s.stopped_at(e).has_value()),
                     share(sums.critical_share(all)), std::to_string(d.experiments[e].asked.tau),
                     share(sums.sdc_share(all)), beyond_inputs(sums),
                     share(sums.sdc_share(all, denominator::golden_correct)),
                     share(sums.due_share(all)), lost(sums, all)});
    ends.push_back({name, grouped_text(all.inputs), grouped_text(all.golden_correct)});
    for (const hit_counts& hits : all.outcomes)
      ends.back().push_back(grouped_text(hits.sum()));
    ends.back().push_back(grouped_text(all.set_aside));
    criteria.push_back(criterion_cells(d, sums, share));
    criteria.back().insert(criteria.back().begin(), name);
    if (const std::string gap = gap_text(view); !gap.empty())
      gaps += name + ": " + gap + "\n";
    if (sums.by_target().size() > 1)
      for (const auto& [target, tally] : sums.by_target())
        parts.push_back({name, d.targets[target].name, grouped_text(tally.sites),
                         grouped_text(tally.trials), share(sums.sdc_share(tally)),
                         lost(sums, tally)});
    if (by_action)
      for (const auto& [action, tally] : sums.by_action())
        actions.push_back({name, action_words(action), grouped_text(tally.trials),
                           share(sums.sdc_share(tally)), lost(sums, tally)});
    for (const trial_record& r : view.worst)
      worst.push_back({name, std::to_string(r.number),
                       std::to_string(r.outcomes[static_cast<std::size_t>(outcome::sdc)]),
                       detail::faults_text(d, r)});
  }
  for (const std::string& name : stratified_experiments(d)) {
    const trial_estimate all = stratified_share(s, name, views);
    whole.push_back({name + ", all strata", grouped_text(all.of), share(all)});
  }
  std::string text = detail::aligned(whole) + gaps;
  text += "Shares of inputs; critical: of trials with at least tau SDC inputs. SDC: " +
          d.identity.headline + "; DUE: crash, hang and detected" +
          (d.identity.output_check ? ", and non-finite, since the output is checked" : "") + ".\n";
  text +=
      "Intervals are for 95 %, those of parts pointwise: W Wilson, C Clopper-Pearson, F by "
      "fault (these inputs), T by\nfault and input (inputs like these), A anytime-valid, M of a "
      "mean; E: exact, every fault was tried on every input; "
      "-: no interval holds.\n";
  if (const std::string golden = golden_text(s.golden()); !golden.empty())
    text += golden + "\n";
  text += "\n" + detail::aligned(ends);
  if (d.criteria.size() > 1) // else it is the headline's, which stands in the first table
    text += "\n" + detail::aligned(criteria);
  if (parts.size() > 1)
    text += "\n" + detail::aligned(parts);
  if (actions.size() > 1)
    text += "\n" + detail::aligned(actions);
  if (worst.size() > 1)
    text += "\n" + detail::aligned(worst);
  return text;
}

/// One trial in words, with the addresses of its faults.
inline std::string trial_text(const campaign_description& d, const trial_record& r) {
  std::string text =
      "trial " + std::to_string(r.number) + ", inputs " + std::to_string(r.first_input) + " to " +
      std::to_string(r.first_input + r.inputs - 1) + (r.activated ? "" : ", not activated") +
      (r.corrected ? ", corrected" : "") + "\n";
  for (const injected_fault& f : r.faults) {
    char words[64];
    std::snprintf(words, sizeof words, "  0x%llx -> 0x%llx\n",
                  static_cast<unsigned long long>(f.before),
                  static_cast<unsigned long long>(f.after));
    text += "  " + address_of(d, f) + words;
  }
  if (r.unlisted_faults != 0)
    text += "  and " + std::to_string(r.unlisted_faults) + " more faults\n";
  for (std::size_t o = 0; o < outcome_count; ++o)
    if (r.outcomes[o] != 0)
      text += "  " + std::string(outcome_names[o]) + ": " + std::to_string(r.outcomes[o]) + "\n";
  for (std::size_t i = 0; i < r.criteria.size(); ++i)
    if (r.criteria[i] != 0)
      text += "  " + d.criteria[i].name + ": " + format_number("%.17g", r.criteria[i]) + "\n";
  return text;
}

} // namespace bitfault::campaign
