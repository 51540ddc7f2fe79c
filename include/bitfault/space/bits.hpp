// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/policy.hpp"
#include "../core/status.hpp"
#include "../core/traits.hpp"

#include <cstdint>

/// Which bits of a word may be hit. A bits policy is bound to the layout of a word (the element's
/// own, or that of the format it is seen through) and gives an indexed family of masks:
///   count()            how many masks there are
///   mask(i)            mask number i, in ascending order of bits
///   index_of(mask)     the number of a mask of the family
///   single_bit         every mask has one bit
///   fixed_count        count() where it is known at compile time, else 0
namespace bitfault {

/// A bit number: counted from the least significant bit, or from the other end with `from_msb`.
struct bit_number {
  std::int64_t value = 0; ///< outside the word it is refused by `bind`
  bool from_top = false;

  constexpr bit_number() = default;
  template <detail::integral I>
  BITFAULT_FN constexpr bit_number(I bit, bool top = false) noexcept
      : value(static_cast<std::int64_t>(bit)), from_top(top) {}

  /// The number from the least significant bit in a word of `width` bits; `width` or more where
  /// there is no such bit.
  BITFAULT_FN constexpr unsigned in(unsigned width) const noexcept {
    if (value < 0 || value >= width)
      return width;
    const auto place = static_cast<unsigned>(value);
    return from_top ? width - 1 - place : place;
  }
};

/// Bit w - 1 - i of a w-bit word: `from_msb(0)` is the sign of a float.
BITFAULT_FN constexpr bit_number from_msb(detail::integral auto i) noexcept { return {i, true}; }

namespace detail {

/// One bit each of `count` neighbouring bits.
template <unsigned Fixed = 0>
struct single_run {
  static constexpr bool single_bit = true;
  static constexpr unsigned fixed_count = Fixed;
  std::uint8_t first = 0;
  std::uint8_t bits = 0;
  BITFAULT_FN constexpr unsigned count() const noexcept { return bits; }
  BITFAULT_FN constexpr std::uint64_t mask(unsigned i) const noexcept {
    return std::uint64_t{1} << (first + i);
  }
  BITFAULT_FN constexpr unsigned index_of(std::uint64_t mask) const noexcept {
    return static_cast<unsigned>(count_trailing_zeros(mask)) - first;
  }
};

/// One bit each of all bits of a word.
template <unsigned Width>
struct whole_word_bits {
  static constexpr bool single_bit = true;
  static constexpr unsigned fixed_count = Width;
  BITFAULT_FN constexpr unsigned count() const noexcept { return Width; }
  BITFAULT_FN constexpr std::uint64_t mask(unsigned i) const noexcept {
    return std::uint64_t{1} << i;
  }
  BITFAULT_FN constexpr unsigned index_of(std::uint64_t mask) const noexcept {
    return static_cast<unsigned>(count_trailing_zeros(mask));
  }
};

/// One bit each of a set.
struct single_set {
  static constexpr bool single_bit = true;
  static constexpr unsigned fixed_count = 0;
  std::uint64_t set = 0;
  BITFAULT_FN constexpr unsigned count() const noexcept {
    return static_cast<unsigned>(popcount(set));
  }
  BITFAULT_FN constexpr std::uint64_t mask(unsigned i) const noexcept {
    return std::uint64_t{1} << nth_set_bit(set, i);
  }
  BITFAULT_FN constexpr unsigned index_of(std::uint64_t mask) const noexcept {
    return static_cast<unsigned>(popcount(set & (mask - 1)));
  }
};

/// One given bit.
struct one_bit {
  static constexpr bool single_bit = true;
  static constexpr unsigned fixed_count = 1;
  std::uint64_t bit = 0;
  BITFAULT_FN constexpr unsigned count() const noexcept { return 1; }
  BITFAULT_FN constexpr std::uint64_t mask(unsigned /*i*/) const noexcept { return bit; }
  BITFAULT_FN constexpr unsigned index_of(std::uint64_t /*mask*/) const noexcept { return 0; }
};

/// One mask of several bits.
struct one_mask {
  static constexpr bool single_bit = false;
  static constexpr unsigned fixed_count = 1;
  std::uint64_t bits = 0;
  BITFAULT_FN constexpr unsigned count() const noexcept { return 1; }
  BITFAULT_FN constexpr std::uint64_t mask(unsigned /*i*/) const noexcept { return bits; }
  BITFAULT_FN constexpr unsigned index_of(std::uint64_t /*mask*/) const noexcept { return 0; }
};

/// All windows of n neighbouring bits, lowest first, without wrap-around.
struct window_masks {
  static constexpr bool single_bit = false;
  static constexpr unsigned fixed_count = 0;
  std::uint8_t length = 1;
  std::uint8_t windows = 1;
  BITFAULT_FN constexpr unsigned count() const noexcept { return windows; }
  BITFAULT_FN constexpr std::uint64_t mask(unsigned i) const noexcept {
    return low_bits(length) << i;
  }
  BITFAULT_FN constexpr unsigned index_of(std::uint64_t mask) const noexcept {
    return static_cast<unsigned>(count_trailing_zeros(mask));
  }
};

BITFAULT_FN constexpr status bit_refused(const char* place, std::int64_t bit,
                                         unsigned width) noexcept {
  const auto number = static_cast<std::uint64_t>(bit);
  return {refusal::bit_outside_word, static_cast<std::uint32_t>(number), number, width, place};
}

} // namespace detail

namespace bits {

/// Any one bit of the word, each equally likely. The default of bit faults.
struct any {
  static constexpr kind policy_kind = kind::bits;
  static constexpr bool single_bit = true;
  template <code_layout L>
  BITFAULT_FN constexpr auto bind(status& /*state*/) const noexcept {
    return detail::whole_word_bits<L.bits>{};
  }
};

/// One of the given bits: `given{30}`, `given{0, 1, from_msb(0)}`.
template <std::size_t N>
struct given {
  static_assert(N > 0, "bitfault: bits::given: no bit given; name at least one, as in given{30}");
  static constexpr kind policy_kind = kind::bits;
  static constexpr bool single_bit = true;
  bit_number bit[N > 0 ? N : 1];

  template <class... B>
    requires(sizeof...(B) == N && (detail::convertible_to<B, bit_number> && ...))
  BITFAULT_FN constexpr given(B... b) noexcept : bit{bit_number(b)...} {}

  template <code_layout L>
  BITFAULT_FN constexpr auto bind(status& state) const noexcept {
    std::uint64_t set = 0;
    for (const bit_number& b : bit) {
      const unsigned place = b.in(L.bits);
      if (place >= L.bits && state.ok())
        state = detail::bit_refused("bits::given", b.value, L.bits);
      set |= place < L.bits ? std::uint64_t{1} << place : 0;
    }
    if constexpr (N == 1)
      return detail::one_bit{set};
    else
      return detail::single_set{set};
  }
};
template <class... B>
given(B...) -> given<sizeof...(B)>;

/// One of the bits from `first` to `last`, both included: `range{23, 30}` is the exponent of a
/// float, `range{from_msb(3), from_msb(0)}` the upper four bits.
struct range {
  static constexpr kind policy_kind = kind::bits;
  static constexpr bool single_bit = true;
  bit_number first;
  bit_number last;

  template <code_layout L>
  BITFAULT_FN constexpr auto bind(status& state) const noexcept {
    const unsigned a = first.in(L.bits), b = last.in(L.bits);
    if (a >= L.bits || b >= L.bits) {
      const std::int64_t wrong = a >= L.bits ? first.value : last.value;
      if (state.ok())
        state = detail::bit_refused("bits::range", wrong, L.bits);
      return detail::single_run<>{0, 1};
    }
    if (a > b) {
      if (state.ok())
        state = {refusal::bit_range_reversed, 0, a, b, "bits::range"};
      return detail::single_run<>{0, 1};
    }
    return detail::single_run<>{static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b - a + 1)};
  }
};

/// The sign bit of a float or a signed integer.
struct sign {
  static constexpr kind policy_kind = kind::bits;
  static constexpr bool single_bit = true;
  template <code_layout L>
  BITFAULT_FN constexpr auto bind(status& /*state*/) const noexcept {
    static_assert(L.sign_bits == 1, "bitfault: bits::sign: this element type has no sign bit");
    return detail::one_bit{std::uint64_t{1} << (L.bits - 1)};
  }
};

/// Any one bit of the exponent of a floating-point word.
struct exponent {
  static constexpr kind policy_kind = kind::bits;
  static constexpr bool single_bit = true;
  template <code_layout L>
  BITFAULT_FN constexpr auto bind(status& /*state*/) const noexcept {
    static_assert(L.exponent_bits > 0,
                  "bitfault: bits::exponent: this element type has no exponent");
    return detail::single_run<L.exponent_bits>{static_cast<std::uint8_t>(L.mantissa_bits),
                                               static_cast<std::uint8_t>(L.exponent_bits)};
  }
};

/// Any one bit of the mantissa of a floating-point word.
struct mantissa {
  static constexpr kind policy_kind = kind::bits;
  static constexpr bool single_bit = true;
  template <code_layout L>
  BITFAULT_FN constexpr auto bind(status& /*state*/) const noexcept {
    static_assert(L.exponent_bits > 0 && L.mantissa_bits > 0,
                  "bitfault: bits::mantissa: this element type has no mantissa");
    return detail::single_run<L.mantissa_bits>{0, static_cast<std::uint8_t>(L.mantissa_bits)};
  }
};

/// All bits of the word as one mask.
struct all {
  static constexpr kind policy_kind = kind::bits;
  static constexpr bool single_bit = false;
  template <code_layout L>
  BITFAULT_FN constexpr auto bind(status& /*state*/) const noexcept {
    return detail::one_mask{detail::low_bits(L.bits)};
  }
};

/// All the bits that another policy chooses from, as one mask: `as_one{bits::exponent{}}`.
template <class Policy>
struct as_one {
  static_assert(
      requires { requires Policy::single_bit; },
      "bitfault: bits::as_one: it joins the single bits of another policy "
      "(bits::given, bits::range, bits::exponent ...) into one mask");
  static constexpr kind policy_kind = kind::bits;
  static constexpr bool single_bit = false;
  Policy policy;

  template <code_layout L>
  BITFAULT_FN constexpr auto bind(status& state) const noexcept {
    const auto family = policy.template bind<L>(state);
    std::uint64_t together = 0;
    for (unsigned i = 0; i < family.count(); ++i)
      together |= family.mask(i);
    return detail::one_mask{together};
  }
};
template <class P>
as_one(P) -> as_one<P>;

/// Any window of `length` adjacent bits, hit together: w - length + 1 masks, no wrap-around.
struct adjacent {
  static constexpr kind policy_kind = kind::bits;
  static constexpr bool single_bit = false;
  std::int64_t length; ///< less than 1 and more than the word are refused by `bind`

  template <detail::integral I>
  BITFAULT_FN constexpr explicit adjacent(I bits) noexcept : length(detail::as_signed(bits)) {}

  template <code_layout L>
  BITFAULT_FN constexpr auto bind(status& state) const noexcept {
    if (length < 1 || length > L.bits) {
      if (state.ok())
        state = {refusal::window_wider_than_word, 0, static_cast<std::uint64_t>(length), L.bits,
                 "bits::adjacent"};
      return detail::window_masks{};
    }
    const auto bits = static_cast<unsigned>(length);
    return detail::window_masks{static_cast<std::uint8_t>(bits),
                                static_cast<std::uint8_t>(L.bits - bits + 1)};
  }
};

} // namespace bits
} // namespace bitfault
