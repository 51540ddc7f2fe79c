// SPDX-License-Identifier: MIT
#include "bitfault/campaign/top_answer.hpp"

#include "catch.hpp"

#include <limits>
#include <vector>

namespace bitfault::campaign {
namespace {

using scores = std::vector<double>;
const double nan = std::numeric_limits<double>::quiet_NaN();
const double inf = std::numeric_limits<double>::infinity();

} // namespace

TEST_CASE("the top answer is the largest score, the first of equals, and never a NaN") {
  CHECK(top_answer(scores{1, 3, 2}) == 1);
  CHECK(top_answer(scores{3, 3, 3}) == 0);
  CHECK(top_answer(scores{1, 3, 3}) == 1);
  CHECK(top_answer(scores{-0.0, 0.0}) == 0);
  CHECK(top_answer(scores{nan, -5, -7}) == 1);
  CHECK(top_answer(scores{2, nan, 1}) == 0);
  CHECK(top_answer(scores{nan, -inf}) == 1);
  CHECK(top_answer(scores{nan, nan}) == 0);
  CHECK(top_answer(scores{1, inf, nan}) == 1);
  CHECK(top_answer(scores{}) == 0);
}

} // namespace bitfault::campaign
