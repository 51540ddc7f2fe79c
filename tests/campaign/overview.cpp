// SPDX-License-Identifier: MIT
#include <bitfault/campaign/overview.hpp>

#include "catch.hpp"
#include "synthetic.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace campaign_tests;

constexpr auto at(outcome o) { return static_cast<std::size_t>(o); }

/// Trials on 10 inputs of which `sdc` end in SDC.
trial_record with_sdc(const campaign_description& d, std::uint64_t number, std::uint32_t sdc) {
  trial_record r = synthetic_trial(d, 0, number);
  r.outcomes = {};
  r.outcomes_golden_correct = {};
  r.outcomes[at(outcome::sdc)] = sdc;
  r.outcomes[at(outcome::masked)] = 5 - sdc;
  r.outcomes_by_input.clear();
  r.faults.front().target = 0;
  return r;
}

struct some_trials {
  temporary_folder folder;
  campaign_description d = synthetic_description(400);
  store s = store::open(folder.path / "some.db", d);
};

} // namespace

TEST_CASE("an overview is of the complete prefix, and says what lies behind the gap") {
  some_trials t;
  for (const std::uint64_t n : {0U, 1U, 2U, 4U, 5U})
    t.s.add(0, std::vector<trial_record>{with_sdc(t.d, n, 1)});
  const experiment_overview view = overview_of(t.s, 0);
  CHECK(view.sums.all().trials == 3);
  CHECK(view.planned == 400);
  CHECK(view.behind_gap == 2);
  CHECK(trials_text(view, false) == "3 of 400");
  CHECK(trials_text(view, true) == "3 (stopped)");
  CHECK(has(gap_text(view), "2 more trials are behind a gap"));
  CHECK(has(gap_text(view), "3 of 400 are complete"));
  CHECK(overviews_of(t.s).size() == 2);
  const experiment_overview none = overview_of(t.s, 1);
  CHECK(none.sums.all().trials == 0);
  CHECK(none.course.empty());
  CHECK(gap_text(none).empty());
}

TEST_CASE("the worst trials are those with most SDC inputs, the first ones of equals") {
  some_trials t;
  const std::vector<std::uint32_t> sdc{0, 2, 1, 4, 2, 4, 0, 2};
  for (std::uint64_t n = 0; n < sdc.size(); ++n)
    t.s.add(0, std::vector<trial_record>{with_sdc(t.d, n, sdc[n])});
  std::vector<std::uint64_t> numbers;
  for (const trial_record& r : overview_of(t.s, 0).worst)
    numbers.push_back(r.number);
  CHECK(numbers == std::vector<std::uint64_t>{3, 5, 1});
}

TEST_CASE("the first trials that crashed or hung are kept, all are counted") {
  some_trials t;
  for (std::uint64_t n = 0; n < 12; ++n) {
    trial_record r = with_sdc(t.d, n, 0);
    if (n % 2 == 1) {
      r.outcomes = {};
      r.outcomes[at(n % 4 == 1 ? outcome::crash : outcome::hang)] = 5;
    }
    t.s.add(0, std::vector<trial_record>{r});
  }
  const experiment_overview view = overview_of(t.s, 0);
  CHECK(view.dead_count == 6);
  std::vector<std::uint64_t> numbers;
  for (const trial_record& r : view.dead)
    numbers.push_back(r.number);
  CHECK(numbers == std::vector<std::uint64_t>{1, 3, 5});
}

TEST_CASE("the course ends at the last trial, and counts what was critical until then") {
  some_trials t;
  std::vector<trial_record> all;
  for (std::uint64_t n = 0; n < 300; ++n)
    all.push_back(with_sdc(t.d, n, n % 3 == 0 ? 1 : 0));
  t.s.add(0, all);
  const experiment_overview view = overview_of(t.s, 0);
  REQUIRE(view.course.size() > 5);
  for (const known_by_then& then : view.course) {
    CHECK(then.critical == (then.trials + 2) / 3);
    CHECK(then.within == bitfault::anytime_interval(
                             then.critical, then.trials, 0.95,
                             population_of(t.d.experiments[0].asked, t.d.experiments[0].sites)));
  }
  CHECK(view.course.front().trials == 16);
  CHECK(view.course.back().trials == 300);
}
