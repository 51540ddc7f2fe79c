// SPDX-License-Identifier: MIT
#include <bitfault/core/error.hpp>
#include <bitfault/core/status.hpp>

#include "catch.hpp"

#include <string>
#include <type_traits>

using bitfault::refusal;
using bitfault::status;

TEST_CASE("a status is all right unless it says otherwise") {
  STATIC_REQUIRE(status{}.ok());
  STATIC_REQUIRE(static_cast<bool>(status{}));
  STATIC_REQUIRE(!status{refusal::too_many_faults}.ok());
  STATIC_REQUIRE(!static_cast<bool>(status{refusal::log_too_small}));
  STATIC_REQUIRE(std::is_trivially_copyable_v<status>);
  STATIC_REQUIRE(!std::is_convertible_v<status, bool>);
}

TEST_CASE("statuses are equal if reason and numbers are, wherever they come from") {
  constexpr status s{refusal::axis_outside, 1, 2, 3, "here"};
  STATIC_REQUIRE(s == status{refusal::axis_outside, 1, 2, 3, "there"});
  STATIC_REQUIRE(s != status{refusal::wrong_number_of_coordinates, 1, 2, 3});
  STATIC_REQUIRE(s != status{refusal::axis_outside, 0, 2, 3});
  STATIC_REQUIRE(s != status{refusal::axis_outside, 1, 0, 3});
  STATIC_REQUIRE(s != status{refusal::axis_outside, 1, 2, 0});
}

TEST_CASE("the first refusal counts") {
  constexpr status good{}, a{refusal::axis_outside}, b{refusal::null_data};
  STATIC_REQUIRE(bitfault::detail::first_refusal(good, good).ok());
  STATIC_REQUIRE(bitfault::detail::first_refusal(a, good) == a);
  STATIC_REQUIRE(bitfault::detail::first_refusal(good, b) == b);
  STATIC_REQUIRE(bitfault::detail::first_refusal(a, b) == a);
}

TEST_CASE("a refusal is thrown with its sentence, and nothing else is") {
  CHECK_NOTHROW(status{}.or_throw());
  const status refused{refusal::axis_outside, 3, 3, 2, "line"};
  try {
    refused.or_throw();
    FAIL("nothing was thrown");
  } catch (const bitfault::error& e) {
    CHECK(e.why() == refused);
    CHECK(e.what() == std::string("bitfault: line: axis 3 does not exist in a tensor of rank 2"));
  }
  CHECK_THROWS_AS(refused.or_throw(), std::exception);
}
