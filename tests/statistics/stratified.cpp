// SPDX-License-Identifier: MIT
#include "bitfault/statistics/stratified.hpp"

#include "bitfault/statistics/allocation.hpp"
#include "bitfault/statistics/clopper_pearson.hpp"

#include "catch.hpp"
#include "complaint.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace bitfault;

/// The hits of a stratum with so many hits in all, drawn without replacement one by one.
std::uint64_t draw(std::uint64_t population, std::uint64_t hits, std::uint64_t trials,
                   std::mt19937_64& random) {
  std::uint64_t found = 0;
  for (std::uint64_t i = 0; i < trials; ++i)
    if (random() % (population - i) < hits - found)
      ++found;
  return found;
}

/// Bit positions of three layers, say: sizes far apart, from harmless to fatal.
struct layer {
  std::uint64_t population, hits;
};
const std::vector<layer> network{{50000, 0},  {20000, 4}, {6000, 60}, {3000, 300},
                                 {1000, 500}, {400, 396}, {100, 100}, {40, 1}};

double truth() {
  double hits = 0, all = 0;
  for (const layer& l : network) {
    hits += static_cast<double>(l.hits);
    all += static_cast<double>(l.population);
  }
  return hits / all;
}

} // namespace

TEST_CASE("each member has the same weight, however the trials were spread") {
  const std::vector<stratum> strata{{1000, 10, 5}, {9000, 10, 1}};
  const estimate e = stratified_estimate(strata);
  CHECK(e.value == Approx(0.1 * 0.5 + 0.9 * 0.1));
  CHECK(e.bounds.contains(e.value));
  // One stratum is Clopper and Pearson's interval.
  const std::vector<stratum> one{{1000, 10, 5}};
  const estimate alone = stratified_estimate(one);
  const interval exact = clopper_pearson_interval(5, 10, 0.95, 1000);
  CHECK(alone.bounds.lower == Approx(exact.lower));
  CHECK(alone.bounds.upper == Approx(exact.upper));
}

TEST_CASE("strata that were tried to the end are certain, those not tried may be anything") {
  const std::vector<stratum> known{{40, 40, 4}, {60, 60, 60}};
  CHECK(stratified_estimate(known) == estimate{0.64, {0.64, 0.64}});
  const std::vector<stratum> half_known{{40, 40, 4}, {60, 0, 0}};
  const estimate e = stratified_estimate(half_known);
  CHECK(e.value == Approx(0.1));
  CHECK(e.bounds.lower == Approx(0.04));
  CHECK(e.bounds.upper == Approx(0.64));
}

TEST_CASE("the stratified interval covers: equal numbers in each stratum, and in proportion") {
  // 1000 campaigns each. 95 % minus four standard deviations are 922.
  std::mt19937_64 random(8);
  std::vector<std::uint64_t> sizes;
  for (const layer& l : network)
    sizes.push_back(l.population);
  const std::vector<std::uint64_t> in_proportion = proportional_allocation(sizes, 1000);
  int equal = 0, proportional = 0, pooled = 0;
  for (int campaign = 0; campaign < 1000; ++campaign) {
    std::vector<stratum> same, by_size;
    std::uint64_t hits = 0;
    for (std::size_t i = 0; i < network.size(); ++i) {
      const layer& l = network[i];
      const std::uint64_t n = std::min<std::uint64_t>(l.population, 125);
      same.push_back({l.population, n, draw(l.population, l.hits, n, random)});
      by_size.push_back(
          {l.population, in_proportion[i], draw(l.population, l.hits, in_proportion[i], random)});
      hits += by_size.back().hits;
    }
    equal += stratified_estimate(same).bounds.contains(truth()) ? 1 : 0;
    proportional += stratified_estimate(by_size).bounds.contains(truth()) ? 1 : 0;
    pooled += clopper_pearson_interval(hits, 1000).contains(truth()) ? 1 : 0;
  }
  CAPTURE(equal, proportional, pooled);
  CHECK(equal >= 922);
  CHECK(proportional >= 922);
  CHECK(pooled >= 922);
}

TEST_CASE("the stratified interval covers where strata are many and hits rare") {
  // 1000 campaigns each, strata of 500 members, eight or four trials in each. 95 % minus four
  // standard deviations are 922. The parts' intervals combined cover 87 % of the first.
  struct spread {
    std::size_t strata;
    std::uint64_t trials;
    std::vector<std::uint64_t> hits; ///< of the 500, in turn
  };
  const std::vector<spread> spreads{
      {128, 8, {10}}, {128, 8, {50}}, {256, 4, {25}}, {128, 8, {0, 0, 0, 150}}, {32, 30, {10}}};
  std::mt19937_64 random(80);
  for (const spread& way : spreads) {
    std::uint64_t all_hits = 0;
    for (std::size_t i = 0; i < way.strata; ++i)
      all_hits += way.hits[i % way.hits.size()];
    const double share = static_cast<double>(all_hits) / static_cast<double>(500 * way.strata);
    int covered = 0;
    for (int campaign = 0; campaign < 1000; ++campaign) {
      std::vector<stratum> tried;
      for (std::size_t i = 0; i < way.strata; ++i)
        tried.push_back(
            {500, way.trials, draw(500, way.hits[i % way.hits.size()], way.trials, random)});
      covered += stratified_estimate(tried).bounds.contains(share) ? 1 : 0;
    }
    CAPTURE(way.strata, way.trials, share, covered);
    CHECK(covered >= 922);
  }
}

TEST_CASE("trials in proportion are pooled, others are not") {
  // 640 strata (20 layers, 32 bits) with ten trials each and no hit.
  const std::vector<stratum> many(640, stratum{10000, 10, 0});
  CHECK(distance_from_proportion(many) == 0);
  CHECK(stratified_estimate(many).bounds == clopper_pearson_interval(0, 6400, 0.95, 6'400'000));
  // Half of the trials in a tenth of the members.
  const std::vector<stratum> uneven{{100, 50, 5}, {900, 50, 5}};
  CHECK(distance_from_proportion(uneven) == Approx(0.4));
  CHECK_FALSE(pooled_interval(uneven, 0.95, 1000));
  // A rounded allocation: wider by how far it is from the proportions.
  const std::vector<stratum> rounded{{667, 67, 6}, {333, 33, 3}};
  const auto pooled = pooled_interval(rounded, 0.95, 1000);
  REQUIRE(pooled);
  const interval exact = clopper_pearson_interval(9, 100, 0.95, 1000);
  CHECK(pooled->lower == Approx(exact.lower - 0.003));
  CHECK(pooled->upper == Approx(exact.upper + 0.003));
}

TEST_CASE("parts are combined by their weights, whatever their intervals are") {
  const std::vector<weighted_estimate> parts{{3, {0.5, {0.4, 0.7}}}, {1, {0.1, {0.1, 0.2}}}};
  const estimate e = combined_estimate(parts);
  CHECK(e.value == Approx(0.4));
  CHECK(e.bounds.lower == Approx(0.4 - 0.75 * 0.1));
  CHECK(e.bounds.upper == Approx(0.4 + std::sqrt(0.15 * 0.15 + 0.025 * 0.025)));
  const std::vector<weighted_estimate> one{{7, {0.5, {0.4, 0.7}}}};
  CHECK(combined_estimate(one) == estimate{0.5, {0.4, 0.7}});
  CHECK(complaint([] { return combined_estimate({}); }).find("0 parts") != std::string::npos);
  const std::vector<weighted_estimate> weightless{{0, {}}};
  CHECK(complaint([&] { return combined_estimate(weightless); }).find("a weight") !=
        std::string::npos);
}

TEST_CASE("strata that cannot be are refused") {
  const std::vector<stratum> more_hits{{10, 3, 4}}, more_trials{{2, 3, 1}}, untried{{10, 0, 0}};
  CHECK(complaint([&] { return stratified_estimate(more_hits); }) ==
        "bitfault: stratified_estimate: 4 hits in 3 trials");
  CHECK(complaint([&] { return stratified_estimate(more_trials); }).find("population of 2") !=
        std::string::npos);
  CHECK(complaint([&] { return stratified_estimate(untried); }) ==
        "bitfault: stratified_estimate: 0 trials given; at least 1 needed");
}
