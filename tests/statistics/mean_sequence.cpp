// SPDX-License-Identifier: MIT
#include "bitfault/statistics/mean_sequence.hpp"

#include "bitfault/statistics/bounded_mean.hpp"

#include "catch.hpp"
#include "complaint.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace bitfault;

double accuracy(std::mt19937_64& random) {
  const double u = std::uniform_real_distribution<double>()(random);
  return u < 0.95 ? 0.9 : u < 0.99 ? 0.8 : 0.1;
}
constexpr double mean_accuracy = 0.95 * 0.9 + 0.04 * 0.8 + 0.01 * 0.1;

/// The sequence's interval after all values, from its formula with sums over what came before.
interval by_formula(const std::vector<double>& x, double confidence) {
  const double log_win = std::log(2 / (1 - confidence));
  double stakes = 0, won = 0, cost = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double t = static_cast<double>(i + 1);
    double sum = 0.5, squares = 0.25;
    for (std::size_t j = 0; j < i; ++j) {
      sum += x[j];
      const double mean = sum / static_cast<double>(j + 2);
      squares += (x[j] - mean) * (x[j] - mean);
    }
    const double stake =
        std::min(0.5, std::sqrt(2 * log_win / (squares / t * t * std::log(1 + t))));
    stakes += stake;
    won += stake * x[i];
    cost += std::pow(x[i] - sum / t, 2) * (-std::log(1 - stake) - stake);
  }
  return {std::max(0.0, (won - log_win - cost) / stakes),
          std::min(1.0, (won + log_win + cost) / stakes)};
}

} // namespace

TEST_CASE("a mean sequence is its formula, in one pass") {
  std::mt19937_64 random(6);
  mean_sequence seen(0.9);
  std::vector<double> values;
  for (int t = 0; t < 200; ++t) {
    values.push_back(accuracy(random));
    seen.add(values.back());
    const interval expected = by_formula(values, 0.9);
    if (t % 16 != 15)
      continue;
    // Within [0, 1] the unlimited one is clamped as well.
    CAPTURE(t);
    CHECK(seen.current().lower == Approx(expected.lower));
    CHECK(seen.current().upper == Approx(expected.upper));
  }
}

TEST_CASE("looking after each value keeps the confidence, with and without replacement") {
  // 200 campaigns of 1000 values: 10 may miss at some time at 95 %; 23 would be four standard
  // deviations more.
  std::mt19937_64 random(9);
  std::vector<double> members(1000);
  for (double& x : members)
    x = accuracy(random);
  const double mean = std::accumulate(members.begin(), members.end(), 0.0) / 1000;
  int missed = 0, missed_members = 0, missed_normal = 0;
  for (int campaign = 0; campaign < 200; ++campaign) {
    mean_sequence with, without(0.95, {0, 1}, 1000);
    std::shuffle(members.begin(), members.end(), random);
    bool miss = false, miss_members = false, miss_normal = false;
    double sum = 0, squares = 0;
    for (const double member : members) {
      const double x = accuracy(random);
      with.add(x);
      without.add(member);
      miss = miss || !with.current().contains(mean_accuracy);
      const interval now = without.current();
      miss_members = miss_members || now.lower > mean + 1e-12 || now.upper < mean - 1e-12;
      sum += x;
      squares += x * x;
      const double n = static_cast<double>(with.count());
      const double half = 1.96 * std::sqrt((squares / n - sum / n * sum / n) / n);
      miss_normal = miss_normal || (n > 100 && std::abs(sum / n - mean_accuracy) > half);
    }
    missed += miss ? 1 : 0;
    missed_members += miss_members ? 1 : 0;
    missed_normal += miss_normal ? 1 : 0;
    CHECK(without.current().width() < 1e-12); // all are known
  }
  CAPTURE(missed, missed_members, missed_normal);
  CHECK(missed <= 22);
  CHECK(missed_members <= 22);
  CHECK(missed_normal > 50);
}

TEST_CASE("a mean sequence closes in, somewhat wider than the interval for a fixed number") {
  std::mt19937_64 random(10);
  mean_sequence seen(0.95, {-1, 1});
  std::vector<double> drops;
  for (int t = 0; t < 5000; ++t) {
    drops.push_back(0.9 - accuracy(random));
    seen.add(drops.back());
  }
  const interval fixed = bounded_mean_interval(drops, 0.95, {-1, 1});
  CAPTURE(seen.current().width(), fixed.width());
  CHECK(seen.current().width() > fixed.width());
  CHECK(seen.current().width() < 2.5 * fixed.width());
  CHECK(mean_sequence(0.95, {-1, 1}).current() == interval{-1, 1});
}

TEST_CASE("a value that a mean sequence refuses does not change it") {
  mean_sequence seen(0.95, {0, 1}, 2);
  seen.add(0.25);
  const interval before = seen.current();
  const auto add = [&seen](double x) {
    return complaint([&] {
      seen.add(x);
      return 0;
    });
  };
  CHECK(add(-1) == "bitfault: mean_sequence: a value of -1 outside the range from 0 to 1");
  CHECK(seen.current() == before);
  CHECK(seen.count() == 1);
  CHECK(add(0.5).empty());
  CHECK(add(0.5) == "bitfault: mean_sequence: 3 trials without replacement in a population of 2");
  CHECK(complaint([] { return mean_sequence(0); }).find("confidence of 0") != std::string::npos);
}
