// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <vector>

namespace bitfault::campaign {

/// Trials [begin, end).
struct trial_range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  friend constexpr bool operator==(const trial_range&, const trial_range&) = default;
};

/// A set of trial numbers, kept as ranges. O(log ranges) where nothing else is said.
class trial_ranges {
public:
  /// Requires range.begin <= range.end. Amortised O(log ranges).
  void add(trial_range range) {
    if (range.begin == range.end)
      return;
    auto at = ends_.upper_bound(range.begin);
    if (at != ends_.begin() && std::prev(at)->second >= range.begin)
      --at;
    while (at != ends_.end() && at->first <= range.end) {
      range.begin = (std::min)(range.begin, at->first);
      range.end = (std::max)(range.end, at->second);
      at = ends_.erase(at);
    }
    ends_.emplace_hint(at, range.begin, range.end);
  }
  void add(std::uint64_t number) { add({number, number + 1}); }
  /// All that are in another set. O(its ranges log ranges).
  void add(const trial_ranges& other) {
    if (this == &other)
      return;
    for (const auto& [begin, end] : other.ends_)
      add({begin, end});
  }

  /// Takes out all numbers from `limit` on. O(ranges that go).
  void cut(std::uint64_t limit) {
    ends_.erase(ends_.lower_bound(limit), ends_.end());
    if (!ends_.empty())
      std::prev(ends_.end())->second = (std::min)(std::prev(ends_.end())->second, limit);
  }

  bool contains(std::uint64_t number) const noexcept {
    const auto after = ends_.upper_bound(number);
    return after != ends_.begin() && number < std::prev(after)->second;
  }
  /// Whether a number is in both. O(ranges).
  bool overlaps(const trial_ranges& other) const noexcept {
    auto a = ends_.begin();
    auto b = other.ends_.begin();
    while (a != ends_.end() && b != other.ends_.end()) {
      if (a->first < b->second && b->first < a->second)
        return true;
      if (a->second < b->second)
        ++a;
      else
        ++b;
    }
    return false;
  }
  /// How many numbers there are. O(ranges).
  std::uint64_t count() const noexcept {
    std::uint64_t n = 0;
    for (const auto& [begin, end] : ends_)
      n += end - begin;
    return n;
  }
  /// The first number that is not in the set.
  std::uint64_t prefix() const noexcept {
    return ends_.empty() || ends_.begin()->first != 0 ? 0 : ends_.begin()->second;
  }
  /// The ranges of numbers below `limit` that are not in the set, in rising order. O(ranges).
  std::vector<trial_range> missing_below(std::uint64_t limit) const {
    std::vector<trial_range> gaps;
    std::uint64_t next = 0;
    for (const auto& [begin, end] : ends_) {
      if (begin >= limit)
        break;
      if (next < begin)
        gaps.push_back({next, begin});
      next = end;
    }
    if (next < limit)
      gaps.push_back({next, limit});
    return gaps;
  }

  friend bool operator==(const trial_ranges&, const trial_ranges&) = default;

private:
  std::map<std::uint64_t, std::uint64_t> ends_; ///< by begin; neither overlap nor touch
};

} // namespace bitfault::campaign
