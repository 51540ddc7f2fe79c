// SPDX-License-Identifier: MIT
#include <bitfault/random/probability.hpp>

#include "catch.hpp"
#include "chance.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

using bitfault::fraction128;
using bitfault::probability;
namespace detail = bitfault::detail;

namespace {

__extension__ using wide = unsigned __int128;

wide whole(fraction128 a) { return (wide{a.high} << 64) | a.low; }
fraction128 part(wide a) {
  return {static_cast<std::uint64_t>(a >> 64), static_cast<std::uint64_t>(a)};
}

/// The exact product of two 128-bit numbers, as (high, low).
std::array<wide, 2> exact_product(wide a, wide b) {
  const wide mask = ~std::uint64_t{0};
  const wide a0 = a & mask, a1 = a >> 64, b0 = b & mask, b1 = b >> 64;
  const wide p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0;
  const wide middle = (p00 >> 64) + (p01 & mask) + (p10 & mask);
  return {a1 * b1 + (p01 >> 64) + (p10 >> 64) + (middle >> 64), (middle << 64) | (p00 & mask)};
}

/// What a double in [0, 1) is as a binary fraction: scaled by powers of two, which is exact.
fraction128 oracle(double p) {
  const double high = std::floor(std::ldexp(p, 64));
  const double low = std::floor(std::ldexp(std::ldexp(p, 64) - high, 64));
  return {static_cast<std::uint64_t>(high), static_cast<std::uint64_t>(low)};
}

/// Numbers with many leading zeros as well as large ones.
wide any_fraction(chance::numbers& any) {
  const wide x = (wide{any.next()} << 64) | any.next();
  return x >> any.below(128);
}

} // namespace

TEST_CASE("a probability is the double's exact value") {
  chance::numbers any(1);
  int wrong = 0;
  for (int i = 0; i < 20'000; ++i) {
    // Any exponent from 2^-140 on, so that all cases of the shift and the cut at 2^-128 occur.
    const double p = std::ldexp(1 + static_cast<double>(any.next() >> 12) * 0x1p-52,
                                -1 - static_cast<int>(any.below(140)));
    const probability taken(p);
    wrong += !(taken.part == oracle(p) && taken.valid && !taken.one);
  }
  CHECK(wrong == 0);
}

TEST_CASE("probabilities that are easily missed") {
  STATIC_REQUIRE(probability(0.5).part == fraction128{1ull << 63, 0});
  STATIC_REQUIRE(probability(0.0).is_zero());
  STATIC_REQUIRE(probability(-0.0).is_zero());
  STATIC_REQUIRE(probability(-0.0).valid);
  STATIC_REQUIRE(probability(1.0).one);
  STATIC_REQUIRE(probability(1.0).valid);
  STATIC_REQUIRE(!probability(1.0).is_zero());
  // 1e-12 = 4951760157141521 * 2^-92, by Python's float.hex.
  STATIC_REQUIRE(probability(1e-12).part ==
                 fraction128{4951760157141521ull >> 28, 4951760157141521ull << 36});
  STATIC_REQUIRE(probability(0x1.fffffffffffffp-1).part == fraction128{~std::uint64_t{0} << 11, 0});
  STATIC_REQUIRE(probability(0x1p-64).part == fraction128{1, 0});
  STATIC_REQUIRE(probability(0x1p-65).part == fraction128{0, 1ull << 63});
  STATIC_REQUIRE(probability(0x1p-128).part == fraction128{0, 1});
  STATIC_REQUIRE(probability(0x1.8p-128).part == fraction128{0, 1}); // bits below are dropped
  STATIC_REQUIRE(probability(0x1p-129).is_zero());
  STATIC_REQUIRE(probability(std::numeric_limits<double>::min()).is_zero());
  STATIC_REQUIRE(probability(std::numeric_limits<double>::denorm_min()).is_zero());
  STATIC_REQUIRE(probability(std::numeric_limits<double>::denorm_min()).valid);
}

TEST_CASE("what is no probability is not valid") {
  using limits = std::numeric_limits<double>;
  for (const double p :
       {limits::quiet_NaN(), -limits::quiet_NaN(), limits::infinity(), -limits::infinity(),
        1 + limits::epsilon(), 2.0, 1e300, -1e-300, -0.5, -1.0, -limits::denorm_min()}) {
    CAPTURE(p);
    CHECK_FALSE(probability(p).valid);
    CHECK_FALSE(probability(p).one);
  }
}

TEST_CASE("a hit happens below the probability, with 64 bits of resolution") {
  constexpr std::uint64_t half = std::uint64_t{1} << 63, last = ~std::uint64_t{0};
  STATIC_REQUIRE(probability(0.5).hit(half - 1));
  STATIC_REQUIRE(!probability(0.5).hit(half));
  STATIC_REQUIRE(!probability(0.0).hit(0));
  STATIC_REQUIRE(probability(1.0).hit(last));
  STATIC_REQUIRE(!probability(0x1.fffffffffffffp-1).hit(last));
  STATIC_REQUIRE(probability(0x1p-64).hit(0));
  STATIC_REQUIRE(!probability(0x1p-64).hit(1));
}

TEST_CASE("fractions are added, complemented and divided exactly") {
  chance::numbers any(2);
  int wrong = 0;
  for (int i = 0; i < 20'000; ++i) {
    const wide a = any_fraction(any), b = any_fraction(any);
    wrong += whole(detail::add(part(a), part(b))) != static_cast<wide>(a + b);
    if (a != 0)
      wrong += whole(detail::complement(part(a))) != static_cast<wide>(wide{0} - a);
    const auto n = static_cast<std::uint32_t>((any.next() >> any.below(32)) | 1);
    wrong += whole(detail::divide(part(a), n)) != a / n;
    // a / b for a < b: the quotient q is the largest number with q * b <= a * 2^128.
    const wide small = a < b ? a : b, large = a < b ? b : a;
    if (small == large)
      continue;
    const wide q = whole(detail::divide(part(small), part(large)));
    const auto below = exact_product(q, large);
    const bool at_most = below[0] < small || (below[0] == small && below[1] == 0);
    wide above_high = below[0], above_low = below[1] + large; // (q + 1) * large
    above_high += above_low < large ? 1 : 0;
    wrong += !(at_most && above_high >= small && !(above_high == small && above_low == 0));
  }
  CHECK(wrong == 0);
}

TEST_CASE("a product of fractions is at most 3 units of the last place too small") {
  chance::numbers any(3);
  int wrong = 0;
  for (int i = 0; i < 50'000; ++i) {
    const wide a = any_fraction(any), b = any_fraction(any);
    const wide exact = exact_product(a, b)[0];
    const wide ours = whole(detail::multiply(part(a), part(b)));
    wrong += ours > exact || exact - ours > 3;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a fraction times an integer is exact, and a product with it nearly so") {
  chance::numbers any(4);
  int wrong = 0, tried = 0;
  for (int i = 0; i < 50'000; ++i) {
    const wide a = any_fraction(any);
    const std::uint64_t n = any.next() >> any.below(64);
    const detail::fixed192 scaled = detail::scale(part(a), n);
    const auto exact = exact_product(a, n);
    wrong += scaled.whole != exact[0] || whole(scaled.part) != exact[1];

    const wide b = any_fraction(any) >> 32;
    const auto low = exact_product(b, exact[1]);
    const auto high = exact_product(b, exact[0]);
    const wide sum = low[0] + high[1];
    if (high[0] != 0 || sum < low[0])
      continue; // not below 1
    ++tried;
    const wide ours = whole(detail::multiply(part(b), scaled));
    wrong += ours > sum || sum - ours > 3;
  }
  CHECK(wrong == 0);
  CHECK(tried > 10'000);
}
