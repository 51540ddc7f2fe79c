// SPDX-License-Identifier: MIT
#pragma once

#include "clopper_pearson.hpp"
#include "effective_size.hpp"
#include "interval.hpp"
#include "statistics_error.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace bitfault {

/// Two-sided interval for the chance that a fault like these hits an input like these, when each
/// fault was run on each input: both are samples, of faults and of inputs, and the interval is wide
/// enough for both. It needs only the number of inputs that each fault hit, and of faults that hit
/// each input.
///
/// The variance is that of the two-way (pigeonhole) bootstrap, which draws faults and inputs again,
/// independently and with replacement: for a mean it has a closed form, what infinitely many
/// replicates would give. It errs on the large side. As in `clustered_interval` it becomes an
/// effective number of independent pairs, lowered for the uncertainty of the variance, for Clopper
/// and Pearson's interval. (The percentiles of the bootstrap cover far less where hits are rare:
/// tests/statistics/two_way.cpp.) Coverage is near `confidence`, less where a few inputs carry most
/// of the hits: at least 88 % for 95 % in the simulations there.
///
/// Requires at least two faults and two inputs, equal sums, no count above the number of the
/// others, 0 < confidence < 1; throws bitfault::error otherwise. O(faults + inputs). Host only.
///
/// Source: A. B. Owen, The Pigeonhole Bootstrap, Annals of Applied Statistics 1 (2007), 386-411.
inline interval two_way_interval(std::span<const std::uint64_t> hits_by_fault,
                                 std::span<const std::uint64_t> hits_by_input,
                                 double confidence = 0.95) {
  const char* const place = "two_way_interval";
  detail::check_confidence(place, confidence);
  detail::check_at_least(place, hits_by_fault.size(), 2, " faults");
  detail::check_at_least(place, hits_by_input.size(), 2, " inputs");
  const auto rows = detail::count_clusters(place, hits_by_fault, hits_by_input.size(), " inputs");
  const auto columns =
      detail::count_clusters(place, hits_by_input, hits_by_fault.size(), " faults");
  detail::check_at_most(place, rows.hits, " hits by fault, but ", columns.hits, " by input");
  detail::check_at_most(place, columns.hits, " hits by input, but ", rows.hits, " by fault");

  const double n = rows.clusters, m = columns.clusters;
  const double share = static_cast<double>(rows.hits) / (n * m);
  // Sums of squares of what is left when the effects of fault and input are taken out.
  const double left = n * m * share * (1 - share) - m * rows.squares - n * columns.squares;
  const double variance =
      rows.squares / (n * n) + columns.squares / (m * m) + std::max(0.0, left) / (n * n * m * m);
  const double pairs = detail::effective_size(share, variance, std::min(n, m), n * m,
                                              std::min(rows.unlike, columns.unlike), confidence);
  return detail::exact_interval(share * pairs, pairs, (1 - confidence) / 2);
}

} // namespace bitfault
