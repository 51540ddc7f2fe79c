// SPDX-License-Identifier: MIT
#pragma once

#include "demo_model.hpp"
#include "results.hpp"

#include <bitfault/campaign/report.hpp>

#include <string>

namespace demo {

/// One file that needs no other. `inputs` are the images of the campaign on single faults.
[[nodiscard]] bitfault::campaign::written_report html_report(const demo_results& results,
                                                             const network& net,
                                                             const labelled_inputs& inputs,
                                                             const std::string& program);

} // namespace demo
