// SPDX-License-Identifier: MIT
#include <bitfault/core/bfloat16.hpp>
#include <bitfault/core/half.hpp>
#include <bitfault/core/real.hpp>

#include "catch.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

using bitfault::bfloat16;
using bitfault::from_real;
using bitfault::half;
using bitfault::to_real;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan_value = std::numeric_limits<double>::quiet_NaN();

/// A type as a library of somebody else may have it.
struct their_float8 {
  std::uint8_t x;
};

} // namespace

template <>
struct bitfault::element_traits<their_float8> {
  using word = std::uint8_t;
  static constexpr code_layout layout{8, 1, 4, 3};
  static constexpr special_codes special = special_codes::nan_only;
};

TEMPLATE_TEST_CASE("every 8- and 16-bit integer is its own nearest", "", std::int8_t, std::uint8_t,
                   std::int16_t, std::uint16_t) {
  using limits = std::numeric_limits<TestType>;
  int wrong = 0;
  for (int i = limits::min(); i <= limits::max(); ++i) {
    const auto v = static_cast<TestType>(i);
    wrong += to_real(v) != i;
    wrong += from_real<TestType>(i) != v;
    for (const double off : {-0.5, -0.49, 0.49, 0.5}) {
      const double rounded = std::nearbyint(i + off);
      const double expected = std::fmin(std::fmax(rounded, limits::min()), limits::max());
      wrong += from_real<TestType>(i + off) != expected;
    }
  }
  CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("integers are clamped at their limits, and NaN becomes 0", "", std::int8_t,
                   std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t,
                   std::int64_t, std::uint64_t, char, long, unsigned long long) {
  using limits = std::numeric_limits<TestType>;
  CHECK(from_real<TestType>(inf) == limits::max());
  CHECK(from_real<TestType>(-inf) == limits::min());
  CHECK(from_real<TestType>(1e300) == limits::max());
  CHECK(from_real<TestType>(-1e300) == limits::min());
  CHECK(from_real<TestType>(std::ldexp(1.0, limits::digits)) == limits::max());
  CHECK(from_real<TestType>(static_cast<double>(limits::min())) == limits::min());
  CHECK(from_real<TestType>(nan_value) == 0);
  CHECK(from_real<TestType>(-nan_value) == 0);
  CHECK(from_real<TestType>(-0.0) == 0);
  CHECK(from_real<TestType>(5e-324) == 0);
  CHECK(from_real<TestType>(0.5) == 0);
  CHECK(from_real<TestType>(1.5) == 2);
  CHECK(from_real<TestType>(2.5) == 2);
  CHECK(from_real<TestType>(std::nextafter(0.5, 1)) == 1);
}

TEST_CASE("64-bit integers are right up to the last double below their limits") {
  CHECK(from_real<std::int64_t>(std::nextafter(0x1p63, 0)) == 9223372036854774784);
  CHECK(from_real<std::int64_t>(0x1p63) == 9223372036854775807);
  CHECK(from_real<std::int64_t>(-0x1p63) == std::numeric_limits<std::int64_t>::min());
  CHECK(from_real<std::int64_t>(std::nextafter(-0x1p63, 0)) == -9223372036854774784);
  CHECK(from_real<std::uint64_t>(std::nextafter(0x1p64, 0)) == 18446744073709549568u);
  CHECK(from_real<std::uint64_t>(0x1p64) == std::numeric_limits<std::uint64_t>::max());
  CHECK(from_real<std::int64_t>(0x1p52 + 0.5) == 0x10000000000000);
  CHECK(from_real<std::int64_t>(0x1p52 + 1) == 0x10000000000001);
  // Beyond 2^53 a double cannot hold every integer.
  CHECK(to_real(std::int64_t{9007199254740993}) == 9007199254740992.0);
  CHECK(to_real(std::numeric_limits<std::uint64_t>::max()) == 0x1p64);
  CHECK(to_real(std::numeric_limits<std::int64_t>::min()) == -0x1p63);

  std::mt19937_64 random(3);
  int wrong = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto magnitude = static_cast<double>(random() >> 1) * std::ldexp(1.0, -(i % 70));
    for (const double d : {magnitude, -magnitude}) {
      if (std::fabs(d) < 0x1p63)
        wrong += from_real<std::int64_t>(d) != static_cast<std::int64_t>(std::nearbyint(d));
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("bool is an integer of one bit") {
  CHECK(to_real(false) == 0.0);
  CHECK(to_real(true) == 1.0);
  CHECK_FALSE(from_real<bool>(0.0));
  CHECK_FALSE(from_real<bool>(0.5));
  CHECK(from_real<bool>(std::nextafter(0.5, 1)));
  CHECK(from_real<bool>(1.0));
  CHECK(from_real<bool>(inf));
  CHECK_FALSE(from_real<bool>(-1.0));
  CHECK_FALSE(from_real<bool>(nan_value));
}

TEST_CASE("float is rounded from double as the processor does, subnormals too") {
  std::mt19937_64 random(4);
  int wrong = 0;
  const auto check = [&](double d) {
    const float ours = from_real<float>(d);
    wrong +=
        std::bit_cast<std::uint32_t>(ours) != std::bit_cast<std::uint32_t>(static_cast<float>(d));
    wrong += std::bit_cast<std::uint64_t>(to_real(ours)) !=
             std::bit_cast<std::uint64_t>(static_cast<double>(ours));
    wrong += std::bit_cast<std::uint64_t>(from_real<double>(d)) != std::bit_cast<std::uint64_t>(d);
    wrong += std::bit_cast<std::uint64_t>(to_real(d)) != std::bit_cast<std::uint64_t>(d);
  };
  for (int i = 0; i < 200'000; ++i) {
    const auto any = std::bit_cast<double>(random());
    if (!std::isnan(any))
      check(any);
    // Near the range of float, half of them ties.
    const double fraction = 1 + std::ldexp(static_cast<double>(random() >> 39), -25);
    check(std::ldexp(i % 2 == 0 ? fraction : -fraction, static_cast<int>(random() % 290) - 155));
  }
  for (const double d : {0.0, -0.0, inf, -inf, 0x1p-149, 0x1p-150, 0x1.8p-150,
                         3.4028235677973366e38, 3.4028235677973362e38})
    check(d);
  CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("every 16-bit float but a NaN is its own nearest", "", half, bfloat16) {
  int wrong = 0;
  for (unsigned code = 0; code < 0x10000; ++code) {
    const auto v = TestType::from_bits(static_cast<std::uint16_t>(code));
    const double real = to_real(v);
    wrong +=
        std::bit_cast<std::uint64_t>(real) != std::bit_cast<std::uint64_t>(static_cast<double>(v));
    if (!std::isnan(real))
      wrong += from_real<TestType>(real) != v;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a NaN is the same one everywhere") {
  for (const std::uint64_t word : {0x7FF8000000000000u, 0xFFF8000000000000u, 0x7FF0000000000001u,
                                   0xFFFFFFFFFFFFFFFFu, 0x7FF4000000000000u}) {
    const auto nan = std::bit_cast<double>(word);
    CHECK(std::bit_cast<std::uint64_t>(from_real<double>(nan)) == 0x7FF8000000000000u);
    CHECK(std::bit_cast<std::uint32_t>(from_real<float>(nan)) == 0x7FC00000u);
    CHECK(from_real<half>(nan).bits == 0x7E00);
    CHECK(from_real<bfloat16>(nan).bits == 0x7FC0);
    CHECK(from_real<their_float8>(nan).x == 0x7F);
  }
}

TEST_CASE("an element type of one's own is known by its layout") {
  STATIC_REQUIRE(bitfault::floating_element<their_float8>);
  CHECK(to_real(their_float8{0x7E}) == 448.0);
  CHECK(from_real<their_float8>(1e9).x == 0x7E);
  CHECK(from_real<their_float8>(-1.0).x == 0xB8);
}

TEST_CASE("elements and reals convert in constant expressions") {
  STATIC_REQUIRE(from_real<int>(-2.5) == -2);
  STATIC_REQUIRE(to_real(half(0.25f)) == 0.25);
  STATIC_REQUIRE(from_real<float>(0.1) == 0.1f);
}
