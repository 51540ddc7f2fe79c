// SPDX-License-Identifier: MIT
#pragma once

#include "aligned_text.hpp"
#include "export.hpp"
#include "number_text.hpp"
#include "store.hpp"
#include "summary.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// Which of a store's criteria are flags: those that the library ships as numbers are not, all
/// others are taken as flags.
inline std::vector<bool> flags_of(const campaign_description& d) {
  std::vector<bool> flags;
  for (const std::string& name : d.criteria)
    flags.push_back(name != "margin_loss" && name != "loss_difference" && name != "mean_iou");
  return flags;
}

/// The summary of an experiment's stored trials. O(trials).
inline summary summarize(const store& s, std::size_t experiment,
                         const summary_options& options = {}) {
  const campaign_description& d = s.description();
  summary result(d.experiments[experiment], d.targets, flags_of(d), options);
  s.for_each_trial(experiment, [&](const trial_record& r) { result.add(r); });
  return result;
}

/// What all experiments came to, as text: a line for each, then for single faults a line for each
/// target, then the trials that did most. Depends on the stored trials alone.
inline std::string summary_table(const store& s) {
  const campaign_description& d = s.description();
  std::vector<std::vector<std::string>> whole{
      {"experiment", "trials", "SDC", "DUE", "non-finite", "masked", "accuracy lost"}};
  std::vector<std::vector<std::string>> parts{{"experiment", "target", "sites", "trials", "SDC"}};
  std::vector<std::vector<std::string>> worst{{"experiment", "trial", "SDC inputs", "fault"}};
  for (std::size_t e = 0; e < d.experiments.size(); ++e) {
    summary sum(d.experiments[e], d.targets, flags_of(d));
    std::vector<std::pair<std::uint32_t, std::uint64_t>> most; // SDC inputs, trial
    s.for_each_trial(e, [&](const trial_record& r) {
      sum.add(r);
      const std::uint32_t sdc = r.outcomes[static_cast<std::size_t>(outcome::sdc)];
      if (sdc != 0 && (most.size() < 3 || sdc > most.back().first)) {
        most.emplace_back(sdc, r.number);
        std::stable_sort(most.begin(), most.end(),
                         [](const auto& a, const auto& b) { return a.first > b.first; });
        most.resize(std::min<std::size_t>(most.size(), 3));
      }
    });
    const std::string& name = d.experiments[e].asked.name;
    const trial_tally& all = sum.all();
    const auto drop = sum.accuracy();
    whole.push_back({name, grouped_text(all.trials) + (s.stopped_at(e) ? " (stopped)" : ""),
                     estimate_text(sum.sdc_share(all)), estimate_text(sum.due_share(all)),
                     estimate_text(sum.outcome_share(all, outcome::non_finite)),
                     estimate_text(sum.outcome_share(all, outcome::masked)),
                     drop ? estimate_text(drop->mean) : "-"});
    if (sum.by_target().size() > 1)
      for (const auto& [target, tally] : sum.by_target())
        parts.push_back({name, d.targets[target].name, grouped_text(tally.sites),
                         grouped_text(tally.trials), estimate_text(sum.sdc_share(tally))});
    for (const auto& [sdc, number] : most)
      if (const auto r = s.trial(e, number)) {
        std::string faults;
        for (std::size_t i = 0; i < std::min<std::size_t>(r->faults.size(), 2); ++i)
          faults += (i == 0 ? "" : " ") + address_of(d, r->faults[i]);
        if (r->faults.size() > 2)
          faults += " and " + std::to_string(r->faults.size() - 2) + " more";
        worst.push_back({name, std::to_string(number), std::to_string(sdc), faults});
      }
  }
  std::string text = detail::aligned(whole);
  text +=
      "Intervals are for 95 %; those of parts are pointwise. SDC: " + d.identity.headline + ".\n";
  if (parts.size() > 1)
    text += "\n" + detail::aligned(parts);
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
  for (std::size_t o = 0; o < outcome_count; ++o)
    if (r.outcomes[o] != 0)
      text += "  " + std::string(outcome_names[o]) + ": " + std::to_string(r.outcomes[o]) + "\n";
  for (std::size_t i = 0; i < r.criteria.size(); ++i)
    if (r.criteria[i] != 0)
      text += "  " + d.criteria[i] + ": " + format_number("%.17g", r.criteria[i]) + "\n";
  return text;
}

} // namespace bitfault::campaign
