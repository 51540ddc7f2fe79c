// SPDX-License-Identifier: MIT
#pragma once

#include "../random/fault_key.hpp"
#include "../random/permutation.hpp"
#include "../random/source.hpp"
#include "../statistics/clopper_pearson.hpp"
#include "../statistics/confidence_sequence.hpp"
#include "../statistics/interval.hpp"
#include "../statistics/normal_quantile.hpp"
#include "../statistics/wilson.hpp"
#include "aligned_text.hpp"
#include "number_text.hpp"
#include "truth.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

struct audit_options {
  std::uint64_t campaigns = 2000; ///< of each method
  std::uint64_t trials = 1000;    ///< faults in a campaign of fixed size
  double confidence = 0.95;
  double half_width = 0.01; ///< what campaigns that look at their result wait for
  std::uint64_t seed = 1;
};

/// What one way of sampling and counting came to, over many campaigns on a known truth.
struct audited_method {
  std::string name;
  std::string trials_text;  ///< "1000", or the mean where a rule stops
  double confidence = 0.95; ///< that it states
  std::uint64_t campaigns = 0;
  std::uint64_t covered = 0;  ///< campaigns whose interval held the truth
  double mean_half_width = 0; ///< of these intervals
  interval coverage{};        ///< 99 % interval of the share of covered campaigns

  double share() const noexcept {
    return campaigns == 0 ? 0 : static_cast<double>(covered) / static_cast<double>(campaigns);
  }
};

namespace detail {

/// Which sites a campaign hits: without replacement in the order of a keyed permutation, or drawn
/// each time anew.
class audit_sampler {
public:
  audit_sampler(const truth& known, std::size_t criterion, bool replacement, std::uint64_t seed,
                std::uint64_t campaign)
      : known_(&known), criterion_(criterion), replacement_(replacement),
        stream_(fault_key{.seed = seed, .trial = campaign}),
        order_(permutation_shape(static_cast<index_t>(known.sites())), stream_),
        random_(stream_, 0, 0, 0) {}
  audit_sampler(const audit_sampler&) = delete;
  audit_sampler& operator=(const audit_sampler&) = delete;

  bool next() {
    const std::uint64_t site =
        replacement_ ? random_.below(known_->sites()) : std::uint64_t{order_.at(place_++)};
    return known_->holds(criterion_, site);
  }

private:
  const truth* known_;
  std::size_t criterion_;
  bool replacement_;
  random_stream stream_;
  keyed_permutation order_;
  random_source random_;
  index_t place_ = 0;
};

/// The textbook normal interval, which many papers use.
inline interval normal_interval(std::uint64_t hits, std::uint64_t trials, double confidence) {
  const double n = static_cast<double>(trials), p = static_cast<double>(hits) / n;
  const double half =
      bitfault::detail::two_sided_normal_quantile(confidence) * std::sqrt(p * (1 - p) / n);
  return {p - half, p + half};
}

/// Numbers of trials at which somebody looks who cannot wait.
inline std::vector<std::uint64_t> looks(std::uint64_t most) {
  std::vector<std::uint64_t> at;
  for (std::uint64_t n = 50; n <= most; n += std::max<std::uint64_t>(50, n / 10))
    at.push_back(n);
  if (at.empty() || at.back() != most)
    at.push_back(most);
  return at;
}

inline bool holds(const interval& i, double right) noexcept {
  return i.lower <= right + 1e-12 && right - 1e-12 <= i.upper;
}

/// A method of which all campaigns are counted; `width` is the sum of their intervals'.
inline audited_method finished(audited_method m, double width, const audit_options& o) {
  m.confidence = o.confidence;
  m.campaigns = o.campaigns;
  m.mean_half_width = width / (2 * static_cast<double>(o.campaigns));
  m.coverage = clopper_pearson_interval(m.covered, m.campaigns, 0.99);
  return m;
}

/// "2,000 campaigns by each method, 95 % stated", and a line for each.
inline std::string audit_rows(const std::vector<audited_method>& methods) {
  std::vector<std::vector<std::string>> rows{
      {"method", "trials", "half width", "covered", "99 % interval", ""}};
  for (const audited_method& m : methods)
    rows.push_back(
        {m.name, m.trials_text, percent_text(m.mean_half_width) + " %",
         percent_text(m.share()) + " %",
         lower_end_text(m.coverage.lower) + " to " + upper_end_text(m.coverage.upper) + " %",
         m.coverage.upper < m.confidence ? "too often wrong" : ""});
  return grouped_text(methods.empty() ? 0 : methods.front().campaigns) +
         " campaigns by each method, " +
         percent_text(methods.empty() ? 0 : methods.front().confidence) + " % stated\n" +
         aligned(rows);
}

} // namespace detail

/// Replays samplers and intervals, the library's and those of published practice, on a truth: many
/// campaigns by each method, and how often its interval held what is known to be true. Reproducible
/// from the seed. O(campaigns * trials) for each method.
///
/// Campaigns of fixed size look once. Those that look on the way stop as soon as the half width is
/// reached, or when all sites have been tried, and are held to the interval that they stop with;
/// "at every look" counts a campaign as covered only if no interval that somebody saw was wrong,
/// among looks after 50 trials, 100, ... up to ten times `trials`.
inline std::vector<audited_method> audit(const truth& known, std::size_t criterion,
                                         const audit_options& o = {}) {
  const double right = known.share(criterion);
  const std::uint64_t sites = known.sites();
  const std::uint64_t trials = std::min(o.trials, sites);
  std::vector<audited_method> all;
  const auto holds = [&](const interval& i) { return detail::holds(i, right); };
  const auto finish = [&](audited_method m, double width) {
    all.push_back(detail::finished(std::move(m), width, o));
  };

  const auto fixed = [&](std::string name, bool replacement, auto&& interval_of) {
    audited_method m{std::move(name), std::to_string(trials)};
    double width = 0;
    for (std::uint64_t c = 0; c < o.campaigns; ++c) {
      detail::audit_sampler sampler(known, criterion, replacement, o.seed, c);
      std::uint64_t hits = 0;
      for (std::uint64_t t = 0; t < trials; ++t)
        hits += sampler.next() ? 1 : 0;
      const interval i = interval_of(hits, trials);
      m.covered += holds(i) ? 1 : 0;
      width += i.upper - i.lower;
    }
    finish(std::move(m), width);
  };
  const auto clopper = [&](std::uint64_t k, std::uint64_t n) {
    return clopper_pearson_interval(k, n, o.confidence, sites);
  };
  const auto wilson = [&](std::uint64_t k, std::uint64_t n) {
    return wilson_interval(k, n, o.confidence);
  };
  const auto normal = [&](std::uint64_t k, std::uint64_t n) {
    return detail::normal_interval(k, n, o.confidence);
  };
  const auto anytime = [&](std::uint64_t k, std::uint64_t n) {
    return anytime_interval(k, n, o.confidence, sites);
  };
  fixed("fixed n, Clopper-Pearson", false, clopper);
  fixed("fixed n, Wilson", false, wilson);
  fixed("fixed n, normal", false, normal);
  fixed("fixed n, with replacement, Wilson", true, wilson);
  fixed("fixed n, with replacement, normal", true, normal);

  // One campaign after the other, with a look now and then.
  const auto looking = [&](const std::string& name, bool replacement, bool every_look,
                           auto&& interval_of) {
    audited_method m{name, {}};
    double width = 0;
    std::uint64_t ran = 0;
    const std::vector<std::uint64_t> at =
        detail::looks(every_look ? std::min(sites, 10 * trials) : sites);
    for (std::uint64_t c = 0; c < o.campaigns; ++c) {
      detail::audit_sampler sampler(known, criterion, replacement, o.seed, c);
      std::uint64_t hits = 0, t = 0;
      interval i{};
      bool never_wrong = true;
      for (const std::uint64_t look : at) {
        for (; t < look; ++t)
          hits += sampler.next() ? 1 : 0;
        i = interval_of(hits, t);
        never_wrong = never_wrong && holds(i);
        if (!every_look && (i.upper - i.lower) / 2 <= o.half_width)
          break;
      }
      ran += t;
      m.covered += (every_look ? never_wrong : holds(i)) ? 1 : 0;
      width += i.upper - i.lower;
    }
    m.trials_text = (every_look ? "" : "about ") + std::to_string(ran / o.campaigns);
    finish(std::move(m), width);
  };
  looking("until narrow, anytime-valid", false, false, anytime);
  looking("until narrow, Wilson", false, false, wilson);
  looking("until narrow, with replacement, normal", true, false, normal);
  looking("at every look, anytime-valid", false, true, anytime);
  looking("at every look, Wilson", false, true, wilson);
  looking("at every look, with replacement, normal", true, true, normal);
  return all;
}

/// The result of an audit as text.
inline std::string audit_table(const truth& known, std::size_t criterion,
                               const std::vector<audited_method>& methods) {
  return known.criteria()[criterion] + ": " + grouped_text(known.hits(criterion)) + " of " +
         grouped_text(known.sites()) + " faults, " + percent_text(known.share(criterion)) + " %; " +
         detail::audit_rows(methods);
}

} // namespace bitfault::campaign
