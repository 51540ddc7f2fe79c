// SPDX-License-Identifier: MIT
#include "bitfault/statistics/failures_in_time.hpp"

#include "bitfault/statistics/clopper_pearson.hpp"

#include "catch.hpp"
#include "complaint.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace bitfault;
using memories = std::vector<memory_failures>;

} // namespace

TEST_CASE("failures in time are summed over memories, value and both ends") {
  const memories m{{8, {700, {600, 850}}, {0.02, {0.01, 0.04}}},
                   {0.5, {100, {100, 100}}, {0.5, {0.25, 0.75}}}};
  const estimate fit = failures_in_time(m);
  CHECK(fit.value == Approx(700 * 8 * 0.02 + 100 * 0.5 * 0.5));
  CHECK(fit.bounds.lower == Approx(600 * 8 * 0.01 + 100 * 0.5 * 0.25));
  CHECK(fit.bounds.upper == Approx(850 * 8 * 0.04 + 100 * 0.5 * 0.75));
  CHECK(failures_in_time(memories{}) == estimate{0, {0, 0}});
}

TEST_CASE("bounds from intervals with a shared confidence cover the true failures in time") {
  // Two memories; raw rates measured as counts among 10^5 chances, SDC chances among 500 faults.
  // 400 campaigns: 20 may miss at 95 %, 38 would be four standard deviations more.
  const double raw[2] = {0.0004, 0.001}, sdc[2] = {0.02, 0.3}, mbit[2] = {100, 3};
  const double truth = mbit[0] * raw[0] * sdc[0] + mbit[1] * raw[1] * sdc[1];
  const double each = each_of(0.95, 4);
  CHECK(each == Approx(0.9875));
  std::mt19937_64 random(12);
  int missed = 0;
  for (int campaign = 0; campaign < 400; ++campaign) {
    memories m;
    for (int c = 0; c < 2; ++c) {
      const auto measure = [&](double p, std::uint64_t n) {
        const auto hits = static_cast<std::uint64_t>(
            std::binomial_distribution<std::int64_t>(static_cast<std::int64_t>(n), p)(random));
        return estimate{static_cast<double>(hits) / static_cast<double>(n),
                        clopper_pearson_interval(hits, n, each)};
      };
      const estimate rate = measure(raw[c], 100'000);
      m.push_back({mbit[c], rate, measure(sdc[c], 500)});
    }
    missed += failures_in_time(m).bounds.contains(truth) ? 0 : 1;
  }
  CAPTURE(missed);
  CHECK(missed <= 37);
}

TEST_CASE("rates and chances that cannot be are refused") {
  const auto said = [](double mbit, const estimate& raw, const estimate& sdc) {
    const memories m{{mbit, raw, sdc}};
    return complaint([&] { return failures_in_time(m); });
  };
  const estimate good{0.5, {0.25, 0.75}};
  CHECK(said(1, good, good).empty());
  CHECK(said(-1, good, good).find("a size in Mbit of -1") != std::string::npos);
  CHECK(said(1, {0.5, {0.6, 0.7}}, good).find("a lower raw rate of 0.6") != std::string::npos);
  CHECK(said(1, {0.5, {-1, 0.7}}, good).find("a lower raw rate of -1") != std::string::npos);
  CHECK(said(1, {0.9, {0.6, 0.7}}, good) ==
        "bitfault: failures_in_time: a raw rate of 0.9; it must lie between 0 and 0.7");
  CHECK(said(1, good, {0.5, {0.25, 1.5}}).find("an upper chance of 1.5") != std::string::npos);
  CHECK(complaint([] { return each_of(0.95, 0); }) ==
        "bitfault: each_of: 0 statements given; at least 1 needed");
}
