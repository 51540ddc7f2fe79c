// SPDX-License-Identifier: MIT
#include "bitfault/statistics/two_way.hpp"

#include "bitfault/statistics/clopper_pearson.hpp"
#include "bitfault/statistics/clustered.hpp"
#include "bitfault/statistics/effective_size.hpp"
#include "bitfault/statistics/interval.hpp"

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

/// Faults crossed with inputs: a pair is hit where a normal deviate of the fault, one of the input
/// and one of the pair add up to more than a threshold. The three have the variances `by_fault`,
/// `by_input` and what is left of 1.
struct crossed {
  std::size_t faults, inputs;
  std::vector<std::uint8_t> hit;
  std::vector<std::uint64_t> by_fault, by_input;

  crossed(std::size_t n, std::size_t m, double threshold, double fault_part, double input_part,
          std::mt19937_64& random)
      : faults(n), inputs(m), hit(n * m), by_fault(n), by_input(m) {
    std::normal_distribution<double> normal;
    std::vector<double> of_input(m);
    for (double& x : of_input)
      x = std::sqrt(input_part) * normal(random);
    for (std::size_t i = 0; i < n; ++i) {
      const double of_fault = std::sqrt(fault_part) * normal(random);
      for (std::size_t j = 0; j < m; ++j) {
        const double own = std::sqrt(1 - fault_part - input_part) * normal(random);
        const bool is_hit = of_fault + of_input[j] + own > threshold;
        hit[i * m + j] = is_hit ? 1 : 0;
        by_fault[i] += is_hit ? 1 : 0;
        by_input[j] += is_hit ? 1 : 0;
      }
    }
  }

  /// The shares of hits that the pigeonhole bootstrap draws, sorted.
  std::vector<double> bootstrap(int replicates, std::mt19937_64& random) const {
    std::vector<double> shares;
    for (int r = 0; r < replicates; ++r) {
      std::vector<int> rows(faults), columns(inputs);
      for (std::size_t i = 0; i < faults; ++i)
        ++rows[random() % faults];
      for (std::size_t j = 0; j < inputs; ++j)
        ++columns[random() % inputs];
      double sum = 0;
      for (std::size_t i = 0; i < faults; ++i)
        for (std::size_t j = 0; j < inputs; ++j)
          sum += rows[i] * columns[j] * hit[i * inputs + j];
      shares.push_back(sum / static_cast<double>(faults * inputs));
    }
    std::sort(shares.begin(), shares.end());
    return shares;
  }
};

double chance_above(double threshold) { return std::erfc(threshold / std::sqrt(2.0)) / 2; }

} // namespace

TEST_CASE("the variance is that of Owen's pigeonhole bootstrap") {
  std::mt19937_64 random(5);
  for (const double by_fault : {0.1, 0.6}) {
    const crossed c(15, 9, 0.5, by_fault, 0.3, random);
    const std::vector<double> drawn = c.bootstrap(40'000, random);
    double sum = 0, squares = 0;
    for (const double share : drawn)
      sum += share;
    const double mean = sum / 40'000;
    for (const double share : drawn)
      squares += (share - mean) * (share - mean);

    // The interval that this variance gives. Its relative error is sqrt(2 / 40,000) or 0.7 %, half
    // of that in a width; 2 % are nearly six standard deviations.
    const auto rows = detail::count_clusters("", c.by_fault, 9, "");
    const auto columns = detail::count_clusters("", c.by_input, 15, "");
    const double share = static_cast<double>(rows.hits) / (15 * 9);
    const double pairs = detail::effective_size(share, squares / 40'000, 9, 15 * 9,
                                                std::min(rows.unlike, columns.unlike), 0.95);
    REQUIRE(pairs > 9); // else the lower limit would hide the variance
    const interval drawn_ends = detail::exact_interval(share * pairs, pairs, 0.025);
    const interval ends = two_way_interval(c.by_fault, c.by_input);
    CAPTURE(by_fault, ends.lower, ends.upper);
    CHECK(ends.width() == Approx(drawn_ends.width()).epsilon(0.02));
  }
}

TEST_CASE("faults and inputs: the interval covers what neither pairs nor faults alone do") {
  // 400 campaigns each, 95 %: three standard deviations are 13. The docstring promises 88 %.
  struct world {
    std::size_t faults, inputs;
    double threshold, by_fault, by_input;
  };
  int least = 400, least_by_fault = 400, least_of_percentiles = 100;
  for (const world& w :
       {world{20, 20, 2, 0.4, 0.4}, world{50, 30, 1, 0.1, 0.8}, world{50, 30, 2.5, 0.4, 0.4},
        world{200, 50, 2, 0.1, 0.8}, world{100, 100, 2.5, 0.5, 0.05}}) {
    std::mt19937_64 random(11);
    const double truth = chance_above(w.threshold);
    int covered = 0, by_fault = 0, percentiles = 0;
    for (int campaign = 0; campaign < 400; ++campaign) {
      const crossed c(w.faults, w.inputs, w.threshold, w.by_fault, w.by_input, random);
      covered += two_way_interval(c.by_fault, c.by_input).contains(truth) ? 1 : 0;
      by_fault += clustered_interval(c.by_fault, w.inputs).contains(truth) ? 1 : 0;
      if (campaign < 100 && w.faults <= 50) {
        const std::vector<double> shares = c.bootstrap(200, random);
        percentiles += interval{shares[4], shares[195]}.contains(truth) ? 1 : 0;
      }
    }
    CAPTURE(w.faults, w.inputs, w.threshold, w.by_fault, w.by_input, covered, by_fault,
            percentiles);
    CHECK(covered >= 352 - 20);
    least = std::min(least, covered);
    least_by_fault = std::min(least_by_fault, by_fault);
    if (w.faults <= 50)
      least_of_percentiles = std::min(least_of_percentiles, percentiles);
  }
  CAPTURE(least, least_by_fault, least_of_percentiles);
  CHECK(least_by_fault < 150);
  CHECK(least_of_percentiles < 90);
}

TEST_CASE("no hit at all leaves what the fewer of faults and inputs leave") {
  const std::vector<std::uint64_t> faults(300, 0), inputs(40, 0);
  CHECK(two_way_interval(faults, inputs) == clopper_pearson_interval(0, 40));
}

TEST_CASE("faults and inputs may change places") {
  std::mt19937_64 random(2);
  const crossed c(30, 12, 0.8, 0.3, 0.2, random);
  const interval a = two_way_interval(c.by_fault, c.by_input);
  const interval b = two_way_interval(c.by_input, c.by_fault);
  CHECK(a.lower == Approx(b.lower));
  CHECK(a.upper == Approx(b.upper));
}

TEST_CASE("a two-way interval refuses counts that cannot belong together") {
  const std::vector<std::uint64_t> one{1}, two{1, 2}, three{1, 1, 2}, four{4, 0, 0};
  CHECK(complaint([&] { return two_way_interval(one, two); }) ==
        "bitfault: two_way_interval: 1 faults given; at least 2 needed");
  CHECK(complaint([&] { return two_way_interval(two, three); }) ==
        "bitfault: two_way_interval: 4 hits by input, but 3 by fault");
  CHECK(complaint([&] { return two_way_interval(two, four); }) ==
        "bitfault: two_way_interval: 4 hits in one cluster of 2 faults");
}
