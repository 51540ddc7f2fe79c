// SPDX-License-Identifier: MIT
#include "bitfault/campaign/trial_tally.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

using namespace bitfault::campaign;

namespace {

//                        crash hang detected non_finite masked sdc tolerable
trial_record record(outcome_counts outcomes, outcome_counts right_ones) {
  trial_record r;
  r.outcomes = outcomes;
  r.outcomes_golden_correct = right_ones;
  r.activated = true;
  return r;
}
std::uint64_t sum(const trial_tally& t, outcome o, denominator d = denominator::all_inputs) {
  return t.counts(o, d).sum();
}

} // namespace

TEST_CASE("hits of trials come back as they were, those without hits too") {
  hit_counts hits;
  for (const std::uint64_t h : {3U, 0U, 1U, 3U, 0U})
    hits.add(h);
  CHECK(hits.sum() == 7);
  std::vector<std::uint64_t> each = hits.each(5);
  std::sort(each.begin(), each.end());
  CHECK(each == std::vector<std::uint64_t>{0, 0, 1, 3, 3});
  CHECK(hit_counts{}.each(2) == std::vector<std::uint64_t>{0, 0});
}

TEST_CASE("trials add up to the counts made by hand") {
  counting_rules rules;
  rules.tau = 2;
  rules.flags = {true, false};
  trial_tally t;
  trial_record one = record({0, 0, 0, 1, 1, 2, 0}, {0, 0, 0, 0, 1, 1, 0});
  one.answered_correctly = 1;
  one.criteria = {3, 0.5};
  trial_record two = record({1, 1, 1, 0, 0, 1, 0}, {0, 0, 1, 0, 0, 1, 0});
  two.answered_correctly = 2;
  two.criteria = {1, -2};
  two.corrected = true;
  two.set_aside = 1;
  trial_record three = record({0, 0, 0, 0, 4, 0, 0}, {0, 0, 0, 0, 2, 0, 0});
  three.answered_correctly = 2;
  three.criteria = {0, 0};
  three.activated = false;
  for (const trial_record& r : {one, two, three})
    add_trial(t, r, rules);

  CHECK(t.trials == 3);
  CHECK(t.critical == 1); // the second has one SDC only
  CHECK(t.not_activated == 1);
  CHECK(t.corrected == 1);
  CHECK(t.inputs == 12);
  CHECK(t.set_aside == 1);
  CHECK(t.golden_correct == 6);
  CHECK(t.answered_correctly == 5);
  CHECK(sum(t, outcome::sdc) == 3);
  CHECK(sum(t, outcome::masked) == 5);
  CHECK(sum(t, outcome::non_finite) == 1);
  CHECK(sum(t, outcome::tolerable) == 0);
  CHECK(sum(t, outcome::sdc, denominator::golden_correct) == 2);
  CHECK(sum(t, outcome::masked, denominator::golden_correct) == 3);
  CHECK(t.due.sum() == 3);                // crash, hang and detected
  CHECK(t.due_golden_correct.sum() == 1); // detected
  CHECK(t.flags[0].sum() == 4);
  CHECK(t.flags[1].sum() == 0);
  CHECK(t.sums == std::vector<double>{4, -1.5});
  CHECK(t.total(denominator::all_inputs) == 12);
  CHECK(t.total(denominator::golden_correct) == 6);
  CHECK(t.each(denominator::all_inputs) == 4);
  CHECK(t.each(denominator::golden_correct) == 2);
}

TEST_CASE("a non-finite output is DUE only if the campaign declares an output check") {
  counting_rules rules;
  const trial_record r = record({0, 0, 1, 2, 0, 0, 0}, {0, 0, 0, 1, 0, 0, 0});
  trial_tally without, with;
  add_trial(without, r, rules);
  rules.output_check = true;
  add_trial(with, r, rules);
  CHECK(without.due.sum() == 1);
  CHECK(without.due_golden_correct.sum() == 0);
  CHECK(with.due.sum() == 3);
  CHECK(with.due_golden_correct.sum() == 1);
}

TEST_CASE("trials of unequal numbers of inputs have no number that each has") {
  trial_tally t;
  add_trial(t, record({0, 0, 0, 0, 1, 0, 0}, {}), {});
  add_trial(t, record({0, 0, 0, 0, 2, 0, 0}, {}), {});
  add_trial(t, record({0, 0, 0, 0, 1, 0, 0}, {}), {});
  CHECK(t.inputs_each == std::nullopt);
  CHECK(t.golden_correct_each == 0);
}
