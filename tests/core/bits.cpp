// SPDX-License-Identifier: MIT
#include <bitfault/core/bits.hpp>

#include "catch.hpp"
#include "chance.hpp"

#include <cstdint>
#include <limits>
#include <vector>

using bitfault::divider;
using bitfault::index_t;
namespace detail = bitfault::detail;

namespace {

/// Numbers where carries, shifts and signs change, and some others.
std::vector<std::uint64_t> edges() {
  std::vector<std::uint64_t> result = {0, 1, 2, 3, 5, 7, 10};
  for (const unsigned bit : {8u, 16u, 31u, 32u, 33u, 47u, 62u, 63u})
    for (int step = -2; step <= 2; ++step)
      result.push_back((std::uint64_t{1} << bit) + static_cast<std::uint64_t>(step));
  result.push_back(~std::uint64_t{0});
  result.push_back(~std::uint64_t{0} - 1);
  chance::numbers any(110);
  for (int i = 0; i < 40; ++i)
    result.push_back(any.next() >> any.below(64));
  return result;
}

/// The upper half of a product, bit by bit.
std::uint64_t slow_mul_high(std::uint64_t a, std::uint64_t b) {
  std::uint64_t high = 0, low = 0;
  for (int bit = 63; bit >= 0; --bit) {
    high = (high << 1) | (low >> 63);
    low <<= 1;
    if (((b >> bit) & 1) != 0) {
      low += a;
      high += low < a ? 1 : 0;
    }
  }
  return high;
}

} // namespace

TEST_CASE("widths and logarithms of numbers") {
  STATIC_REQUIRE(detail::bit_width(0) == 0);
  STATIC_REQUIRE(detail::bit_width(1) == 1);
  STATIC_REQUIRE(detail::bit_width(8) == 4);
  STATIC_REQUIRE(detail::bit_width(~std::uint64_t{0}) == 64);
  STATIC_REQUIRE(detail::ceil_log2(1) == 0);
  STATIC_REQUIRE(detail::ceil_log2(2) == 1);
  STATIC_REQUIRE(detail::ceil_log2(3) == 2);
  STATIC_REQUIRE(detail::ceil_log2(4) == 2);
  STATIC_REQUIRE(detail::ceil_log2(5) == 3);
  STATIC_REQUIRE(detail::ceil_log2((std::uint64_t{1} << 62) + 1) == 63);
  STATIC_REQUIRE(detail::ceil_log2(~std::uint64_t{0}) == 64);
}

TEST_CASE("bits are counted and found") {
  STATIC_REQUIRE(detail::popcount(0) == 0);
  STATIC_REQUIRE(detail::popcount(~std::uint64_t{0}) == 64);
  STATIC_REQUIRE(detail::count_trailing_zeros(0) == 64);
  STATIC_REQUIRE(detail::count_trailing_zeros(1) == 0);
  STATIC_REQUIRE(detail::count_trailing_zeros(std::uint64_t{1} << 63) == 63);
  for (const std::uint64_t mask : edges()) {
    unsigned found = 0;
    bool right = true;
    for (int bit = 0; bit < 64; ++bit)
      if (((mask >> bit) & 1) != 0)
        right = right && detail::nth_set_bit(mask, found++) == bit;
    CAPTURE(mask);
    CHECK(right);
    CHECK(static_cast<unsigned>(detail::popcount(mask)) == found);
  }
}

TEST_CASE("low bits") {
  STATIC_REQUIRE(detail::low_bits(0) == 0);
  STATIC_REQUIRE(detail::low_bits(1) == 1);
  STATIC_REQUIRE(detail::low_bits(32) == 0xFFFFFFFF);
  STATIC_REQUIRE(detail::low_bits(63) == ~std::uint64_t{0} >> 1);
  STATIC_REQUIRE(detail::low_bits(64) == ~std::uint64_t{0});
}

TEST_CASE("upper halves of products") {
  STATIC_REQUIRE(detail::mul_high(0xFFFFFFFFu, 0xFFFFFFFFu) == 0xFFFFFFFEu);
  STATIC_REQUIRE(detail::mul_high(0x80000000u, 7u) == 3);
  STATIC_REQUIRE(detail::mul_high(~std::uint64_t{0}, ~std::uint64_t{0}) == ~std::uint64_t{0} - 1);
  STATIC_REQUIRE(detail::mul_high_in_steps(~std::uint64_t{0}, ~std::uint64_t{0}) ==
                 ~std::uint64_t{0} - 1);
  bool right = true;
  for (const std::uint64_t a : edges())
    for (const std::uint64_t b : edges())
      right = right && detail::mul_high(a, b) == slow_mul_high(a, b) &&
              detail::mul_high_in_steps(a, b) == slow_mul_high(a, b);
  CHECK(right);
}

#ifdef __SIZEOF_INT128__
TEST_CASE("upper halves of products in 32-bit steps are those of 128-bit arithmetic") {
  __extension__ using wide = unsigned __int128;
  // Halves of zeros and ones, where carries go furthest, and any numbers.
  constexpr std::uint64_t halves[] = {0, 1, 0x7FFF'FFFF, 0x8000'0000, 0xFFFF'FFFE, 0xFFFF'FFFF};
  std::vector<std::uint64_t> factors;
  for (const std::uint64_t high : halves)
    for (const std::uint64_t low : halves)
      factors.push_back(high << 32 | low);
  chance::numbers any(111);
  for (int i = 0; i < 300; ++i)
    factors.push_back(any.next());
  bool right = true;
  for (const std::uint64_t a : factors)
    for (const std::uint64_t b : factors)
      right = right && detail::mul_high_in_steps(a, b) ==
                           static_cast<std::uint64_t>(static_cast<wide>(a) * b >> 64);
  CHECK(right);
}
#endif

TEST_CASE("a number that was negative is shown as that") {
  STATIC_REQUIRE(detail::as_given(7) == 7);
  STATIC_REQUIRE(detail::as_given(static_cast<index_t>(-3)) == static_cast<std::uint64_t>(-3));
}

TEST_CASE("products that do not fit are noticed") {
  constexpr index_t largest = std::numeric_limits<index_t>::max();
  index_t product = 0;
  CHECK((detail::multiply_fits(largest, 1, product) && product == largest));
  CHECK((detail::multiply_fits(0, largest, product) && product == 0));
  CHECK((detail::multiply_fits(largest / 3, 3, product) && product == largest / 3 * 3));
  CHECK_FALSE(detail::multiply_fits(largest, 2, product));
  CHECK_FALSE(detail::multiply_fits(largest / 2 + 1, 2, product));
}

TEST_CASE("words and values have the same bits") {
  STATIC_REQUIRE(detail::bit_cast<std::uint32_t>(1.0f) == 0x3F800000);
  STATIC_REQUIRE(detail::bit_cast<std::uint64_t>(-0.0) == std::uint64_t{1} << 63);
}

TEST_CASE("dividers divide exactly") {
  bool right = true;
  for (const std::uint64_t d : edges()) {
    if (d == 0)
      continue;
    const divider by(d);
    right = right && by.divisor() == d;
    for (const std::uint64_t n : edges()) {
      right = right && by.quotient(n) == n / d;
      // On both sides of multiples of the divisor, where a wrong rounding shows.
      for (const std::uint64_t multiple : {n / d * d, (n & 0xFFFFFFFF) / d * d})
        for (int step = -1; step <= 1; ++step) {
          const std::uint64_t m = multiple + static_cast<std::uint64_t>(step);
          right = right && by.quotient(m) == m / d;
        }
    }
  }
  CHECK(right);
  CHECK(divider().quotient(17) == 17);
  STATIC_REQUIRE(divider(7).quotient(48) == 6);
}

TEST_CASE("dividers of 32-bit numbers divide exactly, at every border") {
  // For each divisor all multiples near 2^32, where a reciprocal of too few bits fails first.
  bool right = true;
  for (std::uint64_t d = 1; d < 70'000; d += d < 3000 ? 1 : 997) {
    const divider by(d);
    for (std::uint64_t q = 0xFFFFFFFF / d; q + 3 > 0xFFFFFFFF / d && q > 0; --q)
      right = right && by.quotient(q * d) == q && by.quotient(q * d - 1) == q - 1;
    right = right && by.quotient(0xFFFFFFFF) == 0xFFFFFFFF / d;
  }
  CHECK(right);
}

TEST_CASE("the divider of small targets divides, too") {
  for (const index_t d : {1u, 2u, 7u, 1000u})
    for (const index_t n : {0u, 1u, 6u, 7u, 999u, 123'456u})
      CHECK(detail::plain_divider(d).quotient(n) == n / d);
}
