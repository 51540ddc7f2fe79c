// SPDX-License-Identifier: MIT
#include <bitfault/campaign/memory_store.hpp>

#include "catch.hpp"

#include <vector>

using namespace bitfault::campaign;

namespace {

std::vector<trial_record> numbered(std::initializer_list<std::uint64_t> numbers) {
  std::vector<trial_record> list;
  for (const std::uint64_t n : numbers) {
    list.emplace_back();
    list.back().number = n;
    list.back().first_input = n * 10;
  }
  return list;
}

std::vector<std::uint64_t> kept(const memory_store& s, std::size_t experiment, trial_range range) {
  std::vector<std::uint64_t> list;
  s.for_each_trial(experiment, range, [&](const trial_record& r) {
    CHECK(r.first_input == r.number * 10);
    list.push_back(r.number);
  });
  return list;
}
using numbers = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("trials come back by rising number, of one experiment and range") {
  memory_store s(2);
  s.add(0, numbered({5, 1}));
  s.add(1, numbered({2}));
  s.add(0, numbered({0, 9, 5}));
  CHECK(kept(s, 0, {0, 100}) == numbers{0, 1, 5, 9});
  CHECK(kept(s, 0, {1, 9}) == numbers{1, 5});
  CHECK(kept(s, 0, {2, 2}).empty());
  CHECK(kept(s, 1, {0, 100}) == numbers{2});
  CHECK(s.stored(0).count() == 4);
  CHECK(s.stored(0).prefix() == 2);
}

TEST_CASE("trials behind the end of a stopped experiment are dropped, now and "
          "later") {
  memory_store s(1);
  CHECK_FALSE(s.stopped_at(0).has_value());
  s.add(0, numbered({0, 1, 2, 3, 7}));
  s.set_stopped_at(0, 2);
  s.add(0, numbered({1, 2, 8}));
  CHECK(s.stopped_at(0) == 2);
  CHECK(kept(s, 0, {0, 100}) == numbers{0, 1});
  CHECK(s.stored(0).count() == 2);
}

TEST_CASE("deaths are counted for each trial, crashes and hangs apart") {
  memory_store s(2);
  CHECK(s.record_death(1, 7, outcome::crash) == 1);
  CHECK(s.record_death(1, 7, outcome::hang) == 2);
  CHECK(s.record_death(1, 3, outcome::hang) == 1);
  CHECK(s.deaths(0).empty());
  CHECK(s.deaths(1) == std::vector<trial_deaths>{{3, 0, 1}, {7, 1, 1}});
}
