// SPDX-License-Identifier: MIT
#pragma once

#include "interval.hpp"

namespace bitfault {

/// A number with its interval.
struct estimate {
  double value = 0;
  interval bounds;

  friend constexpr bool operator==(const estimate&, const estimate&) = default;
};

} // namespace bitfault
