// SPDX-License-Identifier: MIT
#include "bitfault/statistics/quantile.hpp"

#include "catch.hpp"
#include "complaint.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace {

using namespace bitfault;
using values = std::vector<double>;

constexpr double infinite = std::numeric_limits<double>::infinity();

values ranks(std::size_t n) {
  values v(n);
  std::iota(v.begin(), v.end(), 1.0);
  return v;
}

/// The chance of exactly k of n.
double binomial(double k, double n, double p) {
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) +
                  k * std::log(p) + (n - k) * std::log1p(-p));
}

} // namespace

TEST_CASE("a quantile is the smallest value with that share at or below it") {
  const values v{1, 2, 2, 3, 10};
  CHECK(quantile(v, 0) == 1);
  CHECK(quantile(v, 0.2) == 1);
  CHECK(quantile(v, 0.21) == 2);
  CHECK(quantile(v, 0.5) == 2);
  CHECK(quantile(v, 0.8) == 3);
  CHECK(quantile(v, 1) == 10);
  // 0.07 * 100 is a little more than 7 in doubles.
  CHECK(quantile(ranks(100), 0.07) == 7);
}

TEST_CASE("the ranks are the innermost whose coverage by binomial sums is enough") {
  for (const std::size_t n : {5U, 6U, 10U, 60U, 500U})
    for (const double share : {0.05, 0.5, 0.9})
      for (const double confidence : {0.8, 0.95}) {
        const interval i = quantile_interval(ranks(n), share, confidence);
        const double size = static_cast<double>(n), tail = (1 - confidence) / 2;
        // Value number r is above the quantile if fewer than r of the sample are below it.
        double below = 0;
        std::size_t lower = 0;
        while (below + binomial(static_cast<double>(lower), size, share) <= tail)
          below += binomial(static_cast<double>(lower++), size, share);
        double above = 0;
        std::size_t upper = n + 1;
        while (above + binomial(static_cast<double>(upper - 1), size, share) <= tail)
          above += binomial(static_cast<double>(--upper), size, share);
        CAPTURE(n, share, confidence);
        CHECK(i.lower == (lower == 0 ? -infinite : static_cast<double>(lower)));
        CHECK(i.upper == (upper == n + 1 ? infinite : static_cast<double>(upper)));
      }
  // The table that textbooks have: ten values, median, 95 %: the second and the ninth.
  CHECK(quantile_interval(ranks(10), 0.5) == interval{2, 9});
  CHECK(quantile_interval(ranks(5), 0.5) == interval{-infinite, infinite});
  CHECK(quantile_interval(values{}, 0.5) == interval{-infinite, infinite});
}

TEST_CASE("without replacement it covers by counting all samples, and ends in the quantile") {
  const values members{1, 1, 2, 3, 3, 3, 7, 8, 9, 9, 11};
  const double confidence = 0.8;
  for (const double share : {0.1, 0.5, 0.75}) {
    const double truth = quantile(members, share);
    int covered = 0, all = 0;
    for (unsigned chosen = 0; chosen < 1u << members.size(); ++chosen) {
      values sample;
      for (std::size_t i = 0; i < members.size(); ++i)
        if ((chosen >> i & 1u) != 0)
          sample.push_back(members[i]);
      if (sample.size() != 6)
        continue;
      ++all;
      covered +=
          quantile_interval(sample, share, confidence, members.size()).contains(truth) ? 1 : 0;
    }
    CAPTURE(share, covered, all);
    CHECK(all == 462);
    CHECK(covered >= confidence * all);
    CHECK(quantile_interval(members, share, 0.95, members.size()) == interval{truth, truth});
  }
}

TEST_CASE("values out of order and shares that are none are refused") {
  CHECK(
      complaint([] {
        return quantile_interval(values{1, 3, 2}, 0.5);
      }) ==
      "bitfault: quantile_interval: value 2 of 3 is 2; the values must be sorted and none of them "
      "NaN");
  CHECK(complaint([] { return quantile(values{std::nan("")}, 0.5); }).find("is NaN") !=
        std::string::npos);
  CHECK(complaint([] { return quantile(values{}, 0.5); }) ==
        "bitfault: quantile: 0 values given; at least 1 needed");
  CHECK(complaint([] { return quantile(values{1}, 1.5); }).find("a share of 1.5") !=
        std::string::npos);
  CHECK(complaint([] {
          return quantile_interval(values{1, 2}, 0.5, 0.95, 1);
        }).find("population of 1") != std::string::npos);
}
