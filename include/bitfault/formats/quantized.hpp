// SPDX-License-Identifier: MIT
#pragma once

#include "../core/policy.hpp"
#include "../core/real.hpp"
#include "../core/status.hpp"
#include "../core/traits.hpp"
#include "codec.hpp"
#include "own_bits.hpp"

#include <cstdint>

namespace bitfault::detail {

/// The codes of an integer of that many bits.
template <bool IsSigned, unsigned Bits>
struct integer_range {
  static constexpr std::int64_t lowest = IsSigned ? -(std::int64_t{1} << (Bits - 1)) : 0;
  static constexpr std::int64_t highest = (std::int64_t{1} << (Bits - (IsSigned ? 1 : 0))) - 1;
};

template <floating_element T, bool IsSigned, unsigned Bits>
struct quantized_codec {
  using code = code_word<Bits>;
  static constexpr code_layout layout{Bits, IsSigned ? 1 : 0, 0, Bits - (IsSigned ? 1 : 0)};
  static constexpr bool is_own_bits = false;

  double scale;
  std::int32_t zero_point;

  BITFAULT_FN constexpr code encode(word_t<T> word) const noexcept {
    using range = integer_range<IsSigned, Bits>;
    constexpr std::uint64_t sign = binary<std::uint64_t>::sign;
    const std::uint64_t real = to_carrier<T, std::uint64_t>(word);
    const auto steps = bit_cast<std::uint64_t>(bit_cast<double>(real) / scale);
    const std::int64_t integer =
        zero_point + clamped((steps & sign) != 0, rounded_magnitude(steps, 0), -limit, limit);
    return static_cast<code>(integer < range::lowest    ? range::lowest
                             : integer > range::highest ? range::highest
                                                        : integer) &
           static_cast<code>(low_bits(Bits));
  }
  BITFAULT_FN constexpr word_t<T> decode(code c) const noexcept {
    const std::int64_t integer =
        IsSigned ? sign_extended(c, Bits) : static_cast<std::int64_t>(c & low_bits(Bits));
    const double real = static_cast<double>(integer - zero_point) * scale;
    return from_carrier<T>(bit_cast<std::uint64_t>(real));
  }

private:
  static constexpr std::int64_t limit = std::int64_t{1} << 40; // beyond any code and zero point
};

} // namespace bitfault::detail

namespace bitfault::formats {

/// Floating-point elements seen as integers: code = round(value / scale) + zero_point, ties to
/// even, clamped to the codes; value = (code - zero_point) * scale. NaN becomes zero_point. That is
/// QuantizeLinear and DequantizeLinear of ONNX, with the division in double. With fewer bits than
/// Integer has, e.g. quantized<std::int8_t, 4> for int4, codes are the low bits, in two's
/// complement if Integer is signed.
///
/// Requires: 0 < scale < infinity; zero_point is itself a code; decoding and encoding a code gives
/// that code in the element type. `check` refuses other parameters (refusal::bad_parameter).
template <detail::integral Integer, unsigned Bits = 8 * sizeof(Integer)>
struct quantized {
  static constexpr kind policy_kind = kind::format;

  double scale = 1;
  std::int32_t zero_point = 0;

  template <element T>
  BITFAULT_FN constexpr auto codec() const noexcept {
    if constexpr (Bits < 2 || Bits > 8 * sizeof(Integer) || Bits > 32) {
      static_assert(detail::always_false<T>, "bitfault: formats::quantized: 2 to 32 bits, no more "
                                             "than the integer has");
      return detail::own_bits_codec<T>{};
    } else if constexpr (!floating_element<T>) {
      static_assert(detail::always_false<T>,
                    "bitfault: formats::quantized: elements must be floating point");
      return detail::own_bits_codec<T>{};
    } else if constexpr (Bits > element_traits<T>::layout.mantissa_bits + 1) {
      static_assert(detail::always_false<T>, "bitfault: formats::quantized: the element type has "
                                             "too few digits to tell all codes apart");
      return detail::own_bits_codec<T>{};
    } else {
      return detail::quantized_codec<T, is_signed, Bits>{scale, zero_point};
    }
  }

  template <element T>
  BITFAULT_FN constexpr status check() const noexcept {
    if constexpr (sees<T>)
      return check_for<T>();
    else
      return {}; // `codec` has said why it does not compile
  }

private:
  static constexpr bool is_signed = detail::is_signed_v<Integer>;
  template <element T>
  static constexpr bool sees = Bits >= 2 && Bits <= 32 && floating_element<T>;

  template <floating_element T>
  BITFAULT_FN constexpr status check_for() const noexcept {
    using range = detail::integer_range<is_signed, Bits>;
    const auto word = detail::bit_cast<std::uint64_t>(scale);
    const std::int64_t below = zero_point - range::lowest;
    const std::int64_t above = range::highest - zero_point;
    const std::int64_t reach = below > above ? below : above;
    // An error of half a unit in the last place, times the largest multiple, must stay below half
    // a step.
    constexpr std::int64_t distinct = std::int64_t{1} << element_traits<T>::layout.mantissa_bits;
    if (below < 0 || above < 0)
      return refused("formats::quantized: zero_point (one of the codes)", zero_point);
    if (reach > distinct)
      return refused("formats::quantized: zero_point (each code another element)", zero_point);

    // Positive and finite, as integers: then compiler options cannot hide a NaN.
    if (word == 0 || word >= detail::binary<std::uint64_t>::infinity)
      return refused("formats::quantized: scale (positive and finite)", scale);
    if constexpr (!detail::is_binary<T, std::uint64_t>()) {
      // A step must be at least two of the element's subnormals. (In double, multiples of the scale
      // are exact there.)
      const int exponent = static_cast<int>(word >> 52) - 1023;
      if (exponent < detail::smallest_exponent<T>() + 1)
        return refused("formats::quantized: scale (each code another element)", scale);
    }
    if (static_cast<double>(reach) * scale > largest<T>())
      return refused("formats::quantized: scale (each code a finite element)", scale);
    return {};
  }

  template <floating_element T>
  BITFAULT_FN static constexpr double largest() noexcept {
    if constexpr (detail::is_binary<T, std::uint64_t>())
      return detail::bit_cast<double>(detail::binary<std::uint64_t>::infinity - 1);
    else
      return detail::bit_cast<double>(detail::format_of<T>().template decode<std::uint64_t>(
          detail::format_of<T>().largest_code()));
  }
  BITFAULT_FN static constexpr status refused(const char* place, double parameter) noexcept {
    return {refusal::bad_parameter, 0, detail::bit_cast<std::uint64_t>(parameter), 0, place};
  }
};

} // namespace bitfault::formats
