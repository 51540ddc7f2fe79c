// SPDX-License-Identifier: MIT
#pragma once

#include "interval.hpp"
#include "normal_quantile.hpp"
#include "statistics_error.hpp"

#include <cmath>
#include <cstdint>

namespace bitfault {

namespace detail {

/// Wilson's interval around a share of `size` trials, which need not be whole numbers.
inline interval score_interval(double share, double size, double z) {
  const double scale = 1 + z * z / size;
  const double centre = (share + z * z / (2 * size)) / scale;
  const double half = z / scale * std::sqrt(share * (1 - share) / size + z * z / (4 * size * size));
  return {share <= 0 ? 0 : centre - half, share >= 1 ? 1 : centre + half};
}

} // namespace detail

/// Two-sided interval for a probability after `hits` in `trials` independent trials. Its coverage
/// is near `confidence` on average over the probabilities; for a given one it may lie a little
/// below. It needs trials that are independent (one random input for each fault) and their number
/// fixed beforehand: it does not hold for (fault, input) pairs of a crossed design, nor when one
/// looks at it to decide when to stop.
///
/// Requires hits <= trials and 0 < confidence < 1; throws bitfault::error otherwise. No trials tell
/// nothing: [0, 1]. O(1). Host only.
///
/// Source: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference,
/// Journal of the American Statistical Association 22 (1927), 209-212.
inline interval wilson_interval(std::uint64_t hits, std::uint64_t trials,
                                double confidence = 0.95) {
  detail::check_hits("wilson_interval", hits, trials);
  detail::check_confidence("wilson_interval", confidence);
  if (trials == 0)
    return {0, 1};
  const double n = static_cast<double>(trials);
  return detail::score_interval(static_cast<double>(hits) / n, n,
                                detail::two_sided_normal_quantile(confidence));
}

} // namespace bitfault
