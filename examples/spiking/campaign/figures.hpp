// SPDX-License-Identifier: MIT
#pragma once

#include "results.hpp"

#include <bitfault/campaign/figure_scripts.hpp>

#include <vector>

namespace spiking {

/// SDC by fault model and layer, by time step, and by rate; of the stored trials alone.
[[nodiscard]] std::vector<bitfault::campaign::figure> figures_of(const spiking_results& results);

} // namespace spiking
