// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <initializer_list>
#include <numbers>

/// Binomial and hypergeometric probabilities, and the incomplete beta function behind their tails.
/// Counts are doubles so that they may be fractions (effective sample sizes). Nothing here uses
/// std::lgamma, which writes to a global variable.

namespace bitfault::detail {

/// log(x!) - log(sqrt(2 pi x) (x / e)^x), for x > 0. Stirling's series from 16 on, where its sixth
/// term is below 2e-16; below by e(x) = e(x + 1) + (x + 1/2) log(1 + 1/x) - 1.
inline double stirling_error(double x) {
  double sum = 0;
  for (; x < 16; x += 1)
    sum += (x + 0.5) * std::log1p(1 / x) - 1;
  const double r = 1 / (x * x);
  return sum + (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r * (1.0 / 1680 - r / 1188)))) / x;
}

/// x log(x / m) - x + m for x, m > 0: near x = m by the series of 2 atanh((x - m) / (x + m)), where
/// the plain formula would cancel.
inline double half_deviance(double x, double m) {
  const double d = x - m;
  if (std::abs(d) >= 0.1 * (x + m))
    return x * std::log(x / m) - d;
  const double v = d / (x + m);
  double sum = d * v;
  double power = 2 * x * v;
  for (int j = 3;; j += 2) {
    power *= v * v;
    const double next = sum + power / j;
    if (next == sum)
      return sum;
    sum = next;
  }
}

/// The logarithm of C(n, k) p^k q^(n - k) for 0 <= k <= n and p + q = 1, as sum of terms none of
/// which is large against the result.
/// Source: C. Loader, Fast and Accurate Computation of Binomial Probabilities (2000).
inline double log_binomial(double k, double n, double p, double q) {
  if (p <= 0 || q <= 0)
    return (p <= 0 ? k : n - k) > 0 ? -HUGE_VAL : 0;
  const auto log_of_power = [n](double base, double rest) { // base^n, where base = 1 - rest
    return n * (rest < 0.5 ? std::log1p(-rest) : std::log(base));
  };
  if (k <= 0)
    return log_of_power(q, p);
  if (k >= n)
    return log_of_power(p, q);
  const double rest = n - k;
  return stirling_error(n) - stirling_error(k) - stirling_error(rest) - half_deviance(k, n * p) -
         half_deviance(rest, n * q) + 0.5 * std::log(n / (2 * std::numbers::pi * k * rest));
}

/// The regularised incomplete beta function I_x(a, b) for a, b > 0 and x + y = 1: the continued
/// fraction DLMF 8.17.22, evaluated forwards (modified Lentz), on the side where it converges;
/// O(sqrt(max(a, b))) steps.
inline double incomplete_beta(double x, double y, double a, double b) {
  if (x <= 0 || y <= 0)
    return x <= 0 ? 0 : 1;
  if (x > (a + 1) / (a + b + 2))
    return 1 - incomplete_beta(y, x, b, a);
  const double tiny = 1e-300;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < tiny ? tiny : d);
  double fraction = d;
  for (double m = 1;; m += 1) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double step = 1;
    for (const double term : {even, odd}) {
      d = 1 + term * d;
      d = 1 / (std::abs(d) < tiny ? tiny : d);
      c = 1 + term / c;
      c = std::abs(c) < tiny ? tiny : c;
      step *= c * d;
    }
    fraction *= step;
    if (std::abs(step - 1) < 1e-15)
      break;
  }
  return std::exp(log_binomial(a, a + b, x, y)) * b / (a + b) * fraction;
}

/// The logarithm of the chance of k hits among n distinct draws from a population of which `good`
/// are hits and `bad` are none. -infinity for what cannot be.
/// The three binomials of p = n / (good + bad), of which p cancels, as Loader (2000) does it.
inline double log_hypergeometric(double k, double n, double good, double bad) {
  if (k < 0 || k > good || k > n || n - k > bad)
    return -HUGE_VAL;
  const double members = good + bad;
  if (n <= 0 || n >= members)
    return 0; // nothing or everything drawn: one outcome only
  const double p = n / members, q = (members - n) / members;
  return log_binomial(k, good, p, q) + log_binomial(n - k, bad, p, q) -
         log_binomial(n, members, p, q);
}

/// The chance of k or more hits in that draw.
inline double hypergeometric_at_least(double k, double n, double good, double bad) {
  // Terms that fall are summed from k on; where they rise the other side is.
  const double mean = n * (good / (good + bad));
  const auto sum_up = [n](double from, double hits, double misses) {
    double term = std::exp(log_hypergeometric(from, n, hits, misses));
    double sum = term;
    for (double i = from; term > 1e-17 * sum; i += 1) {
      term *= (hits - i) / (i + 1) * ((n - i) / (misses - n + i + 1));
      sum += term;
    }
    return sum;
  };
  if (k <= 0 || k <= n - bad)
    return 1;
  if (k > n || k > good)
    return 0;
  if (k > mean)
    return sum_up(k, good, bad);
  // fewer than k hits: at least n - k + 1 misses
  const double misses = n - k + 1;
  return misses > bad ? 1 : 1 - sum_up(misses, bad, good);
}

} // namespace bitfault::detail
