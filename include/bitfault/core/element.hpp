// SPDX-License-Identifier: MIT
#pragma once

#include "bits.hpp"
#include "traits.hpp"

#include <cfloat>

namespace bitfault {

/// How the bits of a word are used. Fields lie in the order sign, exponent, mantissa from the most
/// significant bit down; an integer has no exponent and its magnitude counts as mantissa.
struct code_layout {
  unsigned bits;
  unsigned sign_bits;
  unsigned exponent_bits;
  unsigned mantissa_bits;
};

namespace detail {

/// Bits of the mantissa that are stored. By hand, as <limits> would be a tenth of what the compiler
/// reads for the whole core.
template <class Float>
consteval unsigned stored_mantissa() noexcept {
  static_assert(sizeof(Float) == 4 || sizeof(Float) == 8,
                "bitfault: of the language's floating-point types those of 32 and 64 bits are "
                "elements; 16 bits are bitfault::half or bitfault::bfloat16");
  if constexpr (sizeof(Float) == 4) { // double, too, on some microcontrollers
    static_assert(FLT_RADIX == 2 && FLT_MANT_DIG == 24 && FLT_MAX_EXP == 128,
                  "bitfault: floats must be IEEE 754");
    return FLT_MANT_DIG - 1;
  } else {
    static_assert(FLT_RADIX == 2 && DBL_MANT_DIG == 53 && DBL_MAX_EXP == 1024,
                  "bitfault: floats must be IEEE 754");
    return DBL_MANT_DIG - 1;
  }
}

} // namespace detail

/// Teaches the library an element type: its unsigned word and the layout of that word. Specialise
/// it for a type of your own that is trivially copyable and has 1, 2, 4 or 8 bytes.
template <class T>
struct element_traits;

template <class T>
  requires(detail::is_arithmetic_v<T> && (sizeof(T) <= 8))
struct element_traits<T> {
  using word = typename detail::unsigned_of_size<sizeof(T)>::type;
  static constexpr code_layout layout = [] {
    constexpr unsigned width = 8 * sizeof(T);
    if constexpr (detail::is_same_v<detail::remove_cv_t<T>, bool>) {
      return code_layout{1, 0, 0, 1}; // any other bit would make it no bool at all
    } else if constexpr (detail::is_floating_point_v<T>) {
      constexpr unsigned mantissa = detail::stored_mantissa<T>();
      return code_layout{width, 1, width - 1 - mantissa, mantissa};
    } else {
      constexpr unsigned sign = detail::is_signed_v<T> ? 1 : 0;
      return code_layout{width, sign, 0, width - sign};
    }
  }();
};

/// A const or volatile element has the bits of a plain one, whoever has taught its type.
template <class T>
  requires(!detail::is_arithmetic_v<T> && requires { typename element_traits<T>::word; })
struct element_traits<const T> : element_traits<T> {};
template <class T>
  requires(!detail::is_arithmetic_v<T> && requires { typename element_traits<T>::word; })
struct element_traits<volatile T> : element_traits<T> {};

/// A type whose values can be elements of a tensor.
template <class T>
concept element = detail::is_trivially_copyable_v<T> &&
    (requires { typename element_traits<T>::word; });

/// The unsigned integer that holds an element's bits. Bit 0 has value 2^0, whatever the byte
/// order.
template <element T>
using word_t = typename element_traits<T>::word;

template <element T>
BITFAULT_FN BITFAULT_INLINE constexpr word_t<T> to_word(const T& value) noexcept {
  return detail::bit_cast<word_t<T>>(value);
}

template <element T>
BITFAULT_FN BITFAULT_INLINE constexpr T from_word(word_t<T> word) noexcept {
  return detail::bit_cast<T>(word);
}

} // namespace bitfault
