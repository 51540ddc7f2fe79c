// SPDX-License-Identifier: MIT
#pragma once

#include "../statistics/allocation.hpp"
#include "bound_experiment.hpp"
#include "experiment.hpp"
#include "fault_space.hpp"
#include "target.hpp"
#include "target_region.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// The experiments that an experiment stands for: itself, or one for each of its strata
/// (`experiment::strata`). A stratum that has fewer sites than the experiment asks for trials has
/// each once. Targets without elements have no stratum. With proportional allocation the trials are
/// those of the whole, in parts by `proportional_allocation`.
///
/// Throws std::invalid_argument for strata of bits where a mask has several, for a target whose
/// name is a pattern that fits others too, for a proportional allocation that leaves a stratum
/// without a trial or is none of single faults or has a stop rule; and what `fault_space` and
/// `bound_experiment` throw.
inline std::vector<experiment> strata_of(const experiment& whole, const std::vector<target>& all) {
  if (whole.strata == strata_kind::none)
    return {whole};
  const auto refuse = [&](const std::string& what) {
    throw std::invalid_argument("bitfault: campaign: experiment '" + whole.name + "' " + what);
  };
  std::vector<experiment> strata;
  const auto add = [&](experiment e, const std::string& name, const target_region& region) {
    e.name += ", " + name;
    if (e.amount.which == fault_amount::kind::single)
      e.trials = std::min(e.trials, fault_space(all, std::vector{region}, e.fault).sites());
    strata.push_back(std::move(e));
  };
  const auto allocate = [&] {
    if (whole.amount.which != fault_amount::kind::single)
      refuse("deals its trials out by the number of sites; that takes amount \"single\"");
    if (whole.stop)
      refuse("deals its trials out by the number of sites; with a stop rule, which each stratum "
             "has for itself, that says nothing");
    experiment together = whole;
    together.strata = strata_kind::none;
    std::vector<std::uint64_t> sites;
    for (const experiment& e : strata)
      sites.push_back(fault_space(all, find_regions(all, e.targets), e.fault).sites());
    const std::vector<std::uint64_t> given =
        proportional_allocation(sites, bound_experiment(together, 0, 0, all).trials());
    for (std::size_t i = 0; i < strata.size(); ++i) {
      if (given[i] == 0)
        refuse("has no trial for '" + strata[i].name + "', which has " + std::to_string(sites[i]) +
               " sites; ask for more trials");
      strata[i].plan.reset();
      strata[i].trials = given[i];
    }
  };
  for (const target_region& region : find_regions(all, whole.targets)) {
    const std::size_t i = region.target;
    if (all[i].size == 0)
      continue;
    const std::string name = text_of(region, all[i]);
    experiment e = whole;
    e.strata = strata_kind::none;
    e.allocation = allocation_kind::each;
    e.stratum_of = whole.name;
    e.targets = {name};
    if (find_regions(all, e.targets).size() != 1)
      refuse("cannot make a stratum of target '" + name +
             "': as a pattern, its name fits others too");
    if (whole.strata == strata_kind::targets) {
      add(e, name, region);
      continue;
    }
    if (sets_value(whole.fault.which))
      refuse("asks for strata of bits; its faults set the whole value");
    for (const std::uint64_t mask :
         masks_of(whole.fault.bits, stored_as(whole.fault, *all[i].type))) {
      if (!std::has_single_bit(mask))
        refuse("asks for strata of bits; its faults strike several bits at once");
      const auto bit = static_cast<unsigned>(std::countr_zero(mask));
      e.fault.bits = {mask_family::kind::given, {bit}, whole.fault.bits.width};
      add(e, name + " bit " + std::to_string(bit), region);
    }
  }
  if (strata.empty())
    refuse("has strata without any fault site");
  if (whole.allocation == allocation_kind::proportional)
    allocate();
  return strata;
}

} // namespace bitfault::campaign
