// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/campaign/trial_ranges.hpp>
#include <bitfault/random/philox.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

using bitfault::campaign::trial_range;
using bitfault::campaign::trial_ranges;

namespace {

/// The naive twin: one flag for each number.
std::vector<trial_range> gaps_of(const std::vector<bool>& there, std::uint64_t limit) {
  std::vector<trial_range> gaps;
  for (std::uint64_t i = 0; i < limit; ++i) {
    if (there[static_cast<std::size_t>(i)])
      continue;
    if (gaps.empty() || gaps.back().end != i)
      gaps.push_back({i, i});
    ++gaps.back().end;
  }
  return gaps;
}

} // namespace

TEST_CASE("a set of ranges is what a flag for each number would be") {
  constexpr std::uint64_t size = 60;
  for (std::uint32_t round = 0; round < 300; ++round) {
    std::vector<bool> flags(size), other_flags(size);
    trial_ranges set, other;
    for (std::uint32_t step = 0; step < 12; ++step) {
      const auto b = bitfault::philox({{round, 1}}, {{step, 0, 0, 0}});
      const std::uint64_t begin = b.word[0] % size;
      const std::uint64_t end = std::min<std::uint64_t>(size, begin + b.word[1] % 9);
      const bool into_other = b.word[2] % 3 == 0;
      (into_other ? other : set).add({begin, end});
      for (std::uint64_t i = begin; i < end; ++i)
        (into_other ? other_flags : flags)[static_cast<std::size_t>(i)] = true;
      if (b.word[2] % 7 == 1) {
        const std::uint64_t limit = b.word[3] % size;
        set.cut(limit);
        for (std::uint64_t i = limit; i < size; ++i)
          flags[static_cast<std::size_t>(i)] = false;
      }
    }
    const auto gaps = gaps_of(flags, size);
    REQUIRE(set.missing_below(size) == gaps);
    REQUIRE(set.missing_below(20) == gaps_of(flags, 20));
    REQUIRE(set.count() ==
            static_cast<std::uint64_t>(std::count(flags.begin(), flags.end(), true)));
    REQUIRE(set.prefix() == (gaps.empty() ? size : gaps.front().begin));
    bool common = false;
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto at = static_cast<std::size_t>(i);
      REQUIRE(set.contains(i) == flags[at]);
      common = common || (flags[at] && other_flags[at]);
    }
    REQUIRE(set.overlaps(other) == common);
    REQUIRE(other.overlaps(set) == common);

    trial_ranges both = set;
    both.add(other);
    for (std::size_t i = 0; i < size; ++i)
      flags[i] = flags[i] || other_flags[i];
    REQUIRE(both.missing_below(size) == gaps_of(flags, size));
    both.add(set);
    both.add(both);
    REQUIRE(both.missing_below(size) == gaps_of(flags, size));
  }
}

TEST_CASE("the largest numbers are no special case") {
  constexpr std::uint64_t top = ~std::uint64_t{0};
  trial_ranges set;
  set.add({top - 2, top});
  CHECK(set.contains(top - 1));
  CHECK_FALSE(set.contains(top));
  CHECK(set.missing_below(top) == std::vector<trial_range>{{0, top - 2}});
  CHECK(set.prefix() == 0);
  set.add({0, top - 2});
  CHECK(set.prefix() == top);
}
