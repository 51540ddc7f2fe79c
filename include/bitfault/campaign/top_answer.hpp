// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace bitfault::campaign {

/// The index of the largest score. Ties: the lowest index. A NaN is never larger than a number.
/// 0 if there are no scores. O(n).
inline std::size_t top_answer(std::span<const double> scores) noexcept {
  std::size_t top = 0;
  while (top < scores.size() && std::isnan(scores[top]))
    ++top;
  if (top == scores.size())
    return 0;
  double best = scores[top];
  for (std::size_t i = top + 1; i < scores.size(); ++i)
    if (scores[i] > best) {
      best = scores[i];
      top = i;
    }
  return top;
}

} // namespace bitfault::campaign
