// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/address.hpp"
#include "bound_experiment.hpp"
#include "inject.hpp"
#include "target.hpp"
#include "trial.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// A trial whose sites and inputs are drawn. Its faults are made one by one, as the words that they
/// meet become known.
struct drawn_trial {
  trial_record record{};
  /// Null where the record's faults are given: they are made as they stand there.
  const bound_experiment* experiment = nullptr;
  std::vector<fault_site> sites{}; ///< of each fault, if they are drawn

  /// Fault `i` of the record as it is at a place that holds the word `before`.
  injected_fault met(std::size_t i, const target& t, std::uint64_t before) const {
    injected_fault f = record.faults[i];
    if (experiment != nullptr)
      f.fault = fault_at(experiment->what().fault, *t.type, sites[i], before,
                         experiment->values_of(record.number));
    f.before = before;
    f.after = faulty_word(f.fault, before);
    return f;
  }
};

/// Draws a trial of an experiment whose campaign has so many inputs.
inline drawn_trial draw_trial(const bound_experiment& e, std::uint64_t number,
                              std::uint64_t all_inputs) {
  drawn_trial t;
  t.experiment = &e;
  t.sites = e.sites_of(number);
  t.record.number = number;
  const auto [first, count] = e.inputs_of(number, all_inputs);
  t.record.first_input = first;
  t.record.inputs = static_cast<std::uint32_t>(count);
  t.record.faults.reserve(t.sites.size());
  for (const fault_site& site : t.sites)
    t.record.faults.push_back({site.target, {site.element, site.mask, 0, {}}, 0, 0});
  return t;
}

/// A trial for messages: its experiment, its number and the address of its first fault.
inline std::string name_of(const drawn_trial& t, const std::vector<target>& targets) {
  std::string text = "trial " + std::to_string(t.record.number);
  if (t.experiment != nullptr)
    text = "experiment '" + t.experiment->what().name + "', " + text;
  if (t.record.faults.empty())
    return text;
  const injected_fault& f = t.record.faults.front();
  const target& struck = targets[f.target];
  return text + " (" +
         to_string(fault_address{struck.name,
                                 bitfault::detail::coordinates_of(struck.extents, f.fault.element),
                                 f.fault.action, f.fault.mask, f.fault.value}) +
         (t.record.faults.size() > 1 ? " and more)" : ")");
}

} // namespace bitfault::campaign
