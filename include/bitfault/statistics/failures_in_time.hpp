// SPDX-License-Identifier: MIT
#pragma once

#include "estimate.hpp"
#include "interval.hpp"
#include "statistics_error.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace bitfault {

/// One memory that faults strike: how often, and what comes of one.
struct memory_failures {
  double mbit = 0;       ///< its size, in 10^6 bits
  estimate fit_per_mbit; ///< raw rate: faults in 10^9 hours and 10^6 bits
  estimate sdc;          ///< chance of an SDC for one fault in it
};

/// Failures in 10^9 hours of all memories together: the sum of fit_per_mbit * mbit * sdc. Its
/// bounds are the sums of the products of the lower and of the upper ends. They hold when all
/// intervals that went into them do; if these have the confidence `each_of(confidence, how many)`,
/// the result has at least `confidence`, however the intervals depend on each other. A rate or
/// chance that is known has its value for both ends and need not be counted.
///
/// Requires sizes and rates of 0 or more and chances in [0, 1], each value inside its bounds;
/// throws bitfault::error otherwise. O(memories). Host only.
inline estimate failures_in_time(std::span<const memory_failures> memories) {
  const char* const place = "failures_in_time";
  estimate sum{0, {0, 0}};
  for (const memory_failures& c : memories) {
    const auto check = [place](const char* name, double value, double least, double most) {
      if (value >= least && value <= most)
        return;
      message_text m;
      m << name << " of " << value << "; it must lie between " << least << " and " << most;
      detail::refuse_statistic(place, m, value, value < least ? least : most);
    };
    check("a size in Mbit", c.mbit, 0, 1e300);
    check("a lower raw rate", c.fit_per_mbit.bounds.lower, 0, c.fit_per_mbit.value);
    check("a raw rate", c.fit_per_mbit.value, 0, c.fit_per_mbit.bounds.upper);
    check("a lower chance", c.sdc.bounds.lower, 0, c.sdc.value);
    check("a chance", c.sdc.value, 0, std::min(1.0, c.sdc.bounds.upper));
    check("an upper chance", c.sdc.bounds.upper, 0, 1);
    sum.value += c.fit_per_mbit.value * c.mbit * c.sdc.value;
    sum.bounds.lower += c.fit_per_mbit.bounds.lower * c.mbit * c.sdc.bounds.lower;
    sum.bounds.upper += c.fit_per_mbit.bounds.upper * c.mbit * c.sdc.bounds.upper;
  }
  return sum;
}

/// The confidence that each of several statements must have so that all of them hold together with
/// `confidence`: 1 - (1 - confidence) / statements (Bonferroni).
inline double each_of(double confidence, std::uint64_t statements) {
  detail::check_confidence("each_of", confidence);
  detail::check_at_least("each_of", statements, 1, " statements");
  return 1 - (1 - confidence) / static_cast<double>(statements);
}

} // namespace bitfault
