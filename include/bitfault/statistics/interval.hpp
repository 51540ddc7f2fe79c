// SPDX-License-Identifier: MIT
#pragma once

namespace bitfault {

/// From `lower` to `upper`, both included.
struct interval {
  double lower = 0;
  double upper = 1;

  friend constexpr bool operator==(const interval&, const interval&) = default;
};

} // namespace bitfault
