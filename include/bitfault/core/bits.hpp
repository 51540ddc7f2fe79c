// SPDX-License-Identifier: MIT
#pragma once

#include "../config/macros.hpp"
#include "traits.hpp"

#include <cstddef>
#include <cstdint>

/// Bit-level helpers. They wrap the compiler's builtins because the functions of <bit> warn in
/// device code unless nvcc gets a special flag.
namespace bitfault {

/// Sizes, element numbers and sites: 64 bits on a host, 32 bits on a 32-bit microcontroller. A
/// space that does not fit is refused by `bind`, never wrapped.
using index_t = std::size_t;

namespace detail {

template <std::size_t Bytes>
struct unsigned_of_size;
template <>
struct unsigned_of_size<1> {
  using type = std::uint8_t;
};
template <>
struct unsigned_of_size<2> {
  using type = std::uint16_t;
};
template <>
struct unsigned_of_size<4> {
  using type = std::uint32_t;
};
template <>
struct unsigned_of_size<8> {
  using type = std::uint64_t;
};

template <class To, class From>
  requires(sizeof(To) == sizeof(From))
BITFAULT_FN BITFAULT_INLINE constexpr To bit_cast(const From& from) noexcept {
  return __builtin_bit_cast(To, from);
}

/// Number of binary digits of x: bit_width(0) = 0, bit_width(8) = 4.
BITFAULT_FN constexpr int bit_width(std::uint64_t x) noexcept {
  return x == 0 ? 0 : 64 - __builtin_clzll(x);
}

/// Smallest n with 2^n >= x, for x >= 1.
BITFAULT_FN constexpr int ceil_log2(std::uint64_t x) noexcept { return bit_width(x - 1); }

BITFAULT_FN constexpr int popcount(std::uint64_t x) noexcept { return __builtin_popcountll(x); }

BITFAULT_FN constexpr int count_trailing_zeros(std::uint64_t x) noexcept {
#if defined(__CUDA_ARCH__) // which knows the other builtins, but not this one
  return popcount((x & (~x + 1)) - 1);
#else
  return x == 0 ? 64 : __builtin_ctzll(x);
#endif
}

/// The upper half of a 32 x 32 bit product: scales a uniform word to [0, b).
BITFAULT_FN BITFAULT_INLINE constexpr std::uint32_t mul_high(std::uint32_t a,
                                                             std::uint32_t b) noexcept {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(a) * b) >> 32);
}

/// The upper half of a 64 x 64 bit product in 32-bit steps, for targets without a 128-bit type.
BITFAULT_FN constexpr std::uint64_t mul_high_in_steps(std::uint64_t a, std::uint64_t b) noexcept {
  const std::uint64_t a0 = a & 0xFFFFFFFFu, a1 = a >> 32, b0 = b & 0xFFFFFFFFu, b1 = b >> 32;
  const std::uint64_t p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0;
  const std::uint64_t middle = (p00 >> 32) + (p01 & 0xFFFFFFFFu) + (p10 & 0xFFFFFFFFu);
  return a1 * b1 + (p01 >> 32) + (p10 >> 32) + (middle >> 32);
}

/// The upper half of a 64 x 64 bit product.
BITFAULT_FN constexpr std::uint64_t mul_high(std::uint64_t a, std::uint64_t b) noexcept {
#if defined(__SIZEOF_INT128__) && !defined(__CUDA_ARCH__)
  __extension__ using wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<wide>(a) * b) >> 64);
#else
  return mul_high_in_steps(a, b);
#endif
}

/// Position of the n-th set bit of `mask` (n from 0, counted from the least significant bit).
/// Requires n < popcount(mask).
BITFAULT_FN constexpr int nth_set_bit(std::uint64_t mask, unsigned n) noexcept {
  for (; n != 0; --n)
    mask &= mask - 1;
  return count_trailing_zeros(mask);
}

/// The n lowest bits set, 0 <= n <= 64.
BITFAULT_FN constexpr std::uint64_t low_bits(unsigned n) noexcept {
  return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
}

/// A number of a user that was stored as an index_t, for a status: one that was negative is in
/// two's complement on 32-bit targets, too.
BITFAULT_FN constexpr std::uint64_t as_given(index_t n) noexcept {
  return static_cast<std::uint64_t>(std::int64_t{static_cast<std::ptrdiff_t>(n)});
}

/// Whether a * b fits into an index_t; if so, `product` is it.
BITFAULT_FN constexpr bool multiply_fits(index_t a, index_t b, index_t& product) noexcept {
#if defined(__CUDA_ARCH__)
  product = a * b;
  return mul_high(std::uint64_t{a}, std::uint64_t{b}) == 0;
#else
  return !__builtin_mul_overflow(a, b, &product);
#endif
}

/// A number as a policy keeps it: negative ones stay negative, so that they can be refused, and
/// what is too large becomes the largest there is.
template <class I>
BITFAULT_FN constexpr std::int64_t as_signed(I n) noexcept {
  constexpr std::int64_t most = 0x7FFF'FFFF'FFFF'FFFF;
  return n > 0 && static_cast<std::uint64_t>(n) > std::uint64_t{most}
             ? most
             : static_cast<std::int64_t>(n);
}

/// Stands for a number of cells or words that no memory can hold.
inline constexpr index_t uncountable = ~index_t{0};
BITFAULT_FN constexpr index_t twice(index_t n) noexcept {
  return n > uncountable / 2 ? uncountable : 2 * n;
}

} // namespace detail

namespace detail {

/// Division by multiplication, for 64-bit targets.
class multiplying_divider {
public:
  BITFAULT_FN constexpr explicit multiplying_divider(index_t divisor) noexcept
      : divisor_(divisor), magic_(divisor > 1 ? ~std::uint64_t{0} / divisor + 1 : 0) {}
  BITFAULT_FN constexpr index_t quotient(index_t n) const noexcept {
    const std::uint64_t wide = std::uint64_t{n} | divisor_;
    if ((wide >> 32) != 0)
      return n / divisor_;
    return divisor_ == 1 ? n : static_cast<index_t>(mul_high(magic_, std::uint64_t{n}));
  }
  BITFAULT_FN constexpr index_t divisor() const noexcept { return divisor_; }

private:
  index_t divisor_;
  std::uint64_t magic_;
};

/// Plain division, for 32-bit targets.
class plain_divider {
public:
  BITFAULT_FN constexpr explicit plain_divider(index_t divisor) noexcept : divisor_(divisor) {}
  BITFAULT_FN constexpr index_t quotient(index_t n) const noexcept { return n / divisor_; }
  BITFAULT_FN constexpr index_t divisor() const noexcept { return divisor_; }

private:
  index_t divisor_;
};

} // namespace detail

/// Division by a number that is known when a plan is bound. On a 64-bit target it costs a
/// multiplication while both operands have 32 bits (exact: Lemire, Kaser, Kurz, "Faster remainder
/// by direct computation", 2019, theorem 1 with N = 32, F = 64) and a division beyond; a 32-bit
/// target divides. Requires a divisor > 0.
class divider : public detail::conditional_t<sizeof(index_t) == 8, detail::multiplying_divider,
                                             detail::plain_divider> {
  using base = detail::conditional_t<sizeof(index_t) == 8, detail::multiplying_divider,
                                     detail::plain_divider>;

public:
  BITFAULT_FN constexpr divider() noexcept : base(1) {}
  BITFAULT_FN constexpr explicit divider(index_t divisor) noexcept : base(divisor) {}
};

} // namespace bitfault
