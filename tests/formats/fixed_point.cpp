// SPDX-License-Identifier: MIT
#include <bitfault/core/bfloat16.hpp>
#include <bitfault/core/half.hpp>
#include <bitfault/formats/fixed_point.hpp>

#include "catch.hpp"
#include "every_code.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

using bitfault::formats::fixed_point;

TEST_CASE("every fixed-point code comes back from elements with enough digits") {
  CHECK(lost_codes<float>(fixed_point<7, 8>{}) == 0);
  CHECK(lost_codes<double>(fixed_point<7, 8>{}) == 0);
  CHECK(lost_codes<float>(fixed_point<0, 15>{}) == 0);
  CHECK(lost_codes<float>(fixed_point<15, 0>{}) == 0);
  CHECK(lost_codes<float>(fixed_point<3, 4>{}) == 0);
  CHECK(lost_codes<bitfault::half>(fixed_point<3, 4>{}) == 0);
  CHECK(lost_codes<bitfault::half>(fixed_point<5, 6>{}) == 0);
  CHECK(lost_codes<bitfault::bfloat16>(fixed_point<3, 4>{}) == 0);
  CHECK(lost_codes<float>(fixed_point<10, 14>{}, 101) == 0);
  CHECK(lost_codes<double>(fixed_point<7, 24>{}, 4099) == 0);
  CHECK(lost_codes<double>(fixed_point<31, 0>{}, 4099) == 0);
  CHECK(lost_codes<double>(fixed_point<0, 31>{}, 4099) == 0);
}

TEST_CASE("the codec says whether an element type holds every fixed-point number") {
  STATIC_REQUIRE(decltype(fixed_point<7, 24>{}.codec<double>())::is_exact);
  STATIC_REQUIRE_FALSE(decltype(fixed_point<7, 24>{}.codec<float>())::is_exact);
  STATIC_REQUIRE(decltype(fixed_point<10, 14>{}.codec<float>())::is_exact);
  STATIC_REQUIRE(decltype(fixed_point<5, 6>{}.codec<bitfault::half>())::is_exact);
  STATIC_REQUIRE_FALSE(decltype(fixed_point<5, 7>{}.codec<bitfault::half>())::is_exact);
  STATIC_REQUIRE_FALSE(decltype(fixed_point<0, 25>{}.codec<bitfault::half>())::is_exact);
}

TEST_CASE("Q7.24 in float: what is rounded once stays as it is") {
  const auto codec = fixed_point<7, 24>{}.codec<float>();
  std::uint64_t changed = 0;
  for (std::uint64_t c = 0; c <= 0xFFFFFFFFu; c += 4099) {
    const std::uint32_t word = codec.decode(static_cast<std::uint32_t>(c));
    changed += codec.decode(codec.encode(word)) != word;
  }
  // The one number that rounding up makes too large is the one that was clamped.
  CHECK(changed == 0);
  CHECK(codec.decode(0x7FFFFFFF) == bitfault::to_word(128.0f));
  CHECK(codec.encode(bitfault::to_word(128.0f)) == 0x7FFFFFFF);
}

TEST_CASE("fixed-point codes are value * 2^n, rounded half to even and clamped") {
  CHECK(code_of<float>(fixed_point<7, 24>{}, 1.0) == 0x01000000);
  CHECK(code_of<float>(fixed_point<7, 24>{}, -1.0) == 0xFF000000);
  CHECK(code_of<float>(fixed_point<7, 24>{}, -128.0) == 0x80000000);
  CHECK(code_of<float>(fixed_point<7, 24>{}, 1e20) == 0x7FFFFFFF);
  CHECK(code_of<float>(fixed_point<7, 24>{}, -INFINITY) == 0x80000000);
  CHECK(code_of<float>(fixed_point<7, 24>{}, NAN) == 0);
  CHECK(code_of<float>(fixed_point<7, 24>{}, -0.0) == 0);
  CHECK(code_of<float>(fixed_point<3, 0>{}, 2.5) == 2);
  CHECK(code_of<float>(fixed_point<3, 0>{}, 3.5) == 4);
  CHECK(code_of<float>(fixed_point<3, 0>{}, -2.5) == 0xE);
  CHECK(code_of<double>(fixed_point<3, 0>{}, std::nextafter(2.5, 3)) == 3);
  CHECK(seen<double>(fixed_point<3, 4>{}, 1e-9) == 0.0);

  int wrong = 0;
  for (int i = -5000; i < 5000; ++i) {
    const double v = i * 0.0021937;
    const double expected = std::fmin(std::fmax(std::nearbyint(v * 16), -128), 127) / 16;
    wrong += seen<double>(fixed_point<3, 4>{}, v) != expected;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a fixed-point format has a sign and m + n more bits") {
  const auto codec = fixed_point<7, 24>{}.codec<float>();
  CHECK(codec.layout.bits == 32);
  CHECK(codec.layout.sign_bits == 1);
  CHECK(codec.layout.exponent_bits == 0);
  CHECK(codec.layout.mantissa_bits == 31);
  CHECK(fixed_point<1, 2>{}.codec<float>().decode(0xF7) == bitfault::to_word(1.75f));
  STATIC_REQUIRE(fixed_point<3, 4>{}.codec<float>().encode(bitfault::to_word(-0.5f)) == 0xF8);
}
