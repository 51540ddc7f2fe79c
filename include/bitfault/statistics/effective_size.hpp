// SPDX-License-Identifier: MIT
#pragma once

#include "normal_quantile.hpp"
#include "statistics_error.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace bitfault::detail {

/// Counts of hits by cluster: by fault, or by input.
struct cluster_counts {
  std::uint64_t hits = 0; ///< in all
  double clusters = 0;
  double squares = 0; ///< of the differences between the shares of the clusters and their mean
  double unlike = 0;  ///< clusters with any hit, or with any miss if these are fewer
};

/// Refuses a cluster with more hits than it has `members`.
inline cluster_counts count_clusters(const char* place, std::span<const std::uint64_t> hits,
                                     std::uint64_t members, const char* of_what) {
  cluster_counts c;
  c.clusters = static_cast<double>(hits.size());
  double with = 0, without = 0;
  for (const std::uint64_t h : hits) {
    check_at_most(place, h, " hits in one cluster of ", members, of_what);
    c.hits += h;
    with += h > 0 ? 1 : 0;
    without += h < members ? 1 : 0;
  }
  c.unlike = std::min(with, without);
  const double size = static_cast<double>(members);
  const double mean = static_cast<double>(c.hits) / (c.clusters * size);
  for (const std::uint64_t h : hits) {
    const double from_mean = static_cast<double>(h) / size - mean;
    c.squares += from_mean * from_mean;
  }
  return c;
}

/// How many independent trials would know a share as well as a `variance` says, lowered by
/// (z / t)^2 for the uncertainty of the variance and kept between `least` and `most`. Student's t
/// has one degree of freedom less than there are `unlike` clusters: only they tell how unequal
/// clusters are.
///
/// Source: E. L. Korn and B. I. Graubard, Confidence intervals for proportions with small expected
/// number of positive counts estimated from survey data, Survey Methodology 24 (1998), 193-201 (the
/// effective size and its ratio; the degrees of freedom and the lower limit are ours).
inline double effective_size(double share, double variance, double least, double most,
                             double unlike, double confidence) {
  if (!(variance > 0))
    return least;
  const double degrees = std::max(1.0, unlike - 1);
  const double ratio =
      two_sided_normal_quantile(confidence) / two_sided_student_quantile(confidence, degrees);
  return std::clamp(share * (1 - share) / variance * ratio * ratio, least, most);
}

} // namespace bitfault::detail
