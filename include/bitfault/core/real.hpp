// SPDX-License-Identifier: MIT
#pragma once

#include "element.hpp"
#include "minifloat.hpp"
#include "traits.hpp"

#include <cstdint>

namespace bitfault {

namespace detail {

/// The format of a floating-point element, from its layout. A type of one's own that is no IEEE
/// format says so in its element_traits: `static constexpr special_codes special = ...`.
template <element T>
consteval minifloat_format format_of() {
  constexpr code_layout layout = element_traits<T>::layout;
  if constexpr (requires { element_traits<T>::special; })
    return {layout.exponent_bits, layout.mantissa_bits, element_traits<T>::special};
  else
    return {layout.exponent_bits, layout.mantissa_bits};
}

/// Whether T's word is a number of binary32 or binary64 as it is.
template <element T, class Word>
consteval bool is_binary() {
  constexpr code_layout layout = element_traits<T>::layout;
  constexpr unsigned mantissa = binary<Word>::mantissa_bits;
  return sizeof(T) == sizeof(Word) && layout.mantissa_bits == mantissa &&
         layout.exponent_bits == 8 * sizeof(Word) - 1 - mantissa;
}

/// Where arithmetic on T's bits takes place: binary64 for double, binary32 for smaller floats.
template <element T>
using carrier_word =
    detail::conditional_t<is_binary<T, std::uint64_t>(), std::uint64_t, std::uint32_t>;

/// T's word as a number of binary32 or binary64, exactly. A carrier may be binary64 for any T.
template <element T, class Carrier>
BITFAULT_FN constexpr Carrier to_carrier(word_t<T> word) noexcept {
  if constexpr (is_binary<T, Carrier>()) {
    return word;
  } else if constexpr (is_binary<T, std::uint32_t>()) {
    // binary32 to binary64, as for a minifloat with a mantissa of 23 bits.
    return minifloat_format{8, 23}.decode<Carrier>(word);
  } else {
    return format_of<T>().template decode<Carrier>(word);
  }
}

/// T's word for a number of binary32 or binary64, rounded once.
template <element T, class Carrier>
BITFAULT_FN constexpr word_t<T> from_carrier(Carrier word) noexcept {
  if constexpr (is_binary<T, Carrier>())
    return word;
  else
    return static_cast<word_t<T>>(format_of<T>().encode(word));
}

/// |x| * 2^shift rounded to an integer, ties to even; at most 2^64 - 1. NaN gives 0.
template <class Word>
BITFAULT_FN constexpr std::uint64_t rounded_magnitude(Word word, int shift) noexcept {
  using source = binary<Word>;
  const Word magnitude = word & (source::sign - 1);
  if (magnitude > source::infinity)
    return 0;
  const Word mantissa = magnitude & (source::implicit_one - 1);
  const auto field = static_cast<int>(magnitude >> source::mantissa_bits);
  const std::uint64_t significand = field == 0 ? mantissa : mantissa | source::implicit_one;
  if (significand == 0)
    return 0;
  const int up =
      (field == 0 ? 1 : field) - source::bias - static_cast<int>(source::mantissa_bits) + shift;
  if (up >= 0)
    return bit_width(significand) + up > 64 ? ~std::uint64_t{0} : significand << up;
  return up < -63 ? 0 : shift_right_rounded(significand, static_cast<unsigned>(-up));
}

/// Clamped to [low, high], for low <= 0 <= high.
BITFAULT_FN constexpr std::int64_t clamped(bool negative, std::uint64_t magnitude, std::int64_t low,
                                           std::int64_t high) noexcept {
  if (negative) {
    const std::uint64_t limit = std::uint64_t{0} - static_cast<std::uint64_t>(low);
    return magnitude >= limit ? low : -static_cast<std::int64_t>(magnitude);
  }
  return magnitude >= static_cast<std::uint64_t>(high) ? high
                                                       : static_cast<std::int64_t>(magnitude);
}

/// The lowest `bits` bits of a code as a number in two's complement.
BITFAULT_FN constexpr std::int64_t sign_extended(std::uint64_t code, unsigned bits) noexcept {
  const unsigned up = 64 - bits;
  return static_cast<std::int64_t>(code << up) >> up;
}

/// The integer element nearest to a whole number: clamped to the element's limits.
template <element T>
BITFAULT_FN constexpr T clamped_integer(bool negative, std::uint64_t magnitude) noexcept {
  constexpr code_layout l = element_traits<T>::layout;
  constexpr std::uint64_t top = low_bits(l.bits - l.sign_bits);
  if constexpr (l.sign_bits > 0) {
    constexpr auto high = static_cast<std::int64_t>(top);
    const std::int64_t integer = clamped(negative, magnitude, -high - 1, high);
    return from_word<T>(static_cast<word_t<T>>(static_cast<std::uint64_t>(integer)));
  } else {
    const std::uint64_t integer = negative ? 0 : magnitude > top ? top : magnitude;
    return from_word<T>(static_cast<word_t<T>>(integer));
  }
}
template <element T>
BITFAULT_FN constexpr T clamped_integer(std::int64_t n) noexcept {
  const auto bits = static_cast<std::uint64_t>(n);
  return clamped_integer<T>(n < 0, n < 0 ? std::uint64_t{0} - bits : bits);
}

} // namespace detail

/// An element that is a floating-point number: float, double, half, bfloat16, or a type whose
/// element_traits have exponent bits.
template <class T>
concept floating_element = (element<T> && element_traits<T>::layout.exponent_bits > 0);

/// An element's value. Exact, but for integers beyond 2^53, which are rounded to nearest.
/// Host, device, freestanding.
template <element T>
BITFAULT_FN constexpr double to_real(const T& value) noexcept {
  constexpr code_layout layout = element_traits<T>::layout;
  const word_t<T> word = to_word(value);
  if constexpr (floating_element<T>) {
    return detail::bit_cast<double>(detail::to_carrier<T, std::uint64_t>(word));
  } else if constexpr (layout.sign_bits > 0) {
    return static_cast<double>(detail::sign_extended(word, layout.bits));
  } else {
    return static_cast<double>(word & detail::low_bits(layout.bits));
  }
}

/// The element nearest to a real number: the one place where the arithmetic of fault models is
/// rounded into an element. Ties go to even.
/// - floats: too large becomes infinity; any NaN becomes the one positive quiet NaN that has only
///   the top bit of its mantissa set, so that every machine gives the same bits;
/// - integers: clamped to their limits, NaN becomes 0;
/// - bool is an integer of one bit: true from above 0.5.
/// No libm, no rounding mode, no contraction. Host, device, freestanding.
template <element T>
BITFAULT_FN constexpr T from_real(double real) noexcept {
  const auto word = detail::bit_cast<std::uint64_t>(real);
  constexpr std::uint64_t sign = detail::binary<std::uint64_t>::sign;
  constexpr std::uint64_t quiet_nan = detail::binary<std::uint64_t>::quiet_nan;
  if constexpr (floating_element<T>) {
    const bool is_nan = (word & (sign - 1)) > detail::binary<std::uint64_t>::infinity;
    return from_word<T>(detail::from_carrier<T, std::uint64_t>(is_nan ? quiet_nan : word));
  } else {
    return detail::clamped_integer<T>((word & sign) != 0, detail::rounded_magnitude(word, 0));
  }
}

} // namespace bitfault
