// SPDX-License-Identifier: MIT
#pragma once

#include "binomial.hpp"

#include <cmath>
#include <numbers>

namespace bitfault::detail {

/// The z for which a standard normal deviate lies in [-z, z] with probability `confidence`: the
/// root of erfc(z / sqrt(2)) = 1 - confidence. That function is convex and falls, so Newton's steps
/// from 0 rise towards the root and never pass it; they end where rounding stops them.
inline double two_sided_normal_quantile(double confidence) {
  const double tail = 1 - confidence;
  double z = 0;
  for (;;) {
    const double density = std::sqrt(2 / std::numbers::pi) * std::exp(-z * z / 2);
    const double next = z + (std::erfc(z / std::numbers::sqrt2) - tail) / density;
    if (!(next > z))
      return z;
    z = next;
  }
}

/// The same for Student's t with a number of degrees of freedom, by bisection: its two tails beyond
/// t are I_x(degrees / 2, 1 / 2) at x = degrees / (degrees + t^2).
inline double two_sided_student_quantile(double confidence, double degrees) {
  const double tail = 1 - confidence;
  const auto beyond = [degrees](double t) {
    const double whole = degrees + t * t;
    return incomplete_beta(degrees / whole, t * t / whole, degrees / 2, 0.5);
  };
  double low = 0, high = 1;
  for (; beyond(high) > tail; high *= 2)
    low = high;
  for (;;) {
    const double middle = (low + high) / 2;
    if (!(low < middle && middle < high))
      return middle;
    (beyond(middle) > tail ? low : high) = middle;
  }
}

} // namespace bitfault::detail
