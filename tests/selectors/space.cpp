// SPDX-License-Identifier: MIT
#include <bitfault/selectors/space.hpp>

#include "catch.hpp"

using bitfault::index_t;
using bitfault::detail::site_space;

TEST_CASE("a space of up to 2^62 - 1 sites can be counted") {
  STATIC_REQUIRE(site_space{}.size() == 0);
  STATIC_REQUIRE(site_space{5, 32, 1}.size() == 160);
  STATIC_REQUIRE(site_space{0, 32, 0}.fits());
  STATIC_REQUIRE(site_space{(index_t{1} << 57) - 1, 32, 1}.fits());
  STATIC_REQUIRE(site_space{(index_t{1} << 62) - 1, 1, 1}.fits());
  STATIC_REQUIRE(!site_space{index_t{1} << 62, 1, 1}.fits());
  STATIC_REQUIRE(!site_space{index_t{1} << 57, 32, 1}.fits());
  STATIC_REQUIRE(!site_space{index_t{1} << 60, 32, 1}.fits());       // wraps to 0 in 64 bits
  STATIC_REQUIRE(!site_space{(index_t{1} << 59) + 1, 32, 1}.fits()); // wraps to 32
}

TEST_CASE("a refusal of too many faults names what was asked for and the limit") {
  constexpr auto s = bitfault::detail::too_many("here", 7, 5);
  STATIC_REQUIRE(s == bitfault::status{bitfault::refusal::too_many_faults, 0, 7, 5});
}
