// SPDX-License-Identifier: MIT
#pragma once

#include "results.hpp"

#include <string>

namespace demo {

/// What came out, for a terminal of 80 columns.
[[nodiscard]] std::string text_tables(const demo_results& results);

} // namespace demo
