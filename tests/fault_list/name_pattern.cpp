// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/fault_list/name_pattern.hpp>

TEST_CASE("patterns with several stars go back where they have to") {
  using bitfault::fits_pattern;
  CHECK(fits_pattern("layer3.12.conv2", "layer3.*.conv2"));
  CHECK(fits_pattern("abcabcabd", "*abd"));
  CHECK(fits_pattern("abcabcabd", "a*b*d"));
  CHECK_FALSE(fits_pattern("abcabcabd", "a*b*c"));
  CHECK(fits_pattern("", "*"));
  CHECK_FALSE(fits_pattern("", "?"));
  CHECK(fits_pattern("x", "**?**"));
  CHECK_FALSE(fits_pattern("ab", "a"));
  // A star in a name is matched by a star, and by itself.
  CHECK(fits_pattern("a*b", "a*b"));
}
