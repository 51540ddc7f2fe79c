// SPDX-License-Identifier: MIT
#include <bitfault/core/bfloat16.hpp>
#include <bitfault/formats/bfloat16.hpp>

#include "catch.hpp"
#include "every_code.hpp"

#include <cstdint>

TEST_CASE("every code of bfloat16 comes back from float and double") {
  CHECK(lost_codes<float>(bitfault::formats::bfloat16{}) == 0);
  CHECK(lost_codes<double>(bitfault::formats::bfloat16{}) == 0);
  CHECK(lost_codes<bitfault::bfloat16>(bitfault::formats::bfloat16{}) == 0);
}

TEST_CASE("a float seen as bfloat16 is its upper half, and a flip of bit b one of bit b + 16") {
  const auto codec = bitfault::formats::bfloat16{}.codec<float>();
  int wrong = 0;
  for (std::uint32_t c = 0; c < 0x10000; ++c) {
    wrong += codec.encode(c << 16) != c;
    for (unsigned bit = 0; bit < 16; ++bit)
      wrong += codec.decode(static_cast<std::uint16_t>(c ^ (1u << bit))) !=
               ((c << 16) ^ (1u << (bit + 16)));
  }
  CHECK(wrong == 0);
}
