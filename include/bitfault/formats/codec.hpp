// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/real.hpp"
#include "../core/traits.hpp"

#include <cstdint>

namespace bitfault {

/// What a format gives for an element type T: how T's word is seen while its bits are hit. The word
/// is encoded, all masks act on the code, and the code is decoded. Bit b of a mask is bit b of the
/// code; `layout.bits` may be fewer than `code` has (int4 lies in the low nibble), and `decode`
/// ignores the others.
///
/// A format is a policy with `policy_kind = kind::format`, `codec<T>()`, which returns such a
/// codec, and `check<T>()`, which refuses parameters that do not do for T.
template <class Codec, class T>
concept codec_for = element<T> &&
    requires(const Codec& c, word_t<T> word, typename Codec::code code) {
  requires detail::unsigned_integral<typename Codec::code>;
  { Codec::layout } -> detail::convertible_to<code_layout>;
  { Codec::is_own_bits } -> detail::convertible_to<bool>;
  // clang-format off
  { c.encode(word) } noexcept -> detail::same_as<typename Codec::code>;
  { c.decode(code) } noexcept -> detail::same_as<word_t<T>>;
  // clang-format on
};

namespace detail {

/// Whether encoding a decoded code gives that code again. A codec whose element has too few digits
/// for that says so by `is_exact`.
template <class Codec>
consteval bool keeps_codes() {
  if constexpr (requires { Codec::is_exact; })
    return Codec::is_exact;
  else
    return true;
}

/// The smallest unsigned integer with that many bits.
template <unsigned Bits>
using code_word = typename unsigned_of_size<(Bits <= 8    ? 1
                                             : Bits <= 16 ? 2
                                             : Bits <= 32 ? 4
                                                          : 8)>::type;

/// Whether the floating-point element T has a number for every number of the format.
template <floating_element T>
consteval bool holds(const minifloat_format& format) {
  if (is_binary<T, std::uint64_t>())
    return minifloat_format::binary_fits<std::uint64_t>(format);
  if (!minifloat_format::binary_fits<std::uint32_t>(format))
    return false;
  return is_binary<T, std::uint32_t>() || format_of<T>().fits(format);
}

/// Largest exponent of a number of T, and the exponent of its smallest subnormal number.
template <floating_element T>
consteval int largest_exponent() {
  if constexpr (is_binary<T, std::uint64_t>())
    return 1023;
  else
    return format_of<T>().largest_exponent();
}
template <floating_element T>
consteval int smallest_exponent() {
  constexpr auto mantissa = static_cast<int>(element_traits<T>::layout.mantissa_bits);
  if constexpr (is_binary<T, std::uint64_t>())
    return -1022 - mantissa;
  else
    return format_of<T>().smallest_normal_exponent() - mantissa;
}

} // namespace detail
} // namespace bitfault
