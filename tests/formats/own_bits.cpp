// SPDX-License-Identifier: MIT
#include <bitfault/core/half.hpp>
#include <bitfault/formats/own_bits.hpp>

#include "catch.hpp"
#include "every_code.hpp"

#include <cstdint>
#include <type_traits>

using bitfault::formats::own_bits;

TEMPLATE_TEST_CASE("own bits are the element's word and layout", "", float, double, std::int8_t,
                   std::uint64_t, bool, bitfault::half) {
  using word = bitfault::word_t<TestType>;
  constexpr auto codec = own_bits{}.codec<TestType>();
  STATIC_REQUIRE(bitfault::codec_for<std::remove_const_t<decltype(codec)>, TestType>);
  STATIC_REQUIRE(codec.is_own_bits);
  STATIC_REQUIRE(codec.layout.bits == bitfault::element_traits<TestType>::layout.bits);
  STATIC_REQUIRE(std::is_empty_v<std::remove_const_t<decltype(codec)>>);
  const auto any = static_cast<word>(0x8BADF00DDEADBEEF);
  CHECK(codec.encode(any) == any);
  CHECK(codec.decode(any) == any);
  CHECK(own_bits{}.check<TestType>().ok());
}
