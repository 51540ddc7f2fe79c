// SPDX-License-Identifier: MIT
#include "bitfault/statistics/clopper_pearson.hpp"

#include "catch.hpp"
#include "complaint.hpp"
#include "oracle_values.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using bitfault::clopper_pearson_interval;
using bitfault::interval;

} // namespace

TEST_CASE("no hit in 1000 trials leaves 0.368 percent") {
  const interval none = clopper_pearson_interval(0, 1000);
  CHECK(none.lower == 0);
  CHECK(std::round(none.upper * 1e5) / 1e5 == Approx(0.00368));
  CHECK(none.upper == Approx(1 - std::pow(0.025, 1e-3)).epsilon(1e-12));
  const interval all = clopper_pearson_interval(1000, 1000);
  CHECK(all.upper == 1);
  CHECK(all.lower == Approx(1 - none.upper).epsilon(1e-14));
}

TEST_CASE("Clopper and Pearson's ends are those that 50 digits of arithmetic give") {
  for (const oracle::share& known : oracle::clopper_pearson) {
    const interval i = clopper_pearson_interval(known.hits, known.trials, known.confidence);
    CAPTURE(known.hits, known.trials, known.confidence);
    CHECK(i.lower == Approx(known.lower).epsilon(1e-11));
    CHECK(i.upper == Approx(known.upper).epsilon(1e-11));
  }
}

TEST_CASE("without replacement the ends are those of exact fractions") {
  for (const oracle::count& known : oracle::hypergeometric) {
    const interval i =
        clopper_pearson_interval(known.hits, known.trials, known.confidence, known.population);
    const double all = static_cast<double>(known.population);
    CAPTURE(known.hits, known.trials, known.population, known.confidence);
    CHECK(i.lower * all == Approx(static_cast<double>(known.lower)).margin(1e-9));
    CHECK(i.upper * all == Approx(static_cast<double>(known.upper)).margin(1e-9));
  }
}

TEST_CASE("coverage by exact sums is never below the confidence, with and without replacement") {
  using bitfault::detail::log_binomial;
  using bitfault::detail::log_hypergeometric;
  const double n = 60, all = 200;
  for (const double confidence : {0.8, 0.95}) {
    double least_with = 1, least_without = 1;
    std::vector<interval> with, without;
    for (std::uint64_t k = 0; k <= 60; ++k) {
      with.push_back(clopper_pearson_interval(k, 60, confidence));
      without.push_back(clopper_pearson_interval(k, 60, confidence, 200));
      CHECK(without.back().width() < with.back().width());
    }
    for (double good = 0; good <= all; good += 1) {
      double covered_with = 0, covered_without = 0;
      const double p = good / all;
      for (std::size_t k = 0; k <= 60; ++k) {
        const double hits = static_cast<double>(k);
        if (with[k].contains(p))
          covered_with += std::exp(log_binomial(hits, n, p, 1 - p));
        if (without[k].contains(p))
          covered_without += std::exp(log_hypergeometric(hits, n, good, all - good));
      }
      least_with = std::min(least_with, covered_with);
      least_without = std::min(least_without, covered_without);
    }
    CAPTURE(confidence);
    CHECK(least_with >= confidence - 1e-12);
    CHECK(least_without >= confidence - 1e-12);
    // Not by being wide for nothing.
    CHECK(least_with < confidence + 0.05);
    CHECK(least_without < confidence + 0.05);
  }
}

TEST_CASE("a population that was tried to the end leaves nothing open") {
  const interval i = clopper_pearson_interval(20, 1000, 0.95, 1000);
  CHECK(i == interval{0.02, 0.02});
  CHECK(clopper_pearson_interval(0, 0, 0.95, 1000) == interval{0, 1});
}

TEST_CASE("a large population gives what an unlimited one does, whole hits aside") {
  const std::uint64_t large = 1'000'000'000'000;
  for (const std::uint64_t hits : {0U, 3U, 500U, 1000U}) {
    const interval a = clopper_pearson_interval(hits, 1000, 0.95, large);
    const interval b = clopper_pearson_interval(hits, 1000, 0.95);
    CAPTURE(hits);
    CHECK(a.lower == Approx(b.lower).margin(1e-8));
    CHECK(a.upper == Approx(b.upper).margin(1e-8));
  }
}

TEST_CASE("Clopper and Pearson refuse what is no count, no confidence and no population") {
  CHECK(complaint([] { return clopper_pearson_interval(4, 3); }) ==
        "bitfault: clopper_pearson_interval: 4 hits in 3 trials");
  CHECK(complaint([] { return clopper_pearson_interval(1, 3, 0.95, 2); }) ==
        "bitfault: clopper_pearson_interval: 3 trials without replacement in a population of 2");
  CHECK(complaint([] { return clopper_pearson_interval(1, 3, 1.5); }) ==
        "bitfault: clopper_pearson_interval: a confidence of 1.5; it must lie between 0 and 1, "
        "both excluded");
}
