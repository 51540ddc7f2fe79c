// SPDX-License-Identifier: MIT
#include "bitfault/statistics/binomial.hpp"

#include "catch.hpp"

#include <cmath>
#include <numbers>
#include <vector>

namespace {

using namespace bitfault::detail;

/// C(n, k) as a double, exact as long as it is below 2^53.
double choose(int n, int k) {
  double c = 1;
  for (int i = 1; i <= k; ++i)
    c = c * (n - k + i) / i;
  return k < 0 || k > n ? 0 : c;
}

} // namespace

TEST_CASE("binomial chances are the products they stand for") {
  for (const int n : {1, 2, 5, 17, 40})
    for (const double p : {1e-6, 0.02, 0.3, 0.5, 0.97})
      for (int k = 0; k <= n; ++k) {
        const double expected = choose(n, k) * std::pow(p, k) * std::pow(1 - p, n - k);
        CAPTURE(n, p, k);
        CHECK(std::exp(log_binomial(k, n, p, 1 - p)) == Approx(expected).epsilon(1e-12));
      }
  // What cannot be, and what must be.
  CHECK(log_binomial(1, 5, 0, 1) == -HUGE_VAL);
  CHECK(log_binomial(0, 5, 0, 1) == 0);
  CHECK(log_binomial(5, 5, 1, 0) == 0);
  CHECK(log_binomial(4, 5, 1, 0) == -HUGE_VAL);
}

TEST_CASE("binomial chances of a large number of trials add up to 1") {
  const double n = 1e6, p = 0.02;
  double sum = 0;
  for (double k = 18000; k <= 22000; k += 1)
    sum += std::exp(log_binomial(k, n, p, 1 - p));
  CHECK(sum == Approx(1).epsilon(1e-12));
}

TEST_CASE("the incomplete beta function is the tail of the binomial") {
  for (const int n : {1, 2, 7, 40})
    for (const double p : {1e-6, 0.05, 0.5, 0.9})
      for (int k = 1; k <= n; ++k) {
        double tail = 0;
        for (int i = n; i >= k; --i)
          tail += choose(n, i) * std::pow(p, i) * std::pow(1 - p, n - i);
        CAPTURE(n, p, k);
        CHECK(incomplete_beta(p, 1 - p, k, n - k + 1) == Approx(tail).epsilon(1e-12));
      }
  // Fractions, where there are closed forms: I_x(a, 1) = x^a, I_x(1/2, 1/2) = 2/pi asin(sqrt(x)).
  for (const double x : {0.001, 0.3, 0.5, 0.8, 0.999}) {
    CHECK(incomplete_beta(x, 1 - x, 0.3, 1) == Approx(std::pow(x, 0.3)).epsilon(1e-12));
    CHECK(incomplete_beta(x, 1 - x, 0.5, 0.5) ==
          Approx(2 / std::numbers::pi * std::asin(std::sqrt(x))).epsilon(1e-12));
  }
}

TEST_CASE("hypergeometric chances and tails are those of counting") {
  for (const int all : {1, 2, 9, 30})
    for (int good = 0; good <= all; ++good)
      for (int n = 0; n <= all; n += all > 9 ? 7 : 1) {
        std::vector<double> chance;
        for (int k = 0; k <= n; ++k) {
          chance.push_back(choose(good, k) * choose(all - good, n - k) / choose(all, n));
          CAPTURE(all, good, n, k);
          CHECK(std::exp(log_hypergeometric(k, n, good, all - good)) ==
                Approx(chance.back()).epsilon(1e-12));
        }
        double tail = 0;
        for (int k = n; k >= 0; --k) {
          tail += chance[static_cast<unsigned>(k)];
          CAPTURE(all, good, n, k, tail);
          CHECK(hypergeometric_at_least(k, n, good, all - good) ==
                Approx(tail).epsilon(1e-12).margin(1e-15));
        }
      }
}
