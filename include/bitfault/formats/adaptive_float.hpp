// SPDX-License-Identifier: MIT
#pragma once

#include "../core/policy.hpp"
#include "../core/real.hpp"
#include "../core/status.hpp"
#include "codec.hpp"
#include "own_bits.hpp"

#include <cstdint>

namespace bitfault::detail {

template <floating_element T, unsigned ExponentBits, unsigned MantissaBits>
struct adaptive_float_codec {
  static constexpr unsigned bits = 1 + ExponentBits + MantissaBits;
  using code = code_word<bits>;
  static constexpr code_layout layout{bits, 1, ExponentBits, MantissaBits};
  static constexpr bool is_own_bits = false;

  int bias;

  BITFAULT_FN constexpr code encode(word_t<T> word) const noexcept {
    using real = binary<std::uint64_t>;
    // As a minifloat whose exponents begin one lower, where every code is a normal number: rounding
    // is the same, down to half of the lowest power of two.
    const std::uint64_t wide = to_carrier<T, std::uint64_t>(word);
    const std::uint64_t magnitude = wide & (real::sign - 1);
    const std::uint32_t sign = (wide & real::sign) != 0 ? 1u << (bits - 1) : 0;
    if (magnitude > real::infinity)
      return 0;
    const auto lowest = static_cast<std::uint64_t>(bias + real::bias) << real::mantissa_bits;
    if (magnitude < lowest) {
      // Between zero and the lowest number there is nothing, not even 2^bias.
      const std::uint64_t half_of_lowest = lowest_number() - (std::uint64_t{1} << 52);
      return static_cast<code>(sign | (magnitude > half_of_lowest ? 1u : 0u));
    }
    const std::uint64_t units =
        shift_right_rounded(magnitude - lowest, real::mantissa_bits - MantissaBits);
    const std::uint32_t largest = (1u << (bits - 1)) - 1;
    const std::uint32_t rounded = units > largest ? largest : static_cast<std::uint32_t>(units);
    return static_cast<code>(sign | (rounded == 0 ? 1u : rounded));
  }
  BITFAULT_FN constexpr word_t<T> decode(code c) const noexcept {
    using real = binary<std::uint64_t>;
    const std::uint32_t largest = (1u << (bits - 1)) - 1;
    const std::uint64_t sign = ((c >> (bits - 1)) & 1u) != 0 ? real::sign : 0;
    const std::uint64_t units = c & largest;
    if (units == 0)
      return from_carrier<T>(sign);
    const auto lowest = static_cast<std::uint64_t>(bias + real::bias) << real::mantissa_bits;
    return from_carrier<T>(sign | (lowest + (units << (real::mantissa_bits - MantissaBits))));
  }

private:
  /// 2^bias * (1 + 2^-MantissaBits), the smallest positive number.
  BITFAULT_FN constexpr std::uint64_t lowest_number() const noexcept {
    using real = binary<std::uint64_t>;
    return (static_cast<std::uint64_t>(bias + real::bias) << real::mantissa_bits) +
           (std::uint64_t{1} << (real::mantissa_bits - MantissaBits));
  }
};

} // namespace bitfault::detail

namespace bitfault::formats {

/// Floating-point elements seen as AdaptivFloat: sign, ExponentBits, MantissaBits and one exponent
/// bias that the tensor shares. A code is (-1)^sign * 2^(exponent + bias) * (1 + mantissa / 2^M);
/// there are no subnormals, infinities or NaN, and the codes that would be +-2^bias are zeros.
/// Numbers are rounded to the nearest, ties to even codes (to zero below the smallest number); what
/// is too large, infinity too, becomes the largest number, NaN becomes 0. `bias_for` gives the bias
/// for a tensor's largest magnitude.
///
/// Requires that the element type holds every number: `check` refuses other biases.
/// Source: Tambe et al., "Algorithm-hardware co-design of adaptive floating-point encodings for
/// resilient deep learning inference", DAC 2020.
template <unsigned ExponentBits, unsigned MantissaBits>
struct adaptive_float {
  static constexpr kind policy_kind = kind::format;

  int bias = 0;

  /// The bias with which the largest exponent is that of the given magnitude, as in the paper.
  BITFAULT_FN static constexpr int bias_for(double largest_magnitude) noexcept {
    const auto word = detail::bit_cast<std::uint64_t>(largest_magnitude);
    const auto exponent = static_cast<int>((word >> 52) & 0x7FF) - 1023;
    return exponent - ((1 << ExponentBits) - 1);
  }

  template <element T>
  BITFAULT_FN constexpr auto codec() const noexcept {
    if constexpr (!has_valid_sizes) {
      static_assert(detail::always_false<T>, "bitfault: formats::adaptive_float: 1 to 8 exponent "
                                             "bits, 1 to 23 mantissa bits");
      return detail::own_bits_codec<T>{};
    } else if constexpr (!floating_element<T>) {
      static_assert(detail::always_false<T>,
                    "bitfault: formats::adaptive_float: elements must be floating point");
      return detail::own_bits_codec<T>{};
    } else if constexpr (MantissaBits > element_traits<T>::layout.mantissa_bits) {
      static_assert(detail::always_false<T>, "bitfault: formats::adaptive_float: the element type "
                                             "has too few digits");
      return detail::own_bits_codec<T>{};
    } else {
      return detail::adaptive_float_codec<T, ExponentBits, MantissaBits>{bias};
    }
  }

  template <element T>
  BITFAULT_FN constexpr status check() const noexcept {
    if constexpr (floating_element<T> && has_valid_sizes)
      return check_for<T>();
    else
      return {}; // `codec` has said why it does not compile
  }

private:
  static constexpr bool has_valid_sizes =
      ExponentBits >= 1 && ExponentBits <= 8 && MantissaBits >= 1 && MantissaBits <= 23;

  template <floating_element T>
  BITFAULT_FN constexpr status check_for() const noexcept {
    // In binary64, where rounding takes place, half of the smallest number must be normal.
    constexpr bool is_double = detail::is_binary<T, std::uint64_t>();
    constexpr int digits_below = static_cast<int>(MantissaBits);
    constexpr int lowest = is_double ? -1021 : detail::smallest_exponent<T>() + digits_below;
    constexpr int highest = detail::largest_exponent<T>() - ((1 << ExponentBits) - 1);
    if (bias >= lowest && bias <= highest)
      return {};
    return {refusal::bad_parameter, 0, detail::bit_cast<std::uint64_t>(static_cast<double>(bias)),
            0, "formats::adaptive_float: bias (all values finite and normal in the element)"};
  }
};

} // namespace bitfault::formats
