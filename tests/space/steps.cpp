// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/core/message.hpp>
#include <bitfault/space/steps.hpp>

#include <cstdint>
#include <string>
#include <vector>

using namespace bitfault;

namespace {

std::vector<std::uint32_t> below(const steps& s, std::uint32_t count) {
  std::vector<std::uint32_t> result;
  for (std::uint32_t t = 0; t < count; ++t)
    if (s.contains(t))
      result.push_back(t);
  return result;
}

std::string refusal_of(const steps& s) {
  REQUIRE(!s.check().ok());
  return message(s.check()).text;
}

constexpr std::uint32_t last_step = 0xFFFF'FFFF;

} // namespace

TEST_CASE("steps are those of the loop with the same numbers") {
  for (int first = 0; first < 6; ++first)
    for (int end = first; end < 14; ++end)
      for (int every = 1; every < 5; ++every) {
        std::vector<std::uint32_t> expected;
        for (int t = first; t < end; t += every)
          expected.push_back(static_cast<std::uint32_t>(t));
        REQUIRE(steps{first, end, every}.check().ok());
        CHECK(below(steps{first, end, every}, 20) == expected);
      }
}

TEST_CASE("one step, all from one on, and every nth") {
  CHECK(below(one_step(3), 10) == std::vector<std::uint32_t>{3});
  CHECK(below(from_step(7), 10) == std::vector<std::uint32_t>{7, 8, 9});
  CHECK(below(every_nth_step(3), 10) == std::vector<std::uint32_t>{0, 3, 6, 9});
  CHECK(below(every_nth_step(4, 1), 10) == std::vector<std::uint32_t>{1, 5, 9});
  CHECK(below(steps{}, 3) == std::vector<std::uint32_t>{0, 1, 2});
}

TEST_CASE("the last step that a key can have is a step too") {
  CHECK(one_step(last_step).check().ok());
  CHECK(one_step(last_step).contains(last_step));
  CHECK(!one_step(last_step).contains(last_step - 1));
  CHECK(from_step(0).contains(last_step));
  CHECK(every_nth_step(std::int64_t{1} << 32).contains(0));
  CHECK(!every_nth_step(std::int64_t{1} << 32).contains(last_step));
}

TEST_CASE("steps that make no sense are refused by their number") {
  CHECK(refusal_of(one_step(-1)) ==
        "bitfault: steps: first (0 to 2^32 - 1): -1 is not allowed here");
  CHECK(refusal_of(from_step(std::int64_t{1} << 32)) ==
        "bitfault: steps: first (0 to 2^32 - 1): 4.29497e+9 is not allowed "
        "here");
  CHECK(refusal_of(steps{10, 9}) == "bitfault: steps: end (not below the first one, at most 2^32): "
                                    "9 is not allowed here");
  CHECK(refusal_of(steps{0, (std::int64_t{1} << 32) + 1}).find("steps: end") != std::string::npos);
  CHECK(refusal_of(every_nth_step(0)) ==
        "bitfault: steps: every (at least 1): 0 is not allowed here");
  CHECK(refusal_of(every_nth_step(-2)).find("-2 is not allowed") != std::string::npos);
}

static_assert(one_step(2).contains(2) && !one_step(2).contains(3));
