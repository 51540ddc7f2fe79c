// SPDX-License-Identifier: MIT
#pragma once

#include "binomial.hpp"
#include "clopper_pearson.hpp"
#include "interval.hpp"
#include "population.hpp"
#include "statistics_error.hpp"

#include <cmath>
#include <cstdint>

namespace bitfault {

/// Anytime-valid interval for a probability after `hits` in `trials`: with at least `confidence`
/// it covers the probability at all numbers of trials together, so one may look after each trial
/// and stop when it is narrow enough. The price is width: at 2 % hits 1.7 times
/// that of an interval for one fixed number of trials at 100 trials, 2.4 times at a million.
///
/// It holds each p under which the chance of exactly these hits is above
/// (1 - confidence) / (trials + 1). That ratio is what a bettor who starts with a uniform prior
/// over p would have won against p; it exceeds 1 / (1 - confidence) at any time with a chance of at
/// most 1 - confidence (Ville's inequality). With a `population`, the same for the share of hits in
/// it, after distinct trials, with the hypergeometric chance and a uniform prior over the whole
/// numbers of hits; it ends in the exact share when all have been tried.
///
/// The trials must be taken in their order, without leaving out those that are not finished: the
/// interval belongs to a complete prefix. It is a function of the two counts, so it does not matter
/// who looked when.
///
/// Requires hits <= trials <= population and 0 < confidence < 1; throws bitfault::error otherwise.
/// O(log population), without population O(1) (some 50 evaluations of a binomial chance). Host
/// only.
///
/// Source: I. Waudby-Smith and A. Ramdas, Confidence sequences for sampling without replacement,
/// NeurIPS 2020 (the prior-posterior ratio with the beta-binomial prior a = b = 1).
inline interval anytime_interval(std::uint64_t hits, std::uint64_t trials, double confidence = 0.95,
                                 std::uint64_t population = unlimited) {
  detail::check_hits("anytime_interval", hits, trials);
  detail::check_population("anytime_interval", trials, population);
  detail::check_confidence("anytime_interval", confidence);
  if (trials == 0)
    return {0, 1};
  const double k = static_cast<double>(hits), n = static_cast<double>(trials);
  // What equals the limit is inside, however it was rounded.
  const double limit = std::log1p(-confidence) - std::log1p(n) - 1e-9;

  if (!detail::is_limited(population)) {
    const double share = k / n;
    const auto inside = [&](double p) { return detail::log_binomial(k, n, p, 1 - p) > limit; };
    const auto end = [&](double out, double in) {
      for (;;) {
        const double middle = out + (in - out) / 2;
        if (middle == out || middle == in)
          return in;
        (inside(middle) ? in : out) = middle;
      }
    };
    return {hits == 0 ? 0 : end(0, share), hits == trials ? 1 : end(1, share)};
  }

  const double members = static_cast<double>(population);
  const auto inside = [&](std::uint64_t hits_in_all) {
    const double good = static_cast<double>(hits_in_all);
    return detail::log_hypergeometric(k, n, good, members - good) > limit;
  };
  // The most likely number of hits is inside, and the chance falls on both sides of it.
  const std::uint64_t least = hits, most = population - (trials - hits);
  std::uint64_t likely = detail::multiply_divide(population + 1, hits, trials);
  likely = likely < least ? least : likely > most ? most : likely;
  const std::uint64_t lower = detail::first_that_holds(least, likely, inside);
  const std::uint64_t from_above = detail::first_that_holds(
      0, most - likely, [&](std::uint64_t below_most) { return inside(most - below_most); });
  return {static_cast<double>(lower) / members, static_cast<double>(most - from_above) / members};
}

/// `anytime_interval` trial by trial.
///
///     bitfault::confidence_sequence seen{.population = 17174144};
///     do seen.add(run(next)); while (seen.current().width() > 0.01);
struct confidence_sequence {
  double confidence = 0.95;
  std::uint64_t population = unlimited;
  std::uint64_t hits = 0;
  std::uint64_t trials = 0;

  /// One more trial. O(1).
  constexpr void add(bool hit) noexcept {
    ++trials;
    hits += hit ? 1 : 0;
  }
  interval current() const { return anytime_interval(hits, trials, confidence, population); }
};

} // namespace bitfault
