// SPDX-License-Identifier: MIT
#include "bitfault/campaign/summary.hpp"

#include "../support/chance.hpp"
#include "catch.hpp"
#include "trials_by_hand.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace bitfault::campaign {

using namespace trials_by_hand;

TEST_CASE("campaigns drawn from a known population cover its shares as often as they say") {
  // 960 sites, 20 inputs; each site has a chance of its own to be an SDC. 400 campaigns of 240
  // trials. 95 % of 400 are 380; below 364 a sound interval falls about once in 7000 such tests
  // (binomial, 3.7 standard deviations). Wilson over pairs covers far less: the test would see it.
  chance::numbers numbers(17);
  std::vector<trial_record> population;
  double truth = 0, critical = 0, of_target = 0;
  for (std::uint64_t site = 0; site < 960; ++site) {
    const std::uint64_t thousandths = site % 8 == 0   ? 900
                                      : site % 8 == 1 ? 300
                                      : site % 8 == 2 ? 20
                                                      : 0;
    std::uint32_t hits = 0;
    for (int input = 0; input < 20; ++input)
      hits += numbers.below(1000) < thousandths ? 1U : 0U;
    const std::uint32_t target = site < 320 ? 0 : 2;
    population.push_back(record(0, {0, 0, 0, 0, 20 - hits, hits, 0}, {}, 0, target,
                                static_cast<unsigned>(site % 32)));
    truth += hits / (960 * 20.0);
    critical += (hits > 0 ? 1 : 0) / 960.0;
    of_target += target == 0 ? hits / (320 * 20.0) : 0;
  }
  int covered = 0, covered_critical = 0, covered_target = 0, covered_pairs = 0;
  for (int campaign = 0; campaign < 400; ++campaign) {
    summary s = summary_of(true);
    for (std::uint64_t i = 0; i < 240; ++i) {
      std::swap(population[i], population[i + numbers.below(960 - i)]);
      population[i].number = i;
      s.add(population[i]);
    }
    covered += s.sdc_share(s.all()).bounds.contains(truth) ? 1 : 0;
    covered_critical += s.critical_share(s.all()).bounds.contains(critical) ? 1 : 0;
    covered_target += s.sdc_share(s.by_target().at(0)).bounds.contains(of_target) ? 1 : 0;
    const trial_estimate pairs = s.sdc_share(s.all());
    covered_pairs += wilson_interval(pairs.hits, pairs.of).contains(truth) ? 1 : 0;
  }
  CHECK(covered >= 364);
  CHECK(covered_critical >= 364);
  CHECK(covered_target >= 364);
  CHECK(covered_pairs < 320);
}

} // namespace bitfault::campaign
