// SPDX-License-Identifier: MIT
#pragma once

#include "summary.hpp"

#include <string>

namespace demo {

/// Figures as SVG, to be put into a page as they are.
struct figures {
  std::string sweep, bits, outcomes, layers;
  std::string problem; ///< why there are none; then all of the above are empty
};

/// Has gnuplot draw the figures.
[[nodiscard]] figures draw_figures(const summary& s);

} // namespace demo
