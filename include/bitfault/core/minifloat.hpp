// SPDX-License-Identifier: MIT
#pragma once

#include "bits.hpp"
#include "traits.hpp"

#include <cstdint>

namespace bitfault {

/// What the codes with the largest exponent mean.
enum class special_codes : std::uint8_t {
  infinity_and_nan, ///< as in IEEE 754: half, bfloat16, float8 e5m2
  nan_only,         ///< all ones is NaN, the rest are numbers: float8 e4m3 of the OCP
  none,             ///< all codes are numbers: e2m1, e2m3, e3m2 of the OCP's MX formats
};

namespace detail {

/// binary32 (Word = uint32_t) or binary64 (uint64_t): what minifloats are converted from and to.
template <class Word>
struct binary_format;
template <>
struct binary_format<std::uint32_t> {
  static constexpr unsigned mantissa_bits = 23;
  static constexpr int bias = 127;
};
template <>
struct binary_format<std::uint64_t> {
  static constexpr unsigned mantissa_bits = 52;
  static constexpr int bias = 1023;
};
template <class Word>
struct binary : binary_format<Word> {
  using binary_format<Word>::mantissa_bits;
  static constexpr unsigned bits = 8 * sizeof(Word);
  static constexpr Word sign = Word{1} << (bits - 1);
  static constexpr Word implicit_one = Word{1} << mantissa_bits;
  static constexpr Word infinity = sign - implicit_one;
  static constexpr Word quiet_nan = infinity | (implicit_one >> 1);
};

/// significand / 2^drop, rounded to nearest, ties to even. Requires drop < the bits of Word.
template <class Word>
BITFAULT_FN constexpr Word shift_right_rounded(Word significand, unsigned drop) noexcept {
  if (drop == 0)
    return significand;
  const Word half = Word{1} << (drop - 1);
  const Word rest = significand & ((half << 1) - 1);
  const Word quotient = significand >> drop;
  return quotient + Word{rest > half || (rest == half && (quotient & 1) != 0)};
}

} // namespace detail

/// A small floating-point format: sign, exponent and mantissa from the top, subnormals at the
/// bottom. Converts between its codes and the bit patterns of binary32 and binary64 by integer
/// arithmetic, so that the rounding mode, flushing of subnormals and the machine do not matter.
///
/// Requires 1 <= mantissa_bits <= 23, 1 <= exponent_bits <= 8, and a bias that keeps every number
/// of the format a number of binary32 (`fits`); the default bias does, but for exponent_bits = 8
/// with other codes than `infinity_and_nan`. Host, device, freestanding.
/// Sources: IEEE 754-2019; OCP 8-bit Floating Point Specification 1.0; OCP Microscaling
/// Formats 1.0.
struct minifloat_format {
  unsigned exponent_bits;
  unsigned mantissa_bits;
  special_codes special;
  int bias;

  BITFAULT_FN constexpr minifloat_format(
      unsigned exponent, unsigned mantissa,
      special_codes codes = special_codes::infinity_and_nan) noexcept
      : minifloat_format(exponent, mantissa, codes, (1 << exponent) / 2 - 1) {}
  BITFAULT_FN constexpr minifloat_format(unsigned exponent, unsigned mantissa, special_codes codes,
                                         int exponent_bias) noexcept
      : exponent_bits(exponent), mantissa_bits(mantissa), special(codes), bias(exponent_bias) {}

  BITFAULT_FN constexpr unsigned bits() const noexcept { return 1 + exponent_bits + mantissa_bits; }
  BITFAULT_FN constexpr std::uint32_t sign_code() const noexcept {
    return std::uint32_t{1} << (exponent_bits + mantissa_bits);
  }
  /// The code of the largest number.
  BITFAULT_FN constexpr std::uint32_t largest_code() const noexcept {
    switch (special) {
    case special_codes::infinity_and_nan:
      return infinity_code() - 1;
    case special_codes::nan_only:
      return sign_code() - 2;
    case special_codes::none:
      break;
    }
    return sign_code() - 1;
  }
  /// Whether the code is an infinity or a NaN.
  BITFAULT_FN constexpr bool is_special(std::uint32_t code) const noexcept {
    return (code & (sign_code() - 1)) > largest_code();
  }
  BITFAULT_FN constexpr int largest_exponent() const noexcept {
    return static_cast<int>(largest_code() >> mantissa_bits) - bias;
  }
  BITFAULT_FN constexpr int smallest_normal_exponent() const noexcept { return 1 - bias; }

  /// Whether every number of `inner` is a number of this format, and infinities stay infinities.
  BITFAULT_FN constexpr bool fits(const minifloat_format& inner) const noexcept {
    return fits(inner, static_cast<int>(mantissa_bits), smallest_normal_exponent(),
                largest_exponent()) &&
           (inner.special != special_codes::infinity_and_nan ||
            special == special_codes::infinity_and_nan) &&
           (inner.special != special_codes::nan_only || special != special_codes::none);
  }
  /// The same for binary32 or binary64.
  template <class Word>
  BITFAULT_FN static constexpr bool binary_fits(const minifloat_format& inner) noexcept {
    constexpr int bias = detail::binary<Word>::bias;
    return fits(inner, static_cast<int>(detail::binary<Word>::mantissa_bits), 1 - bias, bias);
  }

  /// The code nearest to a binary32 or binary64 number; ties go to the even code. Signs are kept,
  /// of zeros too. What is too large becomes infinity, or the largest number where there is none
  /// (the OCP's saturating mode, also for infinities). A NaN stays a NaN and keeps the leading bits
  /// of its payload; where there is no NaN it becomes 0.
  template <class Word>
  BITFAULT_FN constexpr std::uint32_t encode(Word word) const noexcept {
    using source = detail::binary<Word>;
    const std::uint32_t sign = (word & source::sign) != 0 ? sign_code() : 0;
    const Word magnitude = word & (source::sign - 1);
    if (magnitude > source::infinity)
      return encode_nan(sign, magnitude);
    if (magnitude == source::infinity)
      return sign | overflow_code();
    if (magnitude == 0)
      return sign;

    // The number is significand * 2^(exponent - source mantissa bits), with the leading one of the
    // significand at the implicit place.
    Word significand = magnitude & (source::implicit_one - 1);
    int exponent = static_cast<int>(magnitude >> source::mantissa_bits) - source::bias;
    if (exponent == -source::bias) {
      const int up = static_cast<int>(source::mantissa_bits) + 1 - detail::bit_width(significand);
      significand <<= up;
      exponent += 1 - up;
    } else {
      significand |= source::implicit_one;
    }

    if (exponent > largest_exponent())
      return sign | overflow_code();
    const int smallest = smallest_normal_exponent();
    const int scale = exponent < smallest ? smallest : exponent;
    const unsigned drop =
        source::mantissa_bits - mantissa_bits + static_cast<unsigned>(scale - exponent);
    if (drop > source::mantissa_bits + 1)
      return sign; // below half of the smallest number
    const auto rounded = static_cast<std::uint32_t>(detail::shift_right_rounded(significand, drop));
    // The leading one adds the last unit of the exponent; a carry out of the mantissa as well.
    const std::uint32_t code =
        (static_cast<std::uint32_t>(scale + bias - 1) << mantissa_bits) + rounded;
    return sign | (code > largest_code() ? overflow_code() : code);
  }

  /// The binary32 or binary64 number of a code, exactly. Bits above the code's are ignored.
  template <class Word>
  BITFAULT_FN constexpr Word decode(std::uint32_t code) const noexcept {
    using target = detail::binary<Word>;
    const Word sign = (code & sign_code()) != 0 ? target::sign : Word{0};
    const std::uint32_t magnitude = code & (sign_code() - 1);
    const std::uint32_t mantissa = magnitude & ((std::uint32_t{1} << mantissa_bits) - 1);
    if (magnitude > largest_code()) {
      if (special == special_codes::nan_only)
        return sign | target::quiet_nan;
      return sign | target::infinity | (Word{mantissa} << (target::mantissa_bits - mantissa_bits));
    }
    if (magnitude == 0)
      return sign;

    const auto field = static_cast<int>(magnitude >> mantissa_bits);
    const std::uint32_t significand =
        field == 0 ? mantissa : mantissa | (std::uint32_t{1} << mantissa_bits);
    const auto up =
        target::mantissa_bits + 1 - static_cast<unsigned>(detail::bit_width(significand));
    const Word shifted = Word{significand} << up;
    const int biased = (field == 0 ? 1 : field) - bias + target::bias +
                       static_cast<int>(target::mantissa_bits - mantissa_bits) -
                       static_cast<int>(up);
    if (biased < 1)
      return sign | (shifted >> (1 - biased));
    return sign | ((static_cast<Word>(biased - 1) << target::mantissa_bits) + shifted);
  }

  friend constexpr bool operator==(const minifloat_format&, const minifloat_format&) = default;

private:
  BITFAULT_FN static constexpr bool fits(const minifloat_format& inner, int mantissa_bits,
                                         int smallest, int largest) noexcept {
    const auto inner_mantissa = static_cast<int>(inner.mantissa_bits);
    return inner_mantissa <= mantissa_bits && inner.largest_exponent() <= largest &&
           inner.smallest_normal_exponent() - inner_mantissa >= smallest - mantissa_bits;
  }
  BITFAULT_FN constexpr std::uint32_t infinity_code() const noexcept {
    return sign_code() - (std::uint32_t{1} << mantissa_bits);
  }
  BITFAULT_FN constexpr std::uint32_t overflow_code() const noexcept {
    return special == special_codes::infinity_and_nan ? infinity_code() : largest_code();
  }
  template <class Word>
  BITFAULT_FN constexpr std::uint32_t encode_nan(std::uint32_t sign,
                                                 Word magnitude) const noexcept {
    using source = detail::binary<Word>;
    if (special == special_codes::none)
      return 0;
    if (special == special_codes::nan_only)
      return sign | (sign_code() - 1);
    const auto payload = static_cast<std::uint32_t>((magnitude & (source::implicit_one - 1)) >>
                                                    (source::mantissa_bits - mantissa_bits));
    const std::uint32_t quiet = std::uint32_t{1} << (mantissa_bits - 1);
    return sign | infinity_code() | (payload == 0 ? quiet : payload);
  }
};

/// IEEE 754 half precision.
inline constexpr minifloat_format half_format{5, 10};
/// The upper half of binary32.
inline constexpr minifloat_format bfloat16_format{8, 7};
/// OCP float8 with four exponent bits: no infinity, largest number 448.
inline constexpr minifloat_format float8_e4m3_format{4, 3, special_codes::nan_only};
/// OCP float8 with five exponent bits: largest number 57344.
inline constexpr minifloat_format float8_e5m2_format{5, 2};

namespace detail {

// A kernel may use a format that is a template argument, but no object at namespace scope.
template <minifloat_format Format, class Word>
BITFAULT_FN constexpr std::uint32_t encode_as(Word word) noexcept {
  return Format.encode(word);
}
template <minifloat_format Format, class Word>
BITFAULT_FN constexpr Word decode_as(std::uint32_t code) noexcept {
  return Format.template decode<Word>(code);
}

/// What half and bfloat16 are made from and become.
template <class T>
concept binary_real = is_same_v<T, float> || is_same_v<T, double>;

template <minifloat_format Format, binary_real Real>
BITFAULT_FN constexpr std::uint32_t encode_number(Real value) noexcept {
  return encode_as<Format>(bit_cast<typename unsigned_of_size<sizeof(Real)>::type>(value));
}
template <minifloat_format Format, binary_real Real>
BITFAULT_FN constexpr Real decode_number(std::uint32_t code) noexcept {
  return bit_cast<Real>(decode_as<Format, typename unsigned_of_size<sizeof(Real)>::type>(code));
}

} // namespace detail

} // namespace bitfault
