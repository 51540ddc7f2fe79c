// SPDX-License-Identifier: MIT
#include <bitfault/core/element.hpp>

#include "catch.hpp"

#include <cstdint>
#include <type_traits>

using bitfault::code_layout;
using bitfault::element_traits;

namespace {

template <class T>
constexpr bool has_layout(unsigned bits, unsigned sign, unsigned exponent, unsigned mantissa) {
  constexpr code_layout l = element_traits<T>::layout;
  constexpr code_layout fixed = element_traits<const T>::layout;
  return l.bits == bits && l.sign_bits == sign && l.exponent_bits == exponent &&
         l.mantissa_bits == mantissa && fixed.bits == bits && fixed.sign_bits == sign &&
         fixed.exponent_bits == exponent && fixed.mantissa_bits == mantissa &&
         std::is_same_v<bitfault::word_t<T>, bitfault::word_t<const T>>;
}

enum class color : std::uint8_t { red };
struct three_bytes {
  char bytes[3];
};

} // namespace

TEST_CASE("the words of arithmetic types are laid out as their standards say, const or not") {
  STATIC_REQUIRE(has_layout<float>(32, 1, 8, 23));
  STATIC_REQUIRE(has_layout<double>(64, 1, 11, 52));
  STATIC_REQUIRE(has_layout<bool>(1, 0, 0, 1));
  STATIC_REQUIRE(has_layout<std::int8_t>(8, 1, 0, 7));
  STATIC_REQUIRE(has_layout<std::uint8_t>(8, 0, 0, 8));
  STATIC_REQUIRE(has_layout<std::int16_t>(16, 1, 0, 15));
  STATIC_REQUIRE(has_layout<std::uint32_t>(32, 0, 0, 32));
  STATIC_REQUIRE(has_layout<std::int64_t>(64, 1, 0, 63));
}

TEST_CASE("what has no word is no element") {
  STATIC_REQUIRE(bitfault::element<float>);
  STATIC_REQUIRE_FALSE(bitfault::element<color>);
  STATIC_REQUIRE_FALSE(bitfault::element<three_bytes>);
  STATIC_REQUIRE_FALSE(bitfault::element<float*>);
  STATIC_REQUIRE(sizeof(long double) <= 8 || !bitfault::element<long double>);
}

TEST_CASE("a word has the bits of its value, and gives it back") {
  STATIC_REQUIRE(bitfault::to_word(1.0f) == 0x3F800000u);
  STATIC_REQUIRE(bitfault::to_word(std::int8_t{-1}) == 0xFF);
  STATIC_REQUIRE(bitfault::to_word(true) == 1);
  STATIC_REQUIRE(bitfault::from_word<std::int16_t>(0x8000) == -32768);
  STATIC_REQUIRE(bitfault::to_word(bitfault::from_word<float>(0x7FA00001u)) == 0x7FA00001u);
}
