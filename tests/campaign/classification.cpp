// SPDX-License-Identifier: MIT
#include "bitfault/campaign/classification.hpp"

#include "../support/chance.hpp"
#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace bitfault::campaign {
namespace {

using scores = std::vector<double>;
const double nan = std::numeric_limits<double>::quiet_NaN();
const double inf = std::numeric_limits<double>::infinity();

double value(const criterion& c, const scores& golden, const scores& faulty) {
  return c.value({golden, faulty});
}
bool holds(const criterion& c, const scores& golden, const scores& faulty) {
  REQUIRE(c.is_flag);
  const double v = value(c, golden, faulty);
  REQUIRE((v == 0 || v == 1));
  return v == 1;
}

/// The order of the answers, by a library sort.
std::vector<std::size_t> ranking(const scores& s) {
  std::vector<std::size_t> order(s.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const double x = std::isnan(s[a]) ? -inf : s[a], y = std::isnan(s[b]) ? -inf : s[b];
    return x > y || (x == y && !std::isnan(s[a]) && std::isnan(s[b]));
  });
  return order;
}

} // namespace

TEST_CASE("SDC-1 is another top answer, whatever the scores") {
  CHECK_FALSE(holds(sdc_1(), {0.1, 0.9}, {0.4, 0.6}));
  CHECK(holds(sdc_1(), {0.1, 0.9}, {0.6, 0.4}));
  CHECK(holds(sdc_1(), {0.1, 0.9}, {0.5, 0.5})); // a tie goes to the lower index
  CHECK_FALSE(holds(sdc_1(), {0.9, 0.1}, {0.5, 0.5}));
  CHECK_FALSE(holds(sdc_1(), {}, {}));
}

TEST_CASE("SDC-5 asks for the new answer in golden's five, its reverse for golden's in the new") {
  const scores golden{9, 8, 7, 6, 5, 4, 3};
  CHECK_FALSE(holds(sdc_5(), golden, {0, 0, 0, 0, 1, 0, 0})); // the fifth
  CHECK(holds(sdc_5(), golden, {0, 0, 0, 0, 0, 1, 0}));       // the sixth
  // Golden's answer 0 is fifth, then sixth.
  CHECK_FALSE(holds(golden_lost_top5(), golden, {5, 9, 8, 7, 6, 4, 3}));
  CHECK(holds(golden_lost_top5(), golden, {4, 9, 8, 7, 6, 5, 3}));
  // They differ: the new answer was second, golden's is now last; and the other way round.
  const scores one{1, 9, 8, 7, 6, 5, 2};
  CHECK_FALSE(holds(sdc_5(), golden, one));
  CHECK(holds(golden_lost_top5(), golden, one));
  const scores other{8, 7, 6, 5, 4, 3, 9};
  CHECK(holds(sdc_5(), golden, other));
  CHECK_FALSE(holds(golden_lost_top5(), golden, other));
  // With five answers or fewer, all are among the five best.
  CHECK_FALSE(holds(sdc_5(), {5, 4, 3, 2, 1}, {1, 2, 3, 4, 5}));
  // Ties at the fifth place: the lower index is in.
  CHECK_FALSE(holds(sdc_5(), {9, 8, 7, 6, 5, 5}, {0, 0, 0, 0, 1, 0}));
  CHECK(holds(sdc_5(), {9, 8, 7, 6, 5, 5}, {0, 0, 0, 0, 0, 1}));
}

TEST_CASE("the first five are those of a stable sort, with ties and NaN among the scores") {
  chance::numbers numbers(3);
  for (int round = 0; round < 2000; ++round) {
    scores s(1 + numbers.below(9));
    for (double& x : s)
      x = numbers.below(8) == 0 ? nan : static_cast<double>(numbers.below(5));
    const std::vector<std::size_t> order = ranking(s);
    CHECK(top_answer(s) == order[0]);
    for (std::size_t place = 0; place < order.size(); ++place)
      CHECK(detail::among_best(s, order[place], 5) == (place < 5));
  }
}

TEST_CASE("SDC-10 % and SDC-20 % are relative to golden's top score, in either direction") {
  // Powers of two, so that 10 % and 20 % are met exactly where a double can.
  CHECK_FALSE(holds(sdc_10_percent(), {10, 1}, {11, 1}));
  CHECK(holds(sdc_10_percent(), {10, 1}, {11.001, 1}));
  CHECK_FALSE(holds(sdc_10_percent(), {10, 1}, {9, 1}));
  CHECK(holds(sdc_10_percent(), {10, 1}, {8.999, 1}));
  CHECK_FALSE(holds(sdc_20_percent(), {10, 1}, {8, 1}));
  CHECK(holds(sdc_20_percent(), {10, 1}, {12.001, 1}));
  CHECK(holds(sdc_10_percent(), {10, 1}, {11.5, 1}));
  CHECK_FALSE(holds(sdc_20_percent(), {10, 1}, {11.5, 1}));
  // Of the largest score, not of golden's class; logits may be negative.
  CHECK_FALSE(holds(sdc_10_percent(), {10, 1}, {1, 10}));
  CHECK_FALSE(holds(sdc_10_percent(), {-10, -20}, {-10.5, -20}));
  CHECK(holds(sdc_10_percent(), {-10, -20}, {-8, -20}));
  CHECK(holds(sdc_10_percent(), {0, -1}, {0.001, -1}));
  CHECK_FALSE(holds(sdc_10_percent(), {0, -1}, {0, -5}));
}

TEST_CASE("ten percentage points are absolute and need the same top answer") {
  CHECK_FALSE(holds(sdc_10pp(), {0.75, 0.25}, {0.6875, 0.3125}));
  CHECK(holds(sdc_10pp(), {0.75, 0.25}, {0.625, 0.375}));
  CHECK(holds(sdc_10pp(), {0.5, 0.25}, {0.75, 0.25}));
  CHECK_FALSE(holds(sdc_10pp(), {0.75, 0.25}, {0.25, 0.75}));
  // 0.125 is 12.5 % of 1 and more than 10 points; 0.0625 of 0.25 is 25 % and fewer.
  CHECK_FALSE(holds(sdc_10pp(), {0.25, 0.125}, {0.3125, 0.125}));
  CHECK(holds(sdc_20_percent(), {0.25, 0.125}, {0.3125, 0.125}));
}

TEST_CASE("the margin loss is how much the lead over the best other answer shrank") {
  CHECK_FALSE(margin_loss().is_flag);
  CHECK(value(margin_loss(), {5, 3, 1}, {5, 4, 1}) == 1);
  CHECK(value(margin_loss(), {5, 3, 1}, {6, 3, 1}) == -1);
  CHECK(value(margin_loss(), {5, 3, 1}, {1, 3, 5}) == 6); // from 2 ahead to 4 behind
  CHECK(value(margin_loss(), {1, 5}, {1, 5}) == 0);
  CHECK(value(margin_loss(), {1}, {2}) == 0);
}

TEST_CASE("the shipped list has the criteria by their names, and no flag holds of equal outputs") {
  std::vector<std::string> names;
  for (const criterion& c : classification_criteria()) {
    names.push_back(c.name);
    CHECK(value(c, {0.5, 0.25, 0.125}, {0.5, 0.25, 0.125}) == 0);
    CHECK(value(c, {}, {}) == 0);
  }
  CHECK(names == std::vector<std::string>{"sdc_1", "sdc_5", "golden_lost_top5", "sdc_10_percent",
                                          "sdc_20_percent", "sdc_10pp", "margin_loss"});
}

} // namespace bitfault::campaign
