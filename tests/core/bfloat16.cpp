// SPDX-License-Identifier: MIT
#include <bitfault/core/bfloat16.hpp>

#include "catch.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

using bitfault::bfloat16;

TEST_CASE("bfloat16 is storage of two bytes") {
  STATIC_REQUIRE(sizeof(bfloat16) == 2);
  STATIC_REQUIRE(alignof(bfloat16) == 2);
  STATIC_REQUIRE(std::is_trivially_copyable_v<bfloat16>);
  STATIC_REQUIRE(std::is_trivially_default_constructible_v<bfloat16>);
  STATIC_REQUIRE(std::is_standard_layout_v<bfloat16>);
  STATIC_REQUIRE(bfloat16{}.bits == 0);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<float, bfloat16>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<bfloat16, float>);
}

TEST_CASE("bfloat16 is an element with 1 sign, 8 exponent and 7 mantissa bits") {
  STATIC_REQUIRE(bitfault::element<bfloat16>);
  STATIC_REQUIRE(std::is_same_v<bitfault::word_t<bfloat16>, std::uint16_t>);
  constexpr bitfault::code_layout layout = bitfault::element_traits<bfloat16>::layout;
  CHECK(layout.bits == 16);
  CHECK(layout.sign_bits == 1);
  CHECK(layout.exponent_bits == 8);
  CHECK(layout.mantissa_bits == 7);
  STATIC_REQUIRE(bitfault::to_word(bfloat16(-2.0f)) == 0xC000);
  STATIC_REQUIRE(bitfault::from_word<bfloat16>(0x3F80) == bfloat16(1));
}

TEST_CASE("bfloat16 converts from and to float, double and integers") {
  STATIC_REQUIRE(bfloat16(1.0f).bits == 0x3F80);
  STATIC_REQUIRE(bfloat16(-0.0f).bits == 0x8000);
  STATIC_REQUIRE(bfloat16(3.3895313892515355e38).bits == 0x7F7F);
  STATIC_REQUIRE(bfloat16(3.4028234663852886e38).bits == 0x7F80); // the largest float is too large
  STATIC_REQUIRE(bfloat16(1e39).bits == 0x7F80);
  STATIC_REQUIRE(bfloat16(-3).bits == 0xC040);
  STATIC_REQUIRE(static_cast<float>(bfloat16::from_bits(0x3EAB)) == 0.333984375f);
  STATIC_REQUIRE(static_cast<double>(bfloat16::from_bits(0x0001)) == 0x1p-133);
  CHECK(std::isnan(static_cast<float>(bfloat16(std::numeric_limits<float>::quiet_NaN()))));
}

TEST_CASE("bfloat16 rounds a double once") {
  STATIC_REQUIRE(bfloat16(1 + 0x1p-8 + 0x1p-40).bits == 0x3F81);
  STATIC_REQUIRE(bfloat16(1 + 0x1p-8).bits == 0x3F80);
}

TEST_CASE("== compares the bits of a bfloat16") {
  CHECK(bfloat16(1.5f) == bfloat16(1.5));
  CHECK(bfloat16(0.0f) != bfloat16(-0.0f));
  CHECK(bfloat16::from_bits(0x7FC0) == bfloat16::from_bits(0x7FC0));
  CHECK(bfloat16::from_bits(0x7FC0) != bfloat16::from_bits(0x7FC1));
}
