// SPDX-License-Identifier: MIT
#pragma once

#include "campaign.hpp"
#include "campaign_description.hpp"
#include "golden_run.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace bitfault::campaign {

/// What a store has to know of a campaign. `model` names the model, `configuration` is its
/// configuration in canonical form, as far as it decides about results.
template <model M>
campaign_description describe(const campaign<M>& c, std::string model, std::string configuration) {
  campaign_description d;
  d.identity.name = c.chosen().name;
  d.identity.seed = c.chosen().seed;
  d.identity.library_version = library_version_text();
  d.identity.compiler = compiler_text();
  d.identity.model = std::move(model);
  d.identity.parameters_checksum = c.golden().parameters_checksum();
  d.identity.inputs = c.golden().inputs();
  d.identity.batch = c.golden().batch();
  d.identity.headline = c.chosen().headline;
  d.identity.output_check = c.chosen().output_check;
  d.identity.configuration = std::move(configuration);
  for (const target& t : c.targets())
    d.targets.push_back(to_stored(t));
  for (const bound_experiment& e : c.experiments()) {
    stored_experiment stored{e.what(), e.trials(), e.space().sites(), {}};
    for (std::uint32_t t = 0; t < c.targets().size(); ++t)
      if (const std::uint64_t sites = e.space().sites_in(t); sites != 0)
        stored.targets.push_back({t, sites});
    d.experiments.push_back(std::move(stored));
  }
  for (const criterion& k : c.chosen().criteria)
    d.criteria.push_back({k.name, k.is_flag});
  return d;
}

/// What a store keeps of the golden run.
inline golden_summary summary_of(const golden_run& golden) {
  golden_summary s;
  s.outputs_checksum = golden.outputs_checksum();
  s.repeats = golden.repeats();
  s.noise = golden.noise();
  for (std::uint64_t i = 0; i < golden.inputs(); ++i)
    s.inputs.push_back({golden.answer(i), golden.facts(i).label, golden.facts(i).varies});
  return s;
}

} // namespace bitfault::campaign
