// SPDX-License-Identifier: MIT
#pragma once

// What statistical tests share. Each of them turns what it counted into a z value and compares it
// with `chance::limit`. Seeds are fixed, so a test passes always or never; a sound generator would
// have exceeded the limit in one of 1.7 million such checks. The other side, which defect a test
// finds, follows from its sample size: with n samples in all, a chi-square over c cells finds a
// relative error of sqrt(limit * sqrt(2 c) / n) (root mean square over the cells).

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace chance {

inline constexpr double limit = 5;

/// A chi-square value with a number of degrees of freedom, as a normal deviate
/// (Wilson and Hilferty, 1931).
inline double chi_square_z(double chi_square, double degrees) {
  const double spread = 2 / (9 * degrees);
  return (std::cbrt(chi_square / degrees) - (1 - spread)) / std::sqrt(spread);
}

/// Counts against expected counts (of the same sum). Cells that expect less than 10 are joined with
/// their successors.
template <class Count>
double fit_z(const std::vector<Count>& counts, const std::vector<double>& expected) {
  double chi_square = 0, seen = 0, due = 0, left = 0;
  for (const double e : expected)
    left += e;
  int cells = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    seen += static_cast<double>(counts[i]);
    due += expected[i];
    left -= expected[i];
    if ((due < 10 || left < 10) && i + 1 != counts.size())
      continue;
    if (due <= 0) {
      if (seen > 0)
        return HUGE_VAL; // what cannot happen did
      continue;
    }
    chi_square += (seen - due) * (seen - due) / due;
    ++cells;
    seen = due = 0;
  }
  return cells < 2 ? 0 : chi_square_z(chi_square, cells - 1);
}

/// Counts that should be equal.
template <class Count>
double uniform_z(const std::vector<Count>& counts) {
  double all = 0;
  for (const Count c : counts)
    all += static_cast<double>(c);
  return fit_z(counts,
               std::vector<double>(counts.size(), all / static_cast<double>(counts.size())));
}

/// A count of independent events with probability p among n.
inline double binomial_z(double count, double n, double p) {
  return (count - n * p) / std::sqrt(n * p * (1 - p));
}

/// Mean and variance of independent samples.
class moments {
public:
  void add(double x) {
    ++n_;
    const double from_old = x - mean_;
    mean_ += from_old / n_;
    squares_ += from_old * (x - mean_);
  }
  double mean() const { return mean_; }
  double variance() const { return squares_ / (n_ - 1); }
  /// How far the mean lies from the expected one.
  double mean_z(double expected, double expected_variance) const {
    return (mean_ - expected) / std::sqrt(expected_variance / n_);
  }
  /// The same for the variance, given the fourth central moment of the distribution.
  double variance_z(double expected, double fourth) const {
    return (variance() - expected) / std::sqrt((fourth - expected * expected) / n_);
  }

private:
  double n_ = 0, mean_ = 0, squares_ = 0;
};

/// A small generator for inputs of property tests; not what is tested.
class numbers {
public:
  explicit numbers(std::uint64_t seed) : state_(seed) {}
  /// SplitMix64 (Steele, Lea, Flood, 2014).
  std::uint64_t next() {
    std::uint64_t x = state_ += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return next() % n; }

private:
  std::uint64_t state_;
};

} // namespace chance
