// SPDX-License-Identifier: MIT
#include "bitfault/statistics/wilson.hpp"

#include "catch.hpp"
#include "complaint.hpp"
#include "oracle_values.hpp"

#include <cmath>
#include <cstdint>
#include <string>

namespace {

using bitfault::interval;
using bitfault::wilson_interval;

/// The chance of `hits` in n trials of probability p.
double binomial(int hits, int n, double p) {
  return std::exp(std::lgamma(n + 1.0) - std::lgamma(hits + 1.0) - std::lgamma(n - hits + 1.0) +
                  hits * std::log(p) + (n - hits) * std::log1p(-p));
}

/// The chance that the interval contains p, by summing over everything that can happen.
double coverage(int n, double p, double confidence) {
  double sum = 0;
  for (int hits = 0; hits <= n; ++hits) {
    const interval i = wilson_interval(static_cast<std::uint64_t>(hits),
                                       static_cast<std::uint64_t>(n), confidence);
    if (i.lower <= p && p <= i.upper)
      sum += binomial(hits, n, p);
  }
  return sum;
}

} // namespace

TEST_CASE("no hit in 1000 trials leaves 0.383 percent, all of them its mirror image") {
  const interval none = wilson_interval(0, 1000);
  CHECK(none.lower == 0);
  // z^2 / (n + z^2) is what the formula comes to without hits.
  const double z = 1.959963984540054;
  CHECK(none.upper == Approx(z * z / (1000 + z * z)).epsilon(1e-13));
  CHECK(std::round(none.upper * 1e5) / 1e5 == Approx(0.00383));

  const interval all = wilson_interval(1000, 1000);
  CHECK(all.upper == 1);
  CHECK(all.lower == Approx(1 - none.upper).epsilon(1e-14));
}

TEST_CASE("the ends are those that 50 digits of arithmetic give") {
  for (const oracle::share& known : oracle::wilson) {
    const interval i = wilson_interval(known.hits, known.trials, known.confidence);
    CAPTURE(known.hits, known.trials, known.confidence);
    CHECK(i.lower == Approx(known.lower).epsilon(1e-12));
    CHECK(i.upper == Approx(known.upper).epsilon(1e-12));
  }
}

TEST_CASE("the ends of the interval are where the score test gives exactly z") {
  for (const double confidence : {0.5, 0.8, 0.95, 0.99, 0.999999}) {
    const double z = bitfault::detail::two_sided_normal_quantile(confidence);
    for (const std::uint64_t n : {1U, 7U, 100U, 20000U}) {
      for (const std::uint64_t hits : {std::uint64_t{0}, n / 3, n / 2, n}) {
        const interval i = wilson_interval(hits, n, confidence);
        const double p = static_cast<double>(hits) / static_cast<double>(n);
        for (const double end : {i.lower, i.upper}) {
          if (end == 0 || end == 1) // a closed end, not a root
            continue;
          CAPTURE(confidence, n, hits, end);
          const double spread = std::sqrt(end * (1 - end) / static_cast<double>(n));
          CHECK(std::abs(p - end) / spread == Approx(z).epsilon(1e-9));
        }
        CHECK(i.lower <= p);
        CHECK(p <= i.upper);
      }
    }
  }
}

TEST_CASE("coverage by exact binomial sums is near the confidence, and at it on average") {
  for (const int n : {20, 100, 1000}) {
    double sum = 0;
    int count = 0;
    for (double p = 0.0025; p < 1; p += 0.005) {
      const double c = coverage(n, p, 0.95);
      CAPTURE(n, p);
      // Below about 1 / n Wilson's interval is known to fall to 0.84 and less at single points.
      if (n * p > 5 && n * (1 - p) > 5)
        CHECK(c > 0.92);
      sum += c;
      ++count;
    }
    CAPTURE(n);
    CHECK(sum / count > 0.945);
    CHECK(sum / count < 0.965);
  }
}

TEST_CASE("more confidence is wider, more trials are narrower, no trial tells nothing") {
  CHECK(wilson_interval(0, 0) == interval{0, 1});
  const interval narrow = wilson_interval(30, 100, 0.9), wide = wilson_interval(30, 100, 0.99);
  CHECK(wide.lower < narrow.lower);
  CHECK(narrow.upper < wide.upper);
  const interval longer = wilson_interval(3000, 10000, 0.9);
  CHECK(narrow.lower < longer.lower);
  CHECK(longer.upper < narrow.upper);
}

TEST_CASE("what is no count or no confidence is refused by name and value") {
  CHECK(complaint([] { return wilson_interval(4, 3); }) ==
        "bitfault: wilson_interval: 4 hits in 3 trials");
  CHECK(
      complaint([] { return wilson_interval(1, 3, 95); }) ==
      "bitfault: wilson_interval: a confidence of 95; it must lie between 0 and 1, both excluded");
  for (const double bad : {0.0, 1.0, -0.5, std::nan("")})
    CHECK(complaint([bad] { return wilson_interval(1, 3, bad); }) != "");
}
