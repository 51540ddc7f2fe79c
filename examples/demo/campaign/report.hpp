// SPDX-License-Identifier: MIT
#pragma once

#include "results.hpp"
#include "figures.hpp"
#include "inputs.hpp"
#include "summary.hpp"

#include <string>

namespace demo {

/// The whole report as one HTML file that needs no other: no network, no scripts.
[[nodiscard]] std::string html_report(const campaign_results& results, const summary& s,
                                      const inputs& in, const figures& drawn);

} // namespace demo
