// SPDX-License-Identifier: MIT
#pragma once

#include "tensor_ref.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace bitfault::campaign {

/// Statistics of one tensor. NaNs are counted and left out of everything else. Infinities are seen
/// in `minimum` and `maximum` only: one of them would hide what the other elements do. 0 where
/// there is nothing to tell of.
struct tensor_statistics {
  double minimum = 0;
  double maximum = 0;
  double mean = 0;
  double deviation = 0;      ///< standard deviation, of the population
  double geometric_mean = 0; ///< of the magnitudes of the elements that are not zero
  std::uint64_t nan_count = 0;

  friend bool operator==(const tensor_statistics&, const tensor_statistics&) = default;
};

/// What a monitor saw in a layer's output during one trial: without the fault, with it, and how far
/// the two are apart. Elements that are infinite or NaN on either side are left out of the
/// distances.
struct monitor_record {
  std::uint32_t layer = 0;
  tensor_statistics golden{};
  tensor_statistics faulty{};
  double rmse = 0;        ///< root of the mean squared difference
  double mae = 0;         ///< mean absolute difference
  double share_equal = 0; ///< share of elements with the same bits

  friend bool operator==(const monitor_record&, const monitor_record&) = default;
};

} // namespace bitfault::campaign
