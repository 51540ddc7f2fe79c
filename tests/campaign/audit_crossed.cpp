// SPDX-License-Identifier: MIT
#include <bitfault/campaign/audit_crossed.hpp>

#include "audited.hpp"
#include "catch.hpp"
#include "synthetic.hpp"

#include <bitfault/random/philox.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

using namespace campaign_tests;

namespace {

/// 20,000 faults on 40 inputs: of ten faults nine do nothing; the tenth hits an input with a chance
/// between 0 and 1 that is its own, more or less as the input is sensitive.
crossed_population uneven() {
  crossed_population p;
  p.inputs = 40;
  for (std::uint32_t f = 0; f < 20000; ++f) {
    p.hits.emplace_back();
    const auto own = bitfault::philox({{3, 5}}, {{f, 0, 0, 0}});
    if (own.word[0] % 10 != 0)
      continue;
    for (std::uint32_t i = 0; i < 40; ++i) {
      const auto pair = bitfault::philox({{3, 5}}, {{f, i, 1, 0}});
      const std::uint64_t chance = std::uint64_t{own.word[1]} * (20 + i) / 80;
      if (pair.word[0] < chance)
        p.hits.back().push_back(i);
    }
  }
  return p;
}

} // namespace

// False alarms: as in audit.cpp, one-sided 99 % intervals of 2000 campaigns. The clustered interval
// states to cover near 95 %, at least 93 % where hits are rare.
TEST_CASE("intervals of crossed faults and inputs cover what they promise, pairs do not") {
  audit_options o;
  o.trials = 400;
  const crossed_population known = uneven();
  const auto all = audit_crossed(known, o);
  CHECK(all.size() == 5);
  CHECK(named(all, "all inputs, clustered by fault").coverage.upper >= 0.94);
  CHECK(named(all, "half of the inputs, two-way").coverage.upper >= 0.95);
  CHECK(named(all, "all inputs, Wilson over pairs").coverage.upper < 0.6);
  CHECK(named(all, "half of the inputs, Wilson over pairs").coverage.upper < 0.6);
  // What is said about half of the inputs does not hold for all of them.
  CHECK(named(all, "half of the inputs, clustered by fault").share() <
        named(all, "half of the inputs, two-way").share());
  for (const audited_method& m : all) {
    CHECK(m.campaigns == o.campaigns);
    CHECK(m.mean_half_width > 0.001);
    CHECK(m.mean_half_width < 0.1);
  }
  const std::string text = audit_table(known, all);
  CHECK(has(text, "20,000 faults on 40 inputs: "));
  CHECK(has(text, "2,000 campaigns by each method, 95.0 % stated"));
  CHECK(has(text, "too often wrong"));
}

TEST_CASE("a crossed audit is reproducible, and all faults on all inputs are known exactly") {
  audit_options o;
  o.campaigns = 50;
  o.trials = 100'000;
  const crossed_population known = uneven();
  const auto all = audit_crossed(known, o);
  CHECK(named(all, "all inputs, clustered by fault").covered == 50);
  CHECK(named(all, "all inputs, clustered by fault").mean_half_width == 0);
  o.trials = 100;
  const auto a = audit_crossed(known, o), b = audit_crossed(known, o);
  o.seed = 2;
  const auto c = audit_crossed(known, o);
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].covered == b[i].covered);
    CHECK(a[i].mean_half_width == b[i].mean_half_width);
    CHECK(a[i].mean_half_width != c[i].mean_half_width);
  }
}

TEST_CASE("the population is what a database says of each input, without those set aside") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description(60);
  store s = store::open(folder.path / "s.db", d);
  trial_record r;
  r.inputs = 5;
  r.outcomes_by_input = "ms-ts";
  std::vector<trial_record> list(4, r);
  list[1].outcomes_by_input = "ss-mm";
  list[2].outcomes_by_input = "mm-mm";
  for (std::size_t i = 0; i < list.size(); ++i) {
    list[i].number = i == 3 ? 4 : i; // behind a gap
    list[i].criteria = {0, 0, 0};
  }
  s.add(1, list);
  const crossed_population known = crossed_population_of(s, 1);
  CHECK(known.inputs == 4);
  CHECK(known.hits == std::vector<std::vector<std::uint32_t>>{{1, 3}, {0, 1}, {}});
  CHECK(known.share() == 4 / 12.0);
  CHECK(has(thrown<std::invalid_argument>([&] { static_cast<void>(crossed_population_of(s, 0)); }),
            "experiment 'weights' ran each trial on one input"));
  list[3].number = 3;
  list[3].outcomes_by_input = "ms--s";
  s.add(1, {&list[3], 1});
  CHECK(has(thrown<std::invalid_argument>([&] { static_cast<void>(crossed_population_of(s, 1)); }),
            "judged 3 inputs in trial 3 and 4 before"));
  store none = store::open(folder.path / "none.db", d);
  CHECK(
      has(thrown<std::invalid_argument>([&] { static_cast<void>(crossed_population_of(none, 1)); }),
          "has 0 trials"));
}
