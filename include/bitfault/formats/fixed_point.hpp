// SPDX-License-Identifier: MIT
#pragma once

#include "../core/policy.hpp"
#include "../core/real.hpp"
#include "../core/status.hpp"
#include "codec.hpp"
#include "own_bits.hpp"

#include <cstdint>

namespace bitfault::detail {

template <floating_element T, unsigned IntegerBits, unsigned FractionBits>
struct fixed_point_codec {
  static constexpr unsigned bits = 1 + IntegerBits + FractionBits;
  using code = code_word<bits>;
  static constexpr code_layout layout{bits, 1, 0, bits - 1};
  static constexpr bool is_own_bits = false;
  /// Whether T holds every number of the format.
  static constexpr bool is_exact = bits - 1 <= element_traits<T>::layout.mantissa_bits + 1 &&
                                   -static_cast<int>(FractionBits) >= smallest_exponent<T>();

  BITFAULT_FN constexpr code encode(word_t<T> word) const noexcept {
    using carrier = carrier_word<T>;
    constexpr auto highest = static_cast<std::int64_t>(low_bits(bits - 1));
    const carrier real = to_carrier<T, carrier>(word);
    const std::uint64_t magnitude = rounded_magnitude(real, static_cast<int>(FractionBits));
    const bool negative = (real & binary<carrier>::sign) != 0;
    return static_cast<code>(
        static_cast<std::uint64_t>(clamped(negative, magnitude, -highest - 1, highest)) &
        low_bits(bits));
  }
  BITFAULT_FN constexpr word_t<T> decode(code c) const noexcept {
    // A power of two and an integer of 32 bits: the product is exact.
    constexpr double unit = 1.0 / static_cast<double>(std::uint64_t{1} << FractionBits);
    const double real = static_cast<double>(sign_extended(c, bits)) * unit;
    return from_carrier<T>(bit_cast<std::uint64_t>(real));
  }
};

} // namespace bitfault::detail

namespace bitfault::formats {

/// Floating-point elements seen as fixed point Qm.n: a sign, m = IntegerBits and n = FractionBits
/// in two's complement, code = value * 2^n rounded to nearest, ties to even, clamped; NaN becomes
/// 0. fixed_point<7, 24> has 32 bits.
///
/// An element with fewer than m + n significant digits cannot hold every code: then a decoded value
/// is rounded to nearest, and a flip of a low bit of a large number may be lost, as it would be in
/// any fixed-point inference that is emulated in such elements. The codec says so (`is_exact`).
template <unsigned IntegerBits, unsigned FractionBits>
struct fixed_point {
  static constexpr kind policy_kind = kind::format;

  template <element T>
  BITFAULT_FN constexpr auto codec() const noexcept {
    if constexpr (IntegerBits > 31 || FractionBits > 31 || IntegerBits + FractionBits > 31 ||
                  IntegerBits + FractionBits < 1) {
      static_assert(detail::always_false<T>,
                    "bitfault: formats::fixed_point: 2 to 32 bits, the sign included");
      return detail::own_bits_codec<T>{};
    } else if constexpr (!floating_element<T>) {
      static_assert(detail::always_false<T>,
                    "bitfault: formats::fixed_point: elements must be floating point");
      return detail::own_bits_codec<T>{};
    } else if constexpr (static_cast<int>(IntegerBits) > detail::largest_exponent<T>()) {
      static_assert(detail::always_false<T>, "bitfault: formats::fixed_point: the range of the "
                                             "element type is smaller than that of the format");
      return detail::own_bits_codec<T>{};
    } else {
      return detail::fixed_point_codec<T, IntegerBits, FractionBits>{};
    }
  }
  template <element T>
  BITFAULT_FN constexpr status check() const noexcept {
    return {};
  }
};

} // namespace bitfault::formats
