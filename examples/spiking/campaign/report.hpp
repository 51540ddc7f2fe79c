// SPDX-License-Identifier: MIT
#pragma once

#include "results.hpp"

#include <bitfault/campaign/report.hpp>

#include <string>

namespace spiking {

/// One file that needs no other. `command` gives the same numbers again.
[[nodiscard]] bitfault::campaign::written_report html_report(const spiking_results& results,
                                                             const std::string& command);

} // namespace spiking
