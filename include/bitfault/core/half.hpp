// SPDX-License-Identifier: MIT
#pragma once

#include "element.hpp"
#include "minifloat.hpp"
#include "traits.hpp"

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
  // Templates, so that only those who call them have the compiler make them.
  template <int = 0>
  BITFAULT_FN explicit constexpr half(float value) noexcept
      : bits(static_cast<std::uint16_t>(detail::encode_number<half_format>(value))) {}
  template <int = 0>
  BITFAULT_FN explicit constexpr half(double value) noexcept
      : bits(static_cast<std::uint16_t>(detail::encode_number<half_format>(value))) {}
  /// Integers go through double, which holds all of them up to 2^53.
  template <detail::integral Integer>
  BITFAULT_FN explicit constexpr half(Integer value) noexcept : half(static_cast<double>(value)) {}

  BITFAULT_FN static constexpr half from_bits(std::uint16_t bits) noexcept {
    half result{};
    result.bits = bits;
    return result;
  }

  template <detail::binary_real Real>
  BITFAULT_FN explicit constexpr operator Real() const noexcept {
    return detail::decode_number<half_format, Real>(bits);
  }

  BITFAULT_FN friend constexpr bool operator==(half a, half b) noexcept { return a.bits == b.bits; }
};

template <>
struct element_traits<half> {
  using word = std::uint16_t;
  static constexpr code_layout layout{16, 1, 5, 10};
};

} // namespace bitfault
