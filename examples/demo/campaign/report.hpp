// SPDX-License-Identifier: MIT
#pragma once

#include "figures.hpp"
#include "inputs.hpp"
#include "results.hpp"
#include "summary.hpp"

#include <string>

namespace demo {

/// The whole report as one HTML file that needs no other: no network, no scripts. `program` is how
/// the reader can call the program again.
[[nodiscard]] std::string html_report(const campaign_results& results, const summary& s,
                                      const inputs& in, const figures& drawn,
                                      const std::string& program);

} // namespace demo
