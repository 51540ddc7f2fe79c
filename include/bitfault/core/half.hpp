// SPDX-License-Identifier: MIT
#pragma once

#include "element.hpp"
#include "minifloat.hpp"

#include <concepts>
#include <cstdint>

namespace bitfault {

/// A number stored as IEEE 754 half precision: 1 sign, 5 exponent and 10 mantissa bits. For
/// storage; it has no arithmetic. Conversions go by integer arithmetic, so they are the same on
/// every machine: to nearest, ties to even, one rounding from double too; too large becomes
/// infinity; a NaN stays a NaN. `==` compares the stored bits (a NaN equals itself, 0 and -0
/// differ): to compare values, convert to float. Host, device, freestanding.
struct half {
  std::uint16_t bits;

  half() = default;
  BITFAULT_FN explicit constexpr half(float value) noexcept
      : bits(static_cast<std::uint16_t>(
            detail::encode_as<half_format>(detail::bit_cast<std::uint32_t>(value)))) {}
  BITFAULT_FN explicit constexpr half(double value) noexcept
      : bits(static_cast<std::uint16_t>(
            detail::encode_as<half_format>(detail::bit_cast<std::uint64_t>(value)))) {}
  /// Integers go through double, which holds all of them up to 2^53.
  template <std::integral Integer>
  BITFAULT_FN explicit constexpr half(Integer value) noexcept : half(static_cast<double>(value)) {}

  BITFAULT_FN static constexpr half from_bits(std::uint16_t bits) noexcept {
    half result{};
    result.bits = bits;
    return result;
  }

  BITFAULT_FN explicit constexpr operator float() const noexcept {
    return detail::bit_cast<float>(detail::decode_as<half_format, std::uint32_t>(bits));
  }
  BITFAULT_FN explicit constexpr operator double() const noexcept {
    return detail::bit_cast<double>(detail::decode_as<half_format, std::uint64_t>(bits));
  }

  BITFAULT_FN friend constexpr bool operator==(half a, half b) noexcept { return a.bits == b.bits; }
};

template <>
struct element_traits<half> {
  using word = std::uint16_t;
  static constexpr code_layout layout{16, 1, 5, 10};
};

} // namespace bitfault
