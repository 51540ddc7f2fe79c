// SPDX-License-Identifier: MIT
#include <bitfault/core/half.hpp>
#include <bitfault/formats/half.hpp>

#include "catch.hpp"
#include "every_code.hpp"

#include <cstdint>

TEST_CASE("every code of half comes back from float and double") {
  CHECK(lost_codes<float>(bitfault::formats::half{}) == 0);
  CHECK(lost_codes<double>(bitfault::formats::half{}) == 0);
  CHECK(lost_codes<bitfault::half>(bitfault::formats::half{}) == 0);
}

TEST_CASE("a float seen as half has the code and the value of that half") {
  for (const double v : {0.0, -0.0, 1.0, 0.1, -3.14159, 65504.0, 1e6, 1e-7, 5.9e-8}) {
    CHECK(code_of<float>(bitfault::formats::half{}, v) ==
          bitfault::half(static_cast<float>(v)).bits);
    CHECK(seen<float>(bitfault::formats::half{}, v) ==
          static_cast<double>(bitfault::half(static_cast<float>(v))));
  }
}
