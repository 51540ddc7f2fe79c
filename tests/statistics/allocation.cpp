// SPDX-License-Identifier: MIT
#include "bitfault/statistics/allocation.hpp"

#include "catch.hpp"
#include "chance.hpp"
#include "complaint.hpp"

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

namespace {

using bitfault::proportional_allocation;
using sizes = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("trials go to strata in proportion, the odd ones to the largest remainders") {
  // 10 trials over 5 : 3 : 3 are 4.5, 2.7 and 2.7.
  CHECK(proportional_allocation(sizes{5, 3, 3}, 10) == sizes{4, 3, 3});
  // Equal remainders: the first of them.
  CHECK(proportional_allocation(sizes{1, 1, 1, 1}, 2) == sizes{1, 1, 0, 0});
  CHECK(proportional_allocation(sizes{0, 7, 0, 7}, 6) == sizes{0, 3, 0, 3});
  CHECK(proportional_allocation(sizes{4, 9}, 13) == sizes{4, 9});
  CHECK(proportional_allocation(sizes{4, 9}, 0) == sizes{0, 0});
  CHECK(proportional_allocation(sizes{}, 0).empty());
}

TEST_CASE("no stratum is off its share by a whole trial, and none gets more than it has") {
  chance::numbers random(4);
  for (int round = 0; round < 2000; ++round) {
    sizes s(1 + random.below(12));
    std::uint64_t all = 0;
    for (std::uint64_t& size : s)
      all += size = random.below(round % 2 == 0 ? 20 : 1'000'000);
    if (all == 0)
      continue;
    const std::uint64_t trials = random.below(all + 1);
    const sizes given = proportional_allocation(s, trials);
    CHECK(std::accumulate(given.begin(), given.end(), std::uint64_t{0}) == trials);
    for (std::size_t i = 0; i < s.size(); ++i) {
      CAPTURE(round, i, s[i], trials, all, given[i]);
      CHECK(given[i] <= s[i]);
      CHECK(given[i] * all < s[i] * trials + all); // numbers below 2^44: no overflow
      CHECK(given[i] * all + all > s[i] * trials);
    }
  }
}

TEST_CASE("sizes near 2^62 are divided exactly") {
  const std::uint64_t half = std::uint64_t{1} << 61;
  CHECK(proportional_allocation(sizes{half, half - 1}, 1'000'001) == sizes{500'001, 500'000});
  CHECK(proportional_allocation(sizes{half - 1, 3, half - 3}, half) ==
        sizes{half / 2, 1, half / 2 - 1});
}

TEST_CASE("more trials than members, and more members than can be counted, are refused") {
  CHECK(complaint([] {
          return proportional_allocation(sizes{4, 9}, 14);
        }) == "bitfault: proportional_allocation: 14 trials in strata of 13 members");
  constexpr std::uint64_t half = std::uint64_t{1} << 61;
  CHECK(complaint([] {
          return proportional_allocation(sizes{half, half}, 1);
        }).find("2305843009213693951 are the most") != std::string::npos);
}
