// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/fault_list/edit_distance.hpp>

#include <string>
#include <vector>

TEST_CASE("the edit distance counts letters") {
  using bitfault::detail::edit_distance;
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("flaw", "lawn") == 2);
  CHECK(edit_distance("same", "same") == 0);
}

TEST_CASE("the nearest name is the one that takes the fewest changes") {
  using bitfault::detail::nearest_name;
  const std::vector<std::string> names{"seed", "threads", "name", "same"};
  CHECK(nearest_name(names, "sead") == "seed");
  CHECK(nearest_name(names, "thread") == "threads");
  CHECK(nearest_name(names, "fame") == "name"); // the first of two
  CHECK(nearest_name(std::vector<std::string>{}, "x").empty());
}
