// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace bitfault {

/// The population of trials drawn with replacement, or of a space too large to matter: no
/// correction for its size.
///
/// Where a function takes `population`, the trials are distinct members of a population of that
/// size, each set of them equally likely (single faults at the sites that a keyed permutation
/// gives). Sizes from 2^53 on count as unlimited: counts beyond it are not exact in a double, and
/// the interval so found is the wider one.
inline constexpr std::uint64_t unlimited = ~std::uint64_t{0};

namespace detail {

constexpr bool is_limited(std::uint64_t population) noexcept {
  return population < (std::uint64_t{1} << 53);
}

/// a b / c rounded down, without overflow. Requires b <= c and 0 < c < 2^63.
constexpr std::uint64_t multiply_divide(std::uint64_t a, std::uint64_t b, std::uint64_t c,
                                        std::uint64_t* remainder = nullptr) noexcept {
  std::uint64_t quotient = 0, rest = 0;
  for (int bit = 63; bit >= 0; --bit) {
    quotient <<= 1;
    rest <<= 1;
    if (rest >= c) {
      rest -= c;
      ++quotient;
    }
    if ((a >> bit & 1) != 0) {
      rest += b;
      if (rest >= c) {
        rest -= c;
        ++quotient;
      }
    }
  }
  if (remainder != nullptr)
    *remainder = rest;
  return quotient;
}

} // namespace detail
} // namespace bitfault
