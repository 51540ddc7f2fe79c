// SPDX-License-Identifier: MIT
#pragma once

#include "complete_prefix.hpp"
#include "trial.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault::campaign {

/// Carries out the stop rule of an experiment on trials that came from several
/// processes, none of which saw them all: those from its end on are dropped.
/// `prefix` is the experiment's, still without trials; `planned` its number of
/// trials.
template <class Store>
void apply_stop_rule(Store& results, std::size_t experiment, complete_prefix prefix,
                     std::uint64_t planned) {
  if (results.stopped_at(experiment))
    return;
  results.for_each_trial(experiment, {0, planned}, [&](const trial_record& r) { prefix.add(r); });
  if (prefix.stops_at())
    results.set_stopped_at(experiment, *prefix.stops_at());
}

} // namespace bitfault::campaign
