// SPDX-License-Identifier: MIT
#include <bitfault/core/half.hpp>

#include "catch.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

using bitfault::half;

TEST_CASE("half is storage of two bytes") {
  STATIC_REQUIRE(sizeof(half) == 2);
  STATIC_REQUIRE(alignof(half) == 2);
  STATIC_REQUIRE(std::is_trivially_copyable_v<half>);
  STATIC_REQUIRE(std::is_trivially_default_constructible_v<half>);
  STATIC_REQUIRE(std::is_standard_layout_v<half>);
  STATIC_REQUIRE(half{}.bits == 0);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<float, half>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<half, float>);
}

TEST_CASE("half is an element with 1 sign, 5 exponent and 10 mantissa bits") {
  STATIC_REQUIRE(bitfault::element<half>);
  STATIC_REQUIRE(std::is_same_v<bitfault::word_t<half>, std::uint16_t>);
  constexpr bitfault::code_layout layout = bitfault::element_traits<half>::layout;
  CHECK(layout.bits == 16);
  CHECK(layout.sign_bits == 1);
  CHECK(layout.exponent_bits == 5);
  CHECK(layout.mantissa_bits == 10);
  STATIC_REQUIRE(bitfault::to_word(half(-2.0f)) == 0xC000);
  STATIC_REQUIRE(bitfault::from_word<half>(0x3C00) == half(1));
}

TEST_CASE("half converts from and to float, double and integers") {
  STATIC_REQUIRE(half(1.0f).bits == 0x3C00);
  STATIC_REQUIRE(half(-0.0f).bits == 0x8000);
  STATIC_REQUIRE(half(65504.0).bits == 0x7BFF);
  STATIC_REQUIRE(half(65520.0).bits == 0x7C00);
  STATIC_REQUIRE(half(-3).bits == 0xC200);
  STATIC_REQUIRE(half(std::uint64_t{1} << 63).bits == 0x7C00);
  STATIC_REQUIRE(static_cast<float>(half::from_bits(0x3555)) == 0.333251953125f);
  STATIC_REQUIRE(static_cast<double>(half::from_bits(0x0001)) == 0x1p-24);
  CHECK(std::isnan(static_cast<float>(half(std::numeric_limits<float>::quiet_NaN()))));
}

TEST_CASE("half rounds a double once") {
  // Through float this would become the tie 1 + 2^-11 first, and then 1.
  STATIC_REQUIRE(half(1 + 0x1p-11 + 0x1p-30).bits == 0x3C01);
  STATIC_REQUIRE(half(1 + 0x1p-11).bits == 0x3C00);
}

TEST_CASE("== compares the bits of a half") {
  CHECK(half(1.5f) == half(1.5));
  CHECK(half(0.0f) != half(-0.0f));
  CHECK(half::from_bits(0x7E00) == half::from_bits(0x7E00));
  CHECK(half::from_bits(0x7E00) != half::from_bits(0x7E01));
}
