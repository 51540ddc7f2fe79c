// SPDX-License-Identifier: MIT
#pragma once

#include "../core/bits.hpp"

#include <cstdint>

namespace bitfault {

/// A number in [0, 1) as a binary fraction of 128 bits: (high * 2^64 + low) / 2^128. Integers only,
/// so that thresholds are the same on every machine. Host, device, freestanding.
struct fraction128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  BITFAULT_FN constexpr bool is_zero() const noexcept { return (high | low) == 0; }
  friend constexpr bool operator==(const fraction128&, const fraction128&) = default;
};

namespace detail {

BITFAULT_FN constexpr fraction128 add(fraction128 a, fraction128 b) noexcept {
  const std::uint64_t low = a.low + b.low;
  return {a.high + b.high + static_cast<std::uint64_t>(low < a.low), low};
}

/// 1 - a, for a > 0.
BITFAULT_FN constexpr fraction128 complement(fraction128 a) noexcept {
  return {~a.high + static_cast<std::uint64_t>(a.low == 0), ~a.low + 1};
}

/// a * b, cut to 128 bits; at most 3 units of the last place too small.
BITFAULT_FN constexpr fraction128 multiply(fraction128 a, fraction128 b) noexcept {
  fraction128 result{mul_high(a.high, b.high), a.high * b.high};
  result = add(result, {0, mul_high(a.high, b.low)});
  return add(result, {0, mul_high(a.low, b.high)});
}

/// a / n, cut. Requires 0 < n < 2^32.
BITFAULT_FN constexpr fraction128 divide(fraction128 a, std::uint32_t n) noexcept {
  fraction128 result;
  std::uint64_t rest = 0;
  for (int limb = 3; limb >= 0; --limb) {
    const std::uint64_t part = ((limb >= 2 ? a.high : a.low) >> (limb % 2 * 32)) & 0xFFFFFFFFu;
    const std::uint64_t dividend = (rest << 32) | part;
    const std::uint64_t quotient = dividend / n;
    rest = dividend - quotient * n;
    (limb >= 2 ? result.high : result.low) |= quotient << (limb % 2 * 32);
  }
  return result;
}

/// a / b for a < b, bit by bit, cut.
BITFAULT_FN constexpr fraction128 divide(fraction128 a, fraction128 b) noexcept {
  fraction128 result;
  for (int bit = 127; bit >= 0; --bit) {
    const bool carry = (a.high >> 63) != 0;
    a = {(a.high << 1) | (a.low >> 63), a.low << 1};
    if (carry || a.high > b.high || (a.high == b.high && a.low >= b.low)) {
      a = {a.high - b.high - static_cast<std::uint64_t>(a.low < b.low), a.low - b.low};
      (bit >= 64 ? result.high : result.low) |= std::uint64_t{1} << (bit % 64);
    }
  }
  return result;
}

/// A number >= 0 with 64 bits before the point: what a term of the recurrence is scaled by.
struct fixed192 {
  std::uint64_t whole = 0;
  fraction128 part;
};

/// a * n.
BITFAULT_FN constexpr fixed192 scale(fraction128 a, std::uint64_t n) noexcept {
  const std::uint64_t low_carry = mul_high(a.low, n);
  const std::uint64_t middle = a.high * n;
  const std::uint64_t high = middle + low_carry;
  return {mul_high(a.high, n) + static_cast<std::uint64_t>(high < middle), {high, a.low * n}};
}

/// a * b, where the product is known to lie below 1.
BITFAULT_FN constexpr fraction128 multiply(fraction128 a, const fixed192& b) noexcept {
  return add(multiply(a, b.part), scale(a, b.whole).part);
}

} // namespace detail

/// A probability in [0, 1], taken exactly from a double (bits below 2^-128 are dropped).
struct probability {
  fraction128 part;  ///< the value if it is below 1
  bool one = false;  ///< the value is 1
  bool valid = true; ///< false: NaN, negative or above 1

  constexpr probability() = default;
  BITFAULT_FN constexpr explicit probability(double p) noexcept {
    const auto word = detail::bit_cast<std::uint64_t>(p);
    if (word == 0 || word == (std::uint64_t{1} << 63))
      return; // 0 and -0
    if (word > 0x3FF0000000000000u) {
      valid = false; // above 1, infinite, NaN or negative
      return;
    }
    one = word == 0x3FF0000000000000u;
    if (one)
      return;
    const int exponent = static_cast<int>(word >> 52); // 0 .. 1022
    const std::uint64_t fraction = word & 0x000FFFFFFFFFFFFFu;
    const std::uint64_t significand =
        exponent == 0 ? fraction : fraction | (std::uint64_t{1} << 52);
    // value = significand * 2^(exponent - 1075), so bit 0 has weight 2^-(1075 - exponent).
    const int shift = 128 - (1075 - exponent); // to units of 2^-128
    if (shift >= 64)
      part.high = significand << (shift - 64);
    else if (shift >= 0)
      part = {shift == 0 ? 0 : significand >> (64 - shift), significand << shift};
    else if (shift > -64)
      part.low = significand >> -shift;
  }

  BITFAULT_FN constexpr bool is_zero() const noexcept { return !one && part.is_zero(); }

  /// Whether an event with this probability happens, given 64 uniform bits (2^-64 resolution).
  BITFAULT_FN constexpr bool hit(std::uint64_t uniform) const noexcept {
    return one || uniform < part.high;
  }
};

} // namespace bitfault
