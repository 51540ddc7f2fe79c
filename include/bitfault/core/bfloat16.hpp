// SPDX-License-Identifier: MIT
#pragma once

#include "element.hpp"
#include "minifloat.hpp"
#include "traits.hpp"

#include <cstdint>

namespace bitfault {

/// A number stored as bfloat16, the upper half of a float: 1 sign, 8 exponent and 7 mantissa bits.
/// For storage; it has no arithmetic. Conversions go by integer arithmetic, so they are the same on
/// every machine: to nearest, ties to even, one rounding from double too; too large becomes
/// infinity; a NaN stays a NaN. `==` compares the stored bits (a NaN equals itself, 0 and -0
/// differ): to compare values, convert to float. Host, device, freestanding.
struct bfloat16 {
  std::uint16_t bits;

  bfloat16() = default;
  // Templates, so that only those who call them have the compiler make them.
  template <int = 0>
  BITFAULT_FN explicit constexpr bfloat16(float value) noexcept
      : bits(static_cast<std::uint16_t>(detail::encode_number<bfloat16_format>(value))) {}
  template <int = 0>
  BITFAULT_FN explicit constexpr bfloat16(double value) noexcept
      : bits(static_cast<std::uint16_t>(detail::encode_number<bfloat16_format>(value))) {}
  /// Integers go through double, which holds all of them up to 2^53.
  template <detail::integral Integer>
  BITFAULT_FN explicit constexpr bfloat16(Integer value) noexcept
      : bfloat16(static_cast<double>(value)) {}

  BITFAULT_FN static constexpr bfloat16 from_bits(std::uint16_t bits) noexcept {
    bfloat16 result{};
    result.bits = bits;
    return result;
  }

  template <detail::binary_real Real>
  BITFAULT_FN explicit constexpr operator Real() const noexcept {
    return detail::decode_number<bfloat16_format, Real>(bits);
  }

  BITFAULT_FN friend constexpr bool operator==(bfloat16 a, bfloat16 b) noexcept {
    return a.bits == b.bits;
  }
};

template <>
struct element_traits<bfloat16> {
  using word = std::uint16_t;
  static constexpr code_layout layout{16, 1, 8, 7};
};

} // namespace bitfault
