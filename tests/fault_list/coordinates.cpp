// SPDX-License-Identifier: MIT
#include <bitfault/fault_list/coordinates.hpp>

#include "catch.hpp"

#include <cstdint>
#include <vector>

using bitfault::refusal;
using bitfault::status;
using bitfault::detail::coordinates_of;
using bitfault::detail::element_at;

TEST_CASE("elements and coordinates are each other's inverse") {
  const std::vector<std::uint64_t> sizes{3, 4, 5};
  std::uint64_t element = 0;
  for (std::uint64_t i = 0; i < 3; ++i)
    for (std::uint64_t j = 0; j < 4; ++j)
      for (std::uint64_t k = 0; k < 5; ++k) {
        const std::vector<std::uint64_t> at{i, j, k};
        CHECK(coordinates_of(sizes, element) == at);
        std::uint64_t found = 0;
        CHECK(element_at(sizes, at, "", found).ok());
        CHECK(found == element++);
      }
  std::uint64_t only = 7;
  CHECK(element_at({}, {}, "", only).ok());
  CHECK(only == 0);
}

TEST_CASE("coordinates that name no element are refused with the axis") {
  std::uint64_t element = 0;
  CHECK(element_at({3, 4}, {2, 4}, "here", element) ==
        status{refusal::coordinate_outside, 1, 4, 4});
  CHECK(element_at({3, 4}, {2}, "here", element) ==
        status{refusal::wrong_number_of_coordinates, 0, 1, 2});
  CHECK(element_at({3, 0}, {0, 0}, "here", element).reason == refusal::coordinate_outside);
}
