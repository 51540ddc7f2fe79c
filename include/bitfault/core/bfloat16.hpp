// SPDX-License-Identifier: MIT
#pragma once

#include "element.hpp"
#include "minifloat.hpp"

#include <concepts>
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
  BITFAULT_FN explicit constexpr bfloat16(float value) noexcept
      : bits(static_cast<std::uint16_t>(
            detail::encode_as<bfloat16_format>(detail::bit_cast<std::uint32_t>(value)))) {}
  BITFAULT_FN explicit constexpr bfloat16(double value) noexcept
      : bits(static_cast<std::uint16_t>(
            detail::encode_as<bfloat16_format>(detail::bit_cast<std::uint64_t>(value)))) {}
  /// Integers go through double, which holds all of them up to 2^53.
  template <std::integral Integer>
  BITFAULT_FN explicit constexpr bfloat16(Integer value) noexcept
      : bfloat16(static_cast<double>(value)) {}

  BITFAULT_FN static constexpr bfloat16 from_bits(std::uint16_t bits) noexcept {
    bfloat16 result{};
    result.bits = bits;
    return result;
  }

  BITFAULT_FN explicit constexpr operator float() const noexcept {
    return detail::bit_cast<float>(detail::decode_as<bfloat16_format, std::uint32_t>(bits));
  }
  BITFAULT_FN explicit constexpr operator double() const noexcept {
    return detail::bit_cast<double>(detail::decode_as<bfloat16_format, std::uint64_t>(bits));
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
