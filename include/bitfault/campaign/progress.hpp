// SPDX-License-Identifier: MIT
#pragma once

#include "experiment.hpp"

#include <cstdint>
#include <string_view>

namespace bitfault::campaign {

/// How far a campaign is. Shares are of the longest complete prefix of trials: masked trials finish
/// first, so whatever has arrived is no fair sample.
struct progress {
  std::uint64_t done = 0;           ///< trials that are finished, of all experiments
  std::uint64_t planned = 0;        ///< trials in all; falls when a stop rule ends an experiment
  std::uint64_t ran = 0;            ///< trials that were finished since the start of this run
  double seconds = 0;               ///< since then
  std::string_view unit = "trials"; ///< what is counted
  const experiment* now = nullptr;  ///< the first experiment that is not complete
  std::uint64_t prefix = 0;         ///< its complete trials
  std::uint64_t critical = 0;       ///< those of them with at least `tau` SDC inputs
  std::uint64_t sites = 0;          ///< how many sites its single faults are drawn from, else 0
};

} // namespace bitfault::campaign
