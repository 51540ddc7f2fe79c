// SPDX-License-Identifier: MIT
#include <bitfault/core/bfloat16.hpp>
#include <bitfault/core/half.hpp>
#include <bitfault/formats/float8_e4m3.hpp>

#include "catch.hpp"
#include "every_code.hpp"

#include <cmath>

using bitfault::formats::float8_e4m3;

TEST_CASE("every code of e4m3 comes back from each floating-point element") {
  CHECK(lost_codes<float>(float8_e4m3{}) == 0);
  CHECK(lost_codes<double>(float8_e4m3{}) == 0);
  CHECK(lost_codes<bitfault::half>(float8_e4m3{}) == 0);
  CHECK(lost_codes<bitfault::bfloat16>(float8_e4m3{}) == 0);
}

TEST_CASE("e4m3 keeps 448 as its largest number and saturates") {
  CHECK(code_of<float>(float8_e4m3{}, 448.0) == 0x7E);
  CHECK(seen<float>(float8_e4m3{}, 1e9) == 448.0);
  CHECK(seen<float>(float8_e4m3{}, -INFINITY) == -448.0);
  CHECK(std::isnan(seen<float>(float8_e4m3{}, NAN)));
  CHECK(seen<bitfault::half>(float8_e4m3{}, 0x1p-9) == 0x1p-9);
  CHECK(seen<float>(float8_e4m3{}, 0x1p-10) == 0.0);
}
