// SPDX-License-Identifier: MIT
#include <bitfault/campaign/apply_stop_rule.hpp>

#include "catch.hpp"

#include <bitfault/campaign/memory_store.hpp>

#include <vector>

using namespace bitfault::campaign;

namespace {

/// Every tenth trial is critical.
std::vector<trial_record> trials(std::uint64_t first, std::uint64_t last) {
  std::vector<trial_record> list;
  for (std::uint64_t n = first; n < last; ++n) {
    list.emplace_back();
    list.back().number = n;
    list.back().outcomes[static_cast<std::size_t>(outcome::sdc)] = n % 10 == 0 ? 1 : 0;
  }
  return list;
}

experiment stopping(double half_width) {
  experiment e;
  e.stop = stop_rule{half_width, 0.95};
  return e;
}

} // namespace

TEST_CASE("a stop rule on merged trials ends where that of one process does") {
  const experiment e = stopping(0.05);
  complete_prefix one(e, 1'000'000);
  for (const trial_record& r : trials(0, 2000))
    one.add(r);
  REQUIRE(one.stops_at().has_value());
  REQUIRE(*one.stops_at() < 2000);
  memory_store s(2);
  s.add(1, trials(1000, 2000));
  apply_stop_rule(s, 1, complete_prefix(e, 1'000'000), 2000);
  CHECK_FALSE(s.stopped_at(1).has_value()); // there is a gap before them
  s.add(1, trials(0, 1000));
  apply_stop_rule(s, 1, complete_prefix(e, 1'000'000), 2000);
  CHECK(s.stopped_at(1) == one.stops_at());
  CHECK(s.stored(1).count() == *one.stops_at());
  // Done once: another rule changes nothing any more.
  apply_stop_rule(s, 1, complete_prefix(stopping(0.2), 1'000'000), 2000);
  CHECK(s.stopped_at(1) == one.stops_at());
}

TEST_CASE("a stop rule that has not come to its end drops nothing") {
  memory_store s(1);
  s.add(0, trials(0, 500));
  apply_stop_rule(s, 0, complete_prefix(stopping(0.0001), 1'000'000), 500);
  CHECK_FALSE(s.stopped_at(0).has_value());
  CHECK(s.stored(0).count() == 500);
}
