// SPDX-License-Identifier: MIT
#include <bitfault/core/bfloat16.hpp>
#include <bitfault/core/half.hpp>
#include <bitfault/formats/minifloat.hpp>

#include "catch.hpp"
#include "every_code.hpp"

#include <cmath>
#include <cstdint>
#include <type_traits>

using bitfault::special_codes;
using bitfault::formats::minifloat;

TEMPLATE_TEST_CASE("every code of a minifloat comes back from an element", "", float, double,
                   bitfault::half) {
  CHECK(lost_codes<TestType>(minifloat<4, 3>{}) == 0);
  CHECK(lost_codes<TestType>(minifloat<5, 2>{}) == 0);
  CHECK(lost_codes<TestType>(minifloat<5, 10>{}) == 0);
  CHECK(lost_codes<TestType>(minifloat<3, 9>{}) == 0);
  CHECK(lost_codes<TestType>(minifloat<2, 1, special_codes::none>{}) == 0);
  CHECK(lost_codes<TestType>(minifloat<3, 2, special_codes::none>{}) == 0);
  CHECK(lost_codes<TestType>(minifloat<2, 3, special_codes::none>{}) == 0);
}

TEST_CASE("wide minifloats come back from float and double, where sampled") {
  CHECK(lost_codes<float>(minifloat<8, 10>{}) == 0); // TensorFloat-32
  CHECK(lost_codes<double>(minifloat<8, 23>{}, 4099) == 0);
  CHECK(lost_codes<float>(minifloat<7, 23>{}, 4099) == 0);
  CHECK(lost_codes<bitfault::bfloat16>(minifloat<8, 6>{}) == 0);
}

TEST_CASE("a minifloat has the layout that its name says, in the smallest word") {
  const auto codec = minifloat<8, 10>{}.codec<float>();
  CHECK(codec.layout.bits == 19);
  CHECK(codec.layout.sign_bits == 1);
  CHECK(codec.layout.exponent_bits == 8);
  CHECK(codec.layout.mantissa_bits == 10);
  STATIC_REQUIRE(std::is_same_v<decltype(codec)::code, std::uint32_t>);
  STATIC_REQUIRE(std::is_same_v<decltype(minifloat<2, 1>{}.codec<float>())::code, std::uint8_t>);
  STATIC_REQUIRE(std::is_same_v<decltype(minifloat<2, 6>{}.codec<float>())::code, std::uint16_t>);
}

TEST_CASE("a minifloat that is the element itself is its own bits") {
  STATIC_REQUIRE(decltype(minifloat<5, 10>{}.codec<bitfault::half>())::is_own_bits);
  STATIC_REQUIRE(decltype(minifloat<8, 7>{}.codec<bitfault::bfloat16>())::is_own_bits);
  STATIC_REQUIRE_FALSE(decltype(minifloat<5, 10>{}.codec<float>())::is_own_bits);
  STATIC_REQUIRE_FALSE(decltype(minifloat<4, 10>{}.codec<bitfault::half>())::is_own_bits);
  CHECK(lost_codes<bitfault::half>(minifloat<5, 10>{}) == 0);
}

TEST_CASE("a minifloat rounds an element once and saturates as its kind says") {
  CHECK(seen<float>(minifloat<4, 3>{}, 1.0625) == 1.0);  // tie, to even
  CHECK(seen<float>(minifloat<4, 3>{}, 1.1875) == 1.25); // tie, to even
  CHECK(seen<double>(minifloat<4, 3>{}, 1.0625 + 1e-15) == 1.125);
  CHECK(seen<float>(minifloat<4, 3>{}, 240.0) == 240.0); // with IEEE's special codes
  CHECK(std::isinf(seen<float>(minifloat<4, 3>{}, 248.0)));
  CHECK(seen<float>(minifloat<2, 1, special_codes::none>{}, -1e9) == -6.0);
  CHECK(std::isnan(seen<float>(minifloat<4, 3>{}, std::nan(""))));
}

TEST_CASE("bits above those of a minifloat's code are ignored") {
  const auto codec = minifloat<2, 1, special_codes::none>{}.codec<float>();
  CHECK(codec.decode(0xF5) == codec.decode(0x05));
}
