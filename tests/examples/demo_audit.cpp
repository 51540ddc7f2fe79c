// SPDX-License-Identifier: MIT
// Planned samples of the demo network's faults, against what all of them are known to do.
#include <bitfault/campaign/audit.hpp>

#include "catch.hpp"

#include <bitfault/campaign/truth.hpp>
#include <bitfault/statistics/sample_size.hpp>

#include <filesystem>

// False alarms: the coverage is compared with a 99 % interval of 500 campaigns, one-sided, so a
// method that just keeps its promise fails with a chance below 0.5 %. The seed is fixed.
TEST_CASE("planned samples of the known truth cover its SDC rate as often as they say") {
  namespace bc = bitfault::campaign;
  const auto known =
      bc::truth::load(std::filesystem::path(DEMO_DATA_DIRECTORY) / "demo_truth.bits");
  for (const char* criterion : {"sdc_1", "sdc_5", "non_finite"}) {
    INFO(criterion);
    const std::size_t number = known.number_of(criterion);
    REQUIRE(known.hits(number) > 0);
    bc::audit_options o;
    o.campaigns = 500;
    o.trials = bitfault::sample_size(known.sites(), 0.02, 0.95, 0.05); // +-2 points at 5 %
    CHECK(o.trials > 400);
    const auto methods = bc::audit(known, number, o);
    REQUIRE(methods.front().name == "fixed n, Clopper-Pearson");
    CHECK(methods.front().campaigns == 500);
    CHECK(methods.front().coverage.upper >= 0.95);
    CHECK(methods.front().mean_half_width < 0.025);
  }
}
