// SPDX-License-Identifier: MIT
#pragma once

#include "criterion.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

namespace detail {

/// Whether the score at i is one of the `places` best. Ties: the lower index is the better one. A
/// NaN is worse than any number.
inline bool among_best(std::span<const double> scores, std::size_t i, std::size_t places) noexcept {
  const double mine = scores[i];
  const bool is_nan = std::isnan(mine);
  std::size_t better = 0;
  for (std::size_t other = 0; other < scores.size(); ++other) {
    const double x = scores[other];
    const bool equal = is_nan ? std::isnan(x) : x == mine;
    better += x > mine || (is_nan && !equal) || (equal && other < i) ? 1 : 0;
  }
  return better < places;
}

/// A criterion that is a flag, of the golden and the faulty scores. An empty output meets none.
template <class Holds>
criterion flag_of_scores(std::string name, Holds holds, std::size_t least_outputs = 0) {
  return {std::move(name),
          [holds](const compared_outputs& o) { return !o.golden.empty() && holds(o) ? 1.0 : 0.0; },
          true, least_outputs};
}

/// Whether the top score moved by more than `limit` of the golden one's magnitude.
inline criterion top_score_change(std::string name, double limit) {
  return flag_of_scores(std::move(name), [limit](const compared_outputs& o) {
    const double was = o.golden[o.golden_top];
    const double is = o.faulty[o.faulty_top];
    return std::abs(is - was) > limit * std::abs(was);
  });
}

/// How far the score at `answer` lies above the best other one. Requires two scores or more.
inline double margin_of(std::span<const double> scores, std::size_t answer) noexcept {
  double best_other = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (i != answer && scores[i] > best_other)
      best_other = scores[i];
  return scores[answer] - best_other;
}

} // namespace detail

/// SDC-1: the top answer is another one than golden's.
inline criterion sdc_1() {
  return detail::flag_of_scores(
      "sdc_1", [](const compared_outputs& o) { return o.golden_top != o.faulty_top; });
}

/// SDC-5: the top answer is not among golden's five best.
inline criterion sdc_5() {
  return detail::flag_of_scores(
      "sdc_5",
      [](const compared_outputs& o) { return !detail::among_best(o.golden, o.faulty_top, 5); }, 6);
}

/// The reverse of SDC-5, which some tools test under its name: golden's top answer is not among the
/// five best any more.
inline criterion golden_lost_top5() {
  return detail::flag_of_scores(
      "golden_lost_top5",
      [](const compared_outputs& o) { return !detail::among_best(o.faulty, o.golden_top, 5); }, 6);
}

/// SDC-10 %: the largest score differs from golden's largest by more than 10 % of the latter,
/// whichever classes have them. Scores are taken as the model gives them, probabilities or not.
///
/// Source: G. Li et al., Understanding Error Propagation in Deep Learning Neural Network (DNN)
/// Accelerators and Applications, SC'17.
inline criterion sdc_10_percent() { return detail::top_score_change("sdc_10_percent", 0.1); }

/// SDC-20 %: the same with 20 %.
inline criterion sdc_20_percent() { return detail::top_score_change("sdc_20_percent", 0.2); }

/// Ten percentage points: the top answer is golden's, and its score moved by more than 0.1. What
/// some tools call SDC-10 %; it means something for scores that are probabilities.
inline criterion sdc_10pp() {
  return detail::flag_of_scores("sdc_10pp", [](const compared_outputs& o) {
    return o.faulty_top == o.golden_top &&
           std::abs(o.faulty[o.faulty_top] - o.golden[o.golden_top]) > 0.1;
  });
}

/// A number: how much golden's top answer lost of its lead over the best other one. Above the
/// golden lead, the answer has changed; below 0, the lead has grown. 0 for a single score.
inline criterion margin_loss() {
  return {"margin_loss",
          [](const compared_outputs& o) {
            if (o.golden.size() < 2)
              return 0.0;
            return detail::margin_of(o.golden, o.golden_top) -
                   detail::margin_of(o.faulty, o.golden_top);
          },
          false};
}

/// What a campaign on a classifier counts unless it is told otherwise. Flags do not exclude each
/// other.
inline std::vector<criterion> classification_criteria() {
  return {sdc_1(),          sdc_5(),    golden_lost_top5(), sdc_10_percent(),
          sdc_20_percent(), sdc_10pp(), margin_loss()};
}

} // namespace bitfault::campaign
