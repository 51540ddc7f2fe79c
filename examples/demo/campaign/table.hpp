// SPDX-License-Identifier: MIT
#pragma once

#include "results.hpp"
#include "summary.hpp"

#include <string>

namespace demo {

/// The results as text, 80 columns wide.
[[nodiscard]] std::string text_tables(const campaign_results& results, const summary& s);

} // namespace demo
