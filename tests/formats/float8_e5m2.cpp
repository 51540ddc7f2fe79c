// SPDX-License-Identifier: MIT
#include <bitfault/core/bfloat16.hpp>
#include <bitfault/core/half.hpp>
#include <bitfault/formats/float8_e5m2.hpp>

#include "catch.hpp"
#include "every_code.hpp"

#include <cmath>

using bitfault::formats::float8_e5m2;

TEST_CASE("every code of e5m2 comes back from each floating-point element") {
  CHECK(lost_codes<float>(float8_e5m2{}) == 0);
  CHECK(lost_codes<double>(float8_e5m2{}) == 0);
  CHECK(lost_codes<bitfault::half>(float8_e5m2{}) == 0);
  CHECK(lost_codes<bitfault::bfloat16>(float8_e5m2{}) == 0);
}

TEST_CASE("e5m2 keeps 57344 as its largest number and overflows to infinity") {
  CHECK(code_of<float>(float8_e5m2{}, 57344.0) == 0x7B);
  CHECK(std::isinf(seen<float>(float8_e5m2{}, 61440.0)));
  CHECK(seen<float>(float8_e5m2{}, 61439.0) == 57344.0);
  CHECK(std::isnan(seen<bitfault::half>(float8_e5m2{}, NAN)));
  CHECK(seen<bitfault::half>(float8_e5m2{}, 0x1p-16) == 0x1p-16);
}
