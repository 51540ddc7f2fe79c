// SPDX-License-Identifier: MIT
#include "bitfault/statistics/tally.hpp"

#include "catch.hpp"

namespace {

using namespace bitfault;

} // namespace

TEST_CASE("a tally keeps three denominators apart") {
  tally t;
  t.add(true, true);
  t.add(true, false);
  t.add(false, true);
  t.add(false, true, true); // detected
  CHECK(t.all == ratio{2, 4});
  CHECK(t.golden_correct == ratio{1, 3});
  CHECK(t.without_due == ratio{2, 3});
  CHECK(t.all.value() == 0.5);
  CHECK(ratio{}.value() == 0);
}

TEST_CASE("what was detected or crashed meets no criterion") {
  tally t;
  t.add(true, true, true);
  CHECK(t.all == ratio{0, 1});
  CHECK(t.golden_correct == ratio{0, 1});
  CHECK(t.without_due == ratio{0, 0});
}

TEST_CASE("tallies of parts add up in any order to that of the whole") {
  tally whole, a, b;
  for (unsigned i = 0; i < 64; ++i) {
    const bool hit = i % 3 == 0, correct = i % 4 != 0, due = i % 7 == 0;
    whole.add(hit, correct, due);
    (i % 5 < 2 ? a : b).add(hit, correct, due);
  }
  tally ab = a, ba = b;
  ab += b;
  ba += a;
  CHECK(ab == whole);
  CHECK(ba == whole);
}
