// SPDX-License-Identifier: MIT
#include "bitfault/statistics/confidence_sequence.hpp"

#include "bitfault/random/fault_key.hpp"
#include "bitfault/random/permutation.hpp"
#include "bitfault/statistics/clopper_pearson.hpp"
#include "bitfault/statistics/wilson.hpp"

#include "catch.hpp"
#include "complaint.hpp"
#include "oracle_values.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace bitfault;

/// The chance that an interval, looked at after each of `trials` trials, never misses the share
/// good / all: exactly, by following the chances of all numbers of hits that were not yet missed.
/// `interval_of(hits, n)` must not fall as hits grow.
template <class Interval>
double covered_at_all_times(std::uint64_t trials, double good, double all, bool replaced,
                            const Interval& interval_of) {
  const double p = good / all;
  std::vector<double> chance{1}; // of `first` hits, first + 1, ... and never missed
  std::uint64_t first = 0;
  for (std::uint64_t n = 1; n <= trials; ++n) {
    std::vector<double> next(chance.size() + 1);
    for (std::size_t i = 0; i < chance.size(); ++i) {
      const double hits = static_cast<double>(first + i);
      const double before = static_cast<double>(n - 1);
      const double hit = replaced ? p : (good - hits) / (all - before);
      next[i] += chance[i] * (1 - hit);
      next[i + 1] += chance[i] * hit;
    }
    // Cut what the interval misses; the rounding of a chance may be off p by an ulp or so.
    const double slack = 1e-12;
    while (!next.empty() && interval_of(first + next.size() - 1, n).lower > p + slack)
      next.pop_back();
    std::size_t missed = 0;
    while (missed < next.size() && interval_of(first + missed, n).upper < p - slack)
      ++missed;
    next.erase(next.begin(), next.begin() + static_cast<std::ptrdiff_t>(missed));
    first += missed;
    chance = next;
  }
  double sum = 0;
  for (const double c : chance)
    sum += c;
  return sum;
}

} // namespace

TEST_CASE("an anytime-valid interval ends where 50 digits of arithmetic say") {
  for (const oracle::share& known : oracle::anytime) {
    const interval i = anytime_interval(known.hits, known.trials, known.confidence);
    CAPTURE(known.hits, known.trials, known.confidence);
    // Its ends lie outside by the margin of 1e-9 that it leaves for rounding.
    CHECK(i.lower == Approx(known.lower).epsilon(2e-9));
    CHECK(i.upper == Approx(known.upper).epsilon(2e-9));
  }
}

TEST_CASE("without replacement an anytime-valid interval ends where exact fractions say") {
  for (const oracle::count& known : oracle::anytime_without_replacement) {
    const interval i =
        anytime_interval(known.hits, known.trials, known.confidence, known.population);
    const double all = static_cast<double>(known.population);
    CAPTURE(known.hits, known.trials, known.population, known.confidence);
    CHECK(i.lower * all == Approx(static_cast<double>(known.lower)).margin(1e-9));
    CHECK(i.upper * all == Approx(static_cast<double>(known.upper)).margin(1e-9));
  }
}

TEST_CASE(
    "looking after each of 3000 trials keeps the confidence, and Wilson's interval loses it") {
  const auto anytime = [](std::uint64_t hits, std::uint64_t n) {
    return anytime_interval(hits, n, 0.95);
  };
  const auto fixed = [](std::uint64_t hits, std::uint64_t n) { return wilson_interval(hits, n); };
  for (const double p : {0.02, 0.3}) {
    CAPTURE(p);
    CHECK(covered_at_all_times(3000, p, 1, true, anytime) >= 0.95);
    CHECK(covered_at_all_times(3000, p, 1, true, fixed) < 0.65);
  }
  // Ville's bound is the better used the longer one goes on; at 80 % it is not far off.
  const double at_80 =
      covered_at_all_times(3000, 0.3, 1, true, [](std::uint64_t hits, std::uint64_t n) {
        return anytime_interval(hits, n, 0.8);
      });
  CHECK(at_80 >= 0.8);
  CHECK(at_80 < 0.93);
}

TEST_CASE("without replacement, looking until all is known keeps the confidence") {
  const double all = 600;
  for (const double good : {0.0, 1.0, 12.0, 180.0, 600.0}) {
    CAPTURE(good);
    CHECK(covered_at_all_times(600, good, all, false, [](std::uint64_t hits, std::uint64_t n) {
            return anytime_interval(hits, n, 0.95, 600);
          }) >= 0.95);
  }
  // The same trials with Wilson's interval, looked at from the first one on.
  CHECK(covered_at_all_times(600, 180, all, false, [](std::uint64_t hits, std::uint64_t n) {
          return wilson_interval(hits, n);
        }) < 0.8);
}

TEST_CASE("campaigns that stop when the interval is narrow enough cover the share that is true") {
  // 300 campaigns over permuted sites, stopped at a width of 4 %: 15 may miss at 95 %; that 32 do
  // would be 4.5 standard deviations off.
  const std::uint64_t sites = 5000, bad = 250;
  int missed = 0;
  std::uint64_t trials = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const keyed_permutation order(permutation_shape(sites), random_stream({seed, 0, 0, 0}));
    confidence_sequence seen{.confidence = 0.95, .population = sites};
    interval now;
    do {
      seen.add(order.at(seen.trials) < bad);
      if (seen.trials % 16 == 0)
        now = seen.current();
    } while (now.width() > 0.04);
    missed += now.contains(0.05) ? 0 : 1;
    trials += seen.trials;
  }
  CAPTURE(missed, trials);
  CHECK(missed <= 31);
  CHECK(trials / 300 < sites / 2); // it does stop
}

TEST_CASE(
    "what looking at any time costs in width: 1.7 times at 100 trials, 2.4 times at a million") {
  const auto ratio = [](std::uint64_t n) {
    return anytime_interval(n / 50, n).width() / clopper_pearson_interval(n / 50, n).width();
  };
  CHECK(ratio(100) == Approx(1.7).margin(0.05));
  CHECK(ratio(1'000'000) == Approx(2.4).margin(0.05));
}

TEST_CASE("a confidence sequence is a function of its counts, and ends in the exact share") {
  confidence_sequence seen{.population = 40};
  for (int trial = 0; trial < 40; ++trial) {
    seen.add(trial % 5 == 0);
    CHECK(seen.current() == anytime_interval(seen.hits, seen.trials, 0.95, 40));
    CHECK(seen.current().contains(0.2));
  }
  CHECK(seen.current() == interval{0.2, 0.2});
  CHECK(anytime_interval(0, 0) == interval{0, 1});
  // A large population is as good as none.
  const interval large = anytime_interval(20, 1000, 0.95, 1'000'000'000'000);
  const interval none = anytime_interval(20, 1000, 0.95);
  CHECK(large.lower == Approx(none.lower).epsilon(1e-6));
  CHECK(large.upper == Approx(none.upper).epsilon(1e-6));
}

TEST_CASE("an anytime-valid interval refuses what cannot be") {
  CHECK(complaint([] { return anytime_interval(4, 3); }) ==
        "bitfault: anytime_interval: 4 hits in 3 trials");
  CHECK(complaint([] { return anytime_interval(1, 3, 0.95, 2); }) ==
        "bitfault: anytime_interval: 3 trials without replacement in a population of 2");
  CHECK(complaint([] { return anytime_interval(1, 3, 0); }).find("confidence of 0") !=
        std::string::npos);
}
