// SPDX-License-Identifier: MIT
#pragma once

#include "../core/minifloat.hpp"
#include "../core/policy.hpp"
#include "../core/real.hpp"
#include "../core/status.hpp"
#include "codec.hpp"
#include "own_bits.hpp"

#include <cstdint>

namespace bitfault::detail {

template <floating_element T, minifloat_format Format>
struct minifloat_codec {
  using code = code_word<Format.bits()>;
  static constexpr code_layout layout{Format.bits(), 1, Format.exponent_bits, Format.mantissa_bits};
  static constexpr bool is_own_bits =
      sizeof(code) == sizeof(T) && layout.bits == 8 * sizeof(T) && format_of<T>() == Format;

  BITFAULT_FN constexpr code encode(word_t<T> word) const noexcept {
    if constexpr (is_own_bits)
      return word;
    else
      return static_cast<code>(Format.encode(to_carrier<T, carrier>(word)));
  }
  BITFAULT_FN constexpr word_t<T> decode(code c) const noexcept {
    if constexpr (is_own_bits)
      return c;
    else
      return from_carrier<T>(Format.template decode<carrier>(c));
  }

private:
  using carrier = carrier_word<T>;
};

/// What the formats that are minifloats have in common.
template <minifloat_format Format>
struct minifloat_policy {
  static constexpr kind policy_kind = kind::format;

  template <element T>
  BITFAULT_FN constexpr auto codec() const noexcept {
    if constexpr (Format.exponent_bits < 1 || Format.exponent_bits > 8 ||
                  Format.mantissa_bits < 1 || Format.mantissa_bits > 23) {
      static_assert(always_false<T>, "bitfault: formats::minifloat: 1 to 8 exponent bits, 1 to 23 "
                                     "mantissa bits");
      return own_bits_codec<T>{};
    } else if constexpr (!floating_element<T>) {
      static_assert(always_false<T>, "bitfault: formats::minifloat (half, bfloat16, float8): "
                                     "elements must be floating point");
      return own_bits_codec<T>{};
    } else if constexpr (!holds<T>(Format)) {
      static_assert(always_false<T>, "bitfault: formats::minifloat (half, bfloat16, float8): the "
                                     "element type does not hold every number of the format");
      return own_bits_codec<T>{};
    } else {
      return minifloat_codec<T, Format>{};
    }
  }
  template <element T>
  BITFAULT_FN constexpr status check() const noexcept {
    return {};
  }
};

} // namespace bitfault::detail

namespace bitfault::formats {

/// Floating-point elements seen as sign, ExponentBits and MantissaBits. They are rounded to
/// nearest, ties to even, with subnormals. By default the largest exponent means infinity and NaN,
/// as in IEEE 754; `minifloat<2, 1, special_codes::none>` is a format of numbers only, e2m1 of the
/// OCP. What is too large becomes infinity, or the largest number where there is none. Does not
/// compile where the element type does not hold every number of the format.
template <unsigned ExponentBits, unsigned MantissaBits,
          special_codes Special = special_codes::infinity_and_nan>
struct minifloat : detail::minifloat_policy<minifloat_format{ExponentBits, MantissaBits, Special}> {
};

} // namespace bitfault::formats
