// SPDX-License-Identifier: MIT
#include <bitfault/campaign/trial_bytes.hpp>

#include "catch.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace bitfault::campaign;

namespace {

/// All members differ from each other and from their defaults.
trial_record full_record() {
  return {1,
          2,
          3,
          {4, 5, 6, 7, 8, 9, 10},
          {11, 12, 13, 14, 15, 16, 17},
          18,
          19,
          "mst-",
          true,
          true,
          {0.5, -0.0, std::numeric_limits<double>::infinity()},
          {{20, {21, 22, 23, bitfault::fault_action::write}, 24, 25},
           {26, {27, 28, 29, bitfault::fault_action::flip}, 30, 31}},
          35,
          {monitor_record{}, monitor_record{}}};
}

} // namespace

TEST_CASE("a trial's record comes back from its bytes") {
  trial_record r = full_record();
  r.monitors[1].layer = 32;
  r.monitors[1].golden.mean = 33;
  r.monitors[1].faulty.nan_count = 34;
  r.monitors[1].rmse = 0.25;
  const trial_record back = to_trial(to_bytes(r));
  CHECK(back == r);
  CHECK(std::signbit(back.criteria[1]));
  CHECK(to_trial(to_bytes(trial_record{})) == trial_record{});
}

TEST_CASE("a record of too few or too many bytes is refused") {
  const std::string bytes = to_bytes(full_record());
  for (std::size_t n = 0; n < bytes.size(); ++n)
    CHECK_THROWS_AS(to_trial(std::string_view(bytes).substr(0, n)), std::runtime_error);
  CHECK_THROWS_AS(to_trial(bytes + "x"), std::runtime_error);
}

TEST_CASE("a list that claims to be longer than the bytes allocates nothing") {
  std::string bytes = to_bytes(trial_record{});
  // Criteria, faults, the number of those that are not listed, monitors: the last four words. The
  // letters' length stands before them and two flags.
  for (const std::size_t end : {8, 24, 32, 42}) {
    std::string wrong = bytes;
    wrong[wrong.size() - end + 7] = '\x7F';
    CHECK_THROWS_AS(to_trial(wrong), std::runtime_error);
  }
}
