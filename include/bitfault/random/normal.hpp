// SPDX-License-Identifier: MIT
#pragma once

#include "../config/macros.hpp"
#include "normal_table.hpp"

#include <cstdint>

namespace bitfault {

/// `normal_deviate` counts in units of 2^-normal_fraction_bits.
inline constexpr int normal_fraction_bits = 26;

/// A standard normal deviate from 64 uniform bits, by integer arithmetic alone, so that every
/// machine gets the same one: the inverse distribution function, one polynomial for each octave of
/// the tail probability. Bit 63 is the sign; the other bits r are the tail probability
/// (r + 1/2) / 2^64, in (0, 1/2).
///
/// |result| < 8 * 2^26: it has 29 bits, so its product with a float is exact in double. The tail is
/// cut where its probability is 2^-50 (|z| < 7.96); down to there the error is below 2e-7. Cost:
/// seven 32 x 32 bit products and a table of 1568 bytes. Host, device, freestanding.
BITFAULT_FN constexpr std::int32_t normal_deviate(std::uint64_t uniform) noexcept {
  const std::uint64_t tail = (uniform << 1) | 1u;
  // The guard bit bounds the number of leading zeros, which is the octave.
  constexpr std::uint64_t guard = std::uint64_t{1} << (64 - detail::normal_octaves);
  const auto octave = static_cast<unsigned>(__builtin_clzll(tail | guard));
  const auto fraction = static_cast<std::uint32_t>((tail << octave << 1) >> 32);
  // From [0, 1) to [-1, 1), with 31 fractional bits.
  const auto t = static_cast<std::int32_t>(fraction ^ 0x80000000u);

  std::int32_t z = detail::normal_coefficient(octave, detail::normal_degree);
  for (unsigned i = detail::normal_degree; i-- > 0;)
    z = detail::normal_coefficient(octave, i) +
        static_cast<std::int32_t>((std::int64_t{z} * t) >> 31);

  constexpr int surplus = detail::normal_table_fraction_bits - normal_fraction_bits;
  z = (z + (1 << (surplus - 1))) >> surplus;
  return (uniform >> 63) != 0 ? -z : z;
}

} // namespace bitfault
