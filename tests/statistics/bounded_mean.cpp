// SPDX-License-Identifier: MIT
#include "bitfault/statistics/bounded_mean.hpp"

#include "catch.hpp"
#include "complaint.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace bitfault;
using values = std::vector<double>;

/// Accuracies under faults: as without faults, sometimes a little less, rarely as guessed. The mean
/// is 0.97 * 0.9 + 0.02 * 0.8 + 0.01 * 0.1.
double accuracy(std::mt19937_64& random) {
  const double u = std::uniform_real_distribution<double>()(random);
  return u < 0.97 ? 0.9 : u < 0.99 ? 0.8 : 0.1;
}
constexpr double mean_accuracy = 0.97 * 0.9 + 0.02 * 0.8 + 0.01 * 0.1;

interval normal_interval(const values& v) {
  const double n = static_cast<double>(v.size());
  const double mean = std::accumulate(v.begin(), v.end(), 0.0) / n;
  double squares = 0;
  for (const double x : v)
    squares += (x - mean) * (x - mean);
  const double half = 1.959963984540054 * std::sqrt(squares / (n - 1) / n);
  return {mean - half, mean + half};
}

/// The two capitals against a mean m, multiplied out with no thought for speed. Of `all` members
/// the mean of those left is what remains of all * m.
bool naive_excludes(const values& v, double confidence, double m, double all) {
  const double n = static_cast<double>(v.size()), win = 2 / (1 - confidence);
  double above = 1, below = 1, sum = 0, mean_sum = 0.5, squares = 0.25;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const double t = static_cast<double>(i + 1);
    const double stake = std::sqrt(2 * std::log(win) / (n * squares / t));
    const double left = all > 0 ? (all * m - sum) / (all - t + 1) : m;
    if (left < 0 || left > 1)
      return true;
    above *= 1 + (left > 0 ? std::min(stake, 0.75 / left) : stake) * (v[i] - left);
    below *= 1 - (left < 1 ? std::min(stake, 0.75 / (1 - left)) : stake) * (v[i] - left);
    if (above >= win || below >= win)
      return true;
    sum += v[i];
    mean_sum += v[i];
    squares += (v[i] - mean_sum / (t + 1)) * (v[i] - mean_sum / (t + 1));
  }
  // Those never drawn must have a mean that is possible, too.
  return all > 0 && (all * m < sum || all * m > sum + all - n);
}

} // namespace

TEST_CASE("one value excludes nothing, ten of the same exclude the other end") {
  CHECK(bounded_mean_interval(values{}) == interval{0, 1});
  CHECK(bounded_mean_interval(values{1}) == interval{0, 1});
  const interval ones = bounded_mean_interval(values(10, 1.0));
  CHECK(ones.lower > 0.5);
  CHECK(ones.upper == 1);
  const interval zeros = bounded_mean_interval(values(10, 0.0));
  CHECK(zeros.lower == 0);
  CHECK(zeros.upper == Approx(1 - ones.lower));
  const interval shifted = bounded_mean_interval(values(10, 3.0), 0.95, {-1, 3});
  CHECK(shifted.lower == Approx(4 * ones.lower - 1));
  CHECK(shifted.upper == 3);
}

TEST_CASE("the interval holds the means that two capitals, multiplied out, do not exclude") {
  std::mt19937_64 random(3);
  for (const double all : {0.0, 60.0, 41.0}) {
    values v(40);
    for (double& x : v)
      x = accuracy(random);
    const std::uint64_t population = all > 0 ? static_cast<std::uint64_t>(all) : unlimited;
    const interval i = bounded_mean_interval(v, 0.95, {0, 1}, population);
    for (double m = 0.0005; m < 1; m += 0.001) {
      CAPTURE(all, m, i.lower, i.upper);
      CHECK(i.contains(m) != naive_excludes(v, 0.95, m, all));
    }
  }
}

TEST_CASE("it covers the mean of accuracies, which the normal interval often misses") {
  // 400 campaigns each: 20 may miss at 95 %, 38 would be four standard deviations more.
  for (const std::size_t n : {20U, 100U, 400U}) {
    std::mt19937_64 random(1);
    int missed = 0, normal_missed = 0;
    for (int campaign = 0; campaign < 400; ++campaign) {
      values v(n);
      for (double& x : v)
        x = accuracy(random);
      missed += bounded_mean_interval(v).contains(mean_accuracy) ? 0 : 1;
      normal_missed += normal_interval(v).contains(mean_accuracy) ? 0 : 1;
    }
    CAPTURE(n, missed, normal_missed);
    CHECK(missed <= 37);
    if (n <= 100)
      CHECK(normal_missed > 80);
  }
}

TEST_CASE("it covers other bounded distributions, at other confidences and ranges") {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> uniform(-1, 1);
  int missed = 0, missed_hits = 0;
  for (int campaign = 0; campaign < 400; ++campaign) {
    values v(60), hits(60);
    for (double& x : v)
      x = uniform(random);
    for (double& x : hits)
      x = uniform(random) > 0.6 ? 1 : 0;
    missed += bounded_mean_interval(v, 0.8, {-1, 1}).contains(0) ? 0 : 1;
    missed_hits += bounded_mean_interval(hits, 0.8).contains(0.2) ? 0 : 1;
  }
  CAPTURE(missed, missed_hits);
  CHECK(missed <= 80 + 32);
  CHECK(missed_hits <= 80 + 32);
  CHECK(missed > 0); // nor is it wide for nothing
  CHECK(missed_hits > 0);
}

TEST_CASE("without replacement it covers the mean of the members, and is narrower") {
  std::mt19937_64 random(4);
  values members(300);
  for (double& x : members)
    x = accuracy(random);
  const double mean = std::accumulate(members.begin(), members.end(), 0.0) / 300;
  int missed = 0;
  for (int campaign = 0; campaign < 300; ++campaign) {
    std::shuffle(members.begin(), members.end(), random);
    const values drawn(members.begin(), members.begin() + 200);
    const interval i = bounded_mean_interval(drawn, 0.95, {0, 1}, 300);
    missed += i.contains(mean) ? 0 : 1;
    CHECK(i.width() < 0.8 * bounded_mean_interval(drawn).width());
  }
  CAPTURE(missed);
  CHECK(missed <= 15 + 15);
  const interval all = bounded_mean_interval(members, 0.95, {0, 1}, 300);
  CHECK(all.lower == Approx(mean).epsilon(1e-12));
  CHECK(all.upper == Approx(mean).epsilon(1e-12));
}

TEST_CASE("values outside the range, and ranges that are none, are refused") {
  CHECK(complaint([] {
          return bounded_mean_interval(values{0.5, 1.5});
        }) == "bitfault: bounded_mean_interval: a value of 1.5 outside the range from 0 to 1");
  CHECK(complaint([] {
          return bounded_mean_interval(values{std::nan("")});
        }).find("a value of NaN") != std::string::npos);
  CHECK(complaint([] {
          return bounded_mean_interval(values{1}, 0.95, {1, 1});
        }) ==
        "bitfault: bounded_mean_interval: a range of width of 0; it must be above 0 and finite");
  CHECK(complaint([] {
          return bounded_mean_interval(values{1, 1}, 0.95, {0, 1}, 1);
        }).find("2 trials without replacement in a population of 1") != std::string::npos);
  CHECK(complaint([] { return bounded_mean_interval(values{1}, 2); }).find("confidence of 2") !=
        std::string::npos);
}
