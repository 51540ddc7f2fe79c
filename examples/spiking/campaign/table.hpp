// SPDX-License-Identifier: MIT
#pragma once

#include "results.hpp"

#include <string>

namespace spiking {

/// What came out, for a terminal.
[[nodiscard]] std::string text_tables(const spiking_results& results);

} // namespace spiking
