// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitfault::detail {

/// How many letters have to be changed, added or dropped (Levenshtein). O(|a| |b|).
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t best = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      best = row[j] + 1 < best ? row[j] + 1 : best;
      best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
      diagonal = std::exchange(row[j], best);
    }
  }
  return row[b.size()];
}

/// The name that is least different from `wanted`, the first of several; empty if there is none.
template <class Names>
std::string nearest_name(const Names& names, std::string_view wanted) {
  std::string nearest;
  std::size_t least = ~std::size_t{0};
  for (const auto& name : names)
    if (const std::size_t d = edit_distance(name, wanted); d < least) {
      nearest = name;
      least = d;
    }
  return nearest;
}

} // namespace bitfault::detail
