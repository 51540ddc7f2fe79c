// SPDX-License-Identifier: MIT
#include <bitfault/fault_list/text_numbers.hpp>

#include "catch.hpp"

#include <cstdint>
#include <vector>

using namespace bitfault::detail;

TEST_CASE("a number is all of its text, or it is none") {
  std::uint64_t n = 0;
  CHECK((whole_number("18446744073709551615", n) && n == ~std::uint64_t{0}));
  CHECK((whole_number("007", n) && n == 7));
  for (const char* wrong : {"", "-1", "+1", " 1", "1 ", "0x1", "1.0", "18446744073709551616"}) {
    CAPTURE(wrong);
    CHECK_FALSE(whole_number(wrong, n));
  }
  CHECK((hexadecimal_number("0xFfffffffffffffff", n) && n == ~std::uint64_t{0}));
  CHECK((hexadecimal_number("0x00000000000000000a", n) && n == 10));
  for (const char* wrong : {"", "0x", "ff", "0X1", "0x-1", "0x1g", "0x10000000000000000"}) {
    CAPTURE(wrong);
    CHECK_FALSE(hexadecimal_number(wrong, n));
  }
  CHECK(hexadecimal(0) == "0x0");
  CHECK(hexadecimal(~std::uint64_t{0}) == "0xffffffffffffffff");
}

TEST_CASE("bits are listed in rising order") {
  CHECK(bit_numbers(0x8000000000000005u) == std::vector<std::uint64_t>{0, 2, 63});
  CHECK(joined(bit_numbers(0xA), ",") == "1,3");
  CHECK(joined(std::vector<std::uint64_t>{}, ",").empty());
}
