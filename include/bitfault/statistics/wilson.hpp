// SPDX-License-Identifier: MIT
#pragma once

#include "../config/macros.hpp"
#include "interval.hpp"

#include <cmath>
#include <cstdint>
#include <numbers>
#include <stdexcept>
#include <string>

namespace bitfault {

namespace detail {

[[noreturn]] inline void refuse_statistic(const std::string& sentence) {
#if BITFAULT_EXCEPTIONS
  throw std::invalid_argument("bitfault: " + sentence);
#else
  static_cast<void>(sentence);
  __builtin_trap();
#endif
}

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

} // namespace detail

/// Two-sided interval for a probability after `hits` in `trials` independent trials. Its coverage
/// is near `confidence` on average over the probabilities; for a given one it may lie a little
/// below. It needs trials that are independent (one random input for each fault) and their number
/// fixed beforehand: it does not hold for (fault, input) pairs of a crossed design, nor when one
/// looks at it to decide when to stop.
///
/// Requires hits <= trials and 0 < confidence < 1; throws std::invalid_argument otherwise. No
/// trials tell nothing: [0, 1]. O(1). Host only.
///
/// Source: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference,
/// Journal of the American Statistical Association 22 (1927), 209-212.
inline interval wilson_interval(std::uint64_t hits, std::uint64_t trials,
                                double confidence = 0.95) {
  if (hits > trials)
    detail::refuse_statistic("wilson_interval: " + std::to_string(hits) + " hits in " +
                             std::to_string(trials) + " trials");
  if (!(confidence > 0 && confidence < 1))
    detail::refuse_statistic("wilson_interval: a confidence of " + std::to_string(confidence) +
                             "; it must lie between 0 and 1, both excluded");
  if (trials == 0)
    return {0, 1};
  const double z = detail::two_sided_normal_quantile(confidence);
  const double n = static_cast<double>(trials);
  const double p = static_cast<double>(hits) / n;
  const double scale = 1 + z * z / n;
  const double centre = (p + z * z / (2 * n)) / scale;
  const double half = z / scale * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {hits == 0 ? 0 : centre - half, hits == trials ? 1 : centre + half};
}

} // namespace bitfault
