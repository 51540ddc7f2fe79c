// SPDX-License-Identifier: MIT
#pragma once

#include "population.hpp"
#include "statistics_error.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace bitfault {

/// How many of `trials` each stratum (layer, layer and bit) gets, in proportion to its size: the
/// whole part of trials * size / sum, and one more for those with the largest remainders, the first
/// of equals. Integers only, so the same everywhere. No stratum gets more than its size.
///
/// Requires trials <= sum of the sizes < 2^62; throws bitfault::error otherwise. O(s log s) for s
/// strata. Host only.
inline std::vector<std::uint64_t> proportional_allocation(std::span<const std::uint64_t> sizes,
                                                          std::uint64_t trials) {
  const char* const place = "proportional_allocation";
  const std::uint64_t largest = (std::uint64_t{1} << 62) - 1;
  std::uint64_t members = 0;
  for (const std::uint64_t size : sizes) {
    detail::check_at_most(place, size, " members of one stratum and those before it, but ",
                          largest - members, " are the most");
    members += size;
  }
  detail::check_at_most(place, trials, " trials in strata of ", members, " members");

  std::vector<std::uint64_t> given(sizes.size(), 0);
  if (trials == 0)
    return given;
  std::vector<std::uint64_t> remainder(sizes.size(), 0);
  std::uint64_t left = trials;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    given[i] = detail::multiply_divide(trials, sizes[i], members, &remainder[i]);
    left -= given[i];
  }
  std::vector<std::size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainder[a] > remainder[b]; });
  for (std::size_t i = 0; i < left; ++i)
    ++given[order[i]];
  return given;
}

} // namespace bitfault
