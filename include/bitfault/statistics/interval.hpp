// SPDX-License-Identifier: MIT
#pragma once

namespace bitfault {

/// From `lower` to `upper`, both included.
struct interval {
  double lower = 0;
  double upper = 1;

  constexpr double width() const noexcept { return upper - lower; }
  constexpr bool contains(double x) const noexcept { return lower <= x && x <= upper; }

  friend constexpr bool operator==(const interval&, const interval&) = default;
};

} // namespace bitfault
