// SPDX-License-Identifier: MIT
#pragma once

#include "normal_quantile.hpp"
#include "population.hpp"
#include "statistics_error.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bitfault {

/// How many of `population` faults to try so that the normal interval around the share of hits
/// reaches `margin` to either side, if that share is `expected`; `deviate` is the normal deviate of
/// the confidence, as the papers round it (1.96 for 95 %, 2.58 for 99 %):
///
///     n = N / (1 + e^2 (N - 1) / (t^2 p (1 - p))), rounded up
///
/// Network-wise the population is all faults, layer-wise those of one layer, layer-and-bit-wise
/// those of one bit position in one layer; the sizes of the parts add up (`sample_sizes`). The
/// normal interval means something where some ten hits and misses are expected. 0.5 is the worst
/// case; for a rare event use `sample_size_for_relative_margin`.
///
/// Requires 0 <= expected <= 1 and margin, deviate > 0; throws bitfault::error otherwise. O(1).
/// Source: R. Leveugle et al., Statistical Fault Injection: Quantified Error and Confidence,
/// DATE 2009.
inline std::uint64_t leveugle_sample_size(std::uint64_t population, double margin, double deviate,
                                          double expected = 0.5) {
  detail::check_positive("leveugle_sample_size", "a margin", margin);
  detail::check_positive("leveugle_sample_size", "a normal deviate", deviate);
  detail::check_share("leveugle_sample_size", "an expected share", expected);
  if (population == 0)
    return 0;
  const double members = static_cast<double>(population);
  const double unlimited_size = deviate * deviate * expected * (1 - expected) / (margin * margin);
  if (unlimited_size <= 0)
    return 0; // a share of 0 or 1 that is known has nothing to be found out
  const double size = std::ceil(members / (1 + (members - 1) / unlimited_size));
  return size >= members ? population : static_cast<std::uint64_t>(size);
}

/// The same for a confidence, with its exact normal deviate.
inline std::uint64_t sample_size(std::uint64_t population, double margin, double confidence = 0.95,
                                 double expected = 0.5) {
  detail::check_confidence("sample_size", confidence);
  return leveugle_sample_size(population, margin, detail::two_sided_normal_quantile(confidence),
                              expected);
}

/// The same for a margin relative to the expected share: 0.1 is a tenth of it, to either side. An
/// absolute margin of 1 % says nothing about a share of 1e-4.
/// Requires 0 < expected <= 1.
inline std::uint64_t sample_size_for_relative_margin(std::uint64_t population,
                                                     double relative_margin, double expected,
                                                     double confidence = 0.95) {
  detail::check_positive("sample_size_for_relative_margin", "a margin", relative_margin);
  detail::check_positive("sample_size_for_relative_margin", "an expected share", expected);
  return sample_size(population, relative_margin * expected, confidence, expected);
}

/// The sample size for each of several populations on its own: layer by layer, or bit by bit.
inline std::vector<std::uint64_t> sample_sizes(std::span<const std::uint64_t> populations,
                                               double margin, double confidence = 0.95,
                                               double expected = 0.5) {
  std::vector<std::uint64_t> sizes;
  sizes.reserve(populations.size());
  for (const std::uint64_t population : populations)
    sizes.push_back(sample_size(population, margin, confidence, expected));
  return sizes;
}

} // namespace bitfault
