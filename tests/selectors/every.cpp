// SPDX-License-Identifier: MIT
#include <bitfault/selectors/every.hpp>

#include "catch.hpp"
#include "drawn.hpp"

#include <cstdint>
#include <string>
#include <vector>

using bitfault::every;
using bitfault::index_t;
using bitfault::refusal;
using bitfault::status;

TEST_CASE("every element is visited once, in order, whatever the key") {
  const auto bound = drawn::bind(every{}, 100);
  CHECK(bound.units() == 100);
  std::vector<index_t> due(100);
  for (index_t i = 0; i < 100; ++i)
    due[i] = i;
  CHECK(drawn::sites(bound, {.seed = 1}) == due);
  CHECK(drawn::sites(bound, {.seed = 2}, 40, 60) ==
        std::vector<index_t>(due.begin() + 40, due.begin() + 60));
  CHECK(drawn::sites(drawn::bind(every{}, 0), {}).empty());
}

TEST_CASE("find takes every element inside") {
  const auto draw = drawn::bind(every{}, 10).start(bitfault::random_stream(bitfault::fault_key{}));
  for (index_t i = 0; i < 12; ++i) {
    std::uint64_t event = 99;
    CHECK(draw.find(i, event) == (i < 10));
    CHECK(event == i);
  }
}

TEST_CASE("several masks for each element are refused") {
  status state;
  drawn::bind(every{}, 10, 32, state);
  CHECK(state == status{refusal::several_masks, 0, 32, 1});
  CHECK(state.place == std::string("every"));
}
