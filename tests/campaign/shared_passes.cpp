// SPDX-License-Identifier: MIT
#include <bitfault/campaign/shared_passes.hpp>

#include "../support/chance.hpp"
#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

using bitfault::campaign::shared_passes;

TEST_CASE("trials of one batch share a pass, trials on one input take turns") {
  const std::vector<std::uint64_t> inputs{5, 1, 4, 5, 9, 5};
  CHECK(shared_passes(inputs, 4) ==
        std::vector<std::vector<std::size_t>>{{1}, {2, 0}, {3}, {5}, {4}});
  CHECK(shared_passes(std::vector<std::uint64_t>{}, 4).empty());
}

TEST_CASE("each trial is in one pass, no pass has an input twice, and there are no more passes "
          "than needed") {
  chance::numbers numbers(3);
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t batch = 1 + numbers.below(8);
    std::vector<std::uint64_t> inputs(numbers.below(40));
    std::map<std::uint64_t, std::size_t> times;
    std::map<std::uint64_t, std::size_t> needed; // of each batch: its most frequent input
    for (std::uint64_t& input : inputs) {
      input = numbers.below(20);
      needed[input / batch] = std::max(needed[input / batch], ++times[input]);
    }
    std::size_t least = 0;
    for (const auto& [number, passes] : needed)
      least += passes;
    const auto passes = shared_passes(inputs, batch);
    CHECK(passes.size() == least);
    std::set<std::size_t> seen;
    for (const auto& pass : passes) {
      REQUIRE_FALSE(pass.empty());
      std::set<std::uint64_t> rows;
      for (const std::size_t i : pass) {
        REQUIRE(seen.insert(i).second);
        REQUIRE(rows.insert(inputs[i]).second);
        REQUIRE(inputs[i] / batch == inputs[pass[0]] / batch);
      }
    }
    CHECK(seen.size() == inputs.size());
  }
}
