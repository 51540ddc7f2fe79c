// SPDX-License-Identifier: MIT
#include <bitfault/campaign/strata.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/memory_store.hpp>

#include <cmath>
#include <cstdint>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace bitfault::campaign;
using net = toy::residual_network;

std::vector<target> targets_of_net() {
  net m;
  return targets_of(m.layers(), m.parameters());
}

experiment split(strata_kind strata, std::vector<std::string> targets = {"@weights"}) {
  experiment e;
  e.name = "e";
  e.targets = std::move(targets);
  e.strata = strata;
  e.all_inputs = true;
  return e;
}

std::vector<std::string> names_of(const std::vector<experiment>& list) {
  std::vector<std::string> names;
  for (const experiment& e : list)
    names.push_back(e.name);
  return names;
}

} // namespace

TEST_CASE("an experiment without strata stands for itself") {
  CHECK(strata_of(split(strata_kind::none), targets_of_net()) ==
        std::vector<experiment>{split(strata_kind::none)});
}

TEST_CASE("strata of parts of targets are those parts") {
  experiment e = split(strata_kind::targets, {"dense1.weight[0,*]", "dense2.weight[3,1]"});
  e.trials = 100;
  const std::vector<experiment> strata = strata_of(e, targets_of_net());
  CHECK(names_of(strata) ==
        std::vector<std::string>{"e, dense1.weight[0,*]", "e, dense2.weight[3,1]"});
  CHECK(strata[1].targets == std::vector<std::string>{"dense2.weight[3,1]"});
  CHECK(strata[0].trials == 100);
  CHECK(strata[1].trials == 32); // as many as it has sites
}

TEST_CASE("strata of targets: one experiment for each, otherwise as asked") {
  experiment e = split(strata_kind::targets);
  e.trials = 1600;
  e.stop = stop_rule{0.02, 0.9};
  const std::vector<experiment> strata = strata_of(e, targets_of_net());
  CHECK(names_of(strata) ==
        std::vector<std::string>{"e, dense1.weight", "e, dense2.weight", "e, dense3.weight"});
  experiment second = e;
  second.name = "e, dense2.weight";
  second.targets = {"dense2.weight"};
  second.strata = strata_kind::none;
  second.stratum_of = "e";
  CHECK(strata[1] == second);
  CHECK(strata[2].trials == 4 * 8 * 32); // it has no more sites
}

TEST_CASE("strata of targets and bits: one for each bit that the experiment strikes") {
  experiment e = split(strata_kind::targets_and_bits, {"dense?.bias"});
  e.fault.bits.which = mask_family::kind::sign;
  e.fault.which = fault_description::kind::stuck_at_1;
  std::vector<experiment> strata = strata_of(e, targets_of_net());
  CHECK(names_of(strata) == std::vector<std::string>{"e, dense1.bias bit 31",
                                                     "e, dense2.bias bit 31",
                                                     "e, dense3.bias bit 31"});
  CHECK(strata[0].fault.bits == mask_family{mask_family::kind::given, {31}, 2});
  CHECK(strata[0].fault.which == fault_description::kind::stuck_at_1);
  e.fault.bits = {mask_family::kind::given, {7, 2}, 2};
  strata = strata_of(e, targets_of_net());
  CHECK(names_of(strata)[1] == "e, dense1.bias bit 7");
  e.fault.bits = {};
  CHECK(strata_of(e, targets_of_net()).size() == 3 * 32);
}

TEST_CASE("the sites of the strata are those of the whole, each once") {
  const auto all = targets_of_net();
  for (const strata_kind kind : {strata_kind::targets, strata_kind::targets_and_bits}) {
    const experiment e = split(kind, {"dense1.*", "add"});
    std::set<std::vector<std::uint64_t>> seen;
    for (const experiment& s : strata_of(e, all)) {
      const bound_experiment b(s, 0, 1, all);
      for (std::uint64_t i = 0; i < b.space().sites(); ++i) {
        const fault_site site = b.space().at(i);
        CHECK(seen.insert({site.target, site.element, site.mask}).second);
      }
    }
    experiment whole = e;
    whole.strata = strata_kind::none;
    CHECK(seen.size() == bound_experiment(whole, 0, 1, all).space().sites());
  }
}

TEST_CASE("proportional allocation deals the trials of the whole out by the number of sites") {
  const auto all = targets_of_net();
  experiment e = split(strata_kind::targets);
  e.allocation = allocation_kind::proportional;
  e.trials = 1000;
  const auto given = [&](const experiment& of) {
    std::uint64_t sum = 0;
    for (const experiment& s : strata_of(of, all)) {
      const std::uint64_t sites = bound_experiment(s, 0, 1, all).space().sites();
      CHECK(s.allocation == allocation_kind::each);
      CHECK_FALSE(s.plan.has_value());
      sum += s.trials;
      experiment whole = of;
      whole.strata = strata_kind::none;
      const bound_experiment together(whole, 0, 1, all);
      const double part = static_cast<double>(together.trials()) * static_cast<double>(sites) /
                          static_cast<double>(together.space().sites());
      CHECK(std::abs(static_cast<double>(s.trials) - part) < 1);
    }
    return sum;
  };
  CHECK(given(e) == 1000);
  e.trials = 0; // all
  CHECK(given(e) == bound_experiment(split(strata_kind::none), 0, 1, all).space().sites());
  e.plan = sample_plan{0.03, 0.95, 0.5};
  experiment whole = split(strata_kind::none);
  whole.plan = e.plan;
  CHECK(given(e) == bound_experiment(whole, 0, 1, all).trials());

  experiment few = split(strata_kind::targets_and_bits);
  few.allocation = allocation_kind::proportional;
  few.trials = 40;
  CHECK_THROWS_WITH(strata_of(few, all), Catch::Contains("'e' has no trial for 'e, dense") &&
                                             Catch::Contains("ask for more trials"));
  e.stop = stop_rule{0.02, 0.9};
  CHECK_THROWS_WITH(strata_of(e, all), Catch::Contains("stop rule"));
  e.stop.reset();
  e.plan.reset();
  e.trials = 100;
  e.amount.which = fault_amount::kind::exactly;
  CHECK_THROWS_WITH(strata_of(e, all), Catch::Contains("amount \"single\""));
}

TEST_CASE("what cannot be split into strata is refused") {
  const auto all = targets_of_net();
  experiment e = split(strata_kind::targets_and_bits);
  e.fault.bits = {mask_family::kind::adjacent, {}, 2};
  CHECK_THROWS_WITH(strata_of(e, all), Catch::Contains("'e' asks for strata of bits") &&
                                           Catch::Contains("several bits"));
  e.fault = {fault_description::kind::zero, 0, 0, {}};
  CHECK_THROWS_WITH(strata_of(e, all), Catch::Contains("whole value"));
  CHECK_THROWS_AS(strata_of(split(strata_kind::targets, {"nothing"}), all), std::invalid_argument);

  std::vector<target> odd = all;
  odd[0].name = "dense?.weight";
  CHECK_THROWS_WITH(strata_of(split(strata_kind::targets), odd),
                    Catch::Contains("'dense?.weight': as a pattern"));
  odd = all;
  for (target& t : odd)
    t.size = 0;
  CHECK_THROWS_WITH(strata_of(split(strata_kind::targets), odd),
                    Catch::Contains("without any fault site"));
}

TEST_CASE("in a campaign each stratum has its own plan and stops by itself") {
  experiment planned = split(strata_kind::targets);
  planned.plan = sample_plan{0.05, 0.95, 0.5};
  experiment stopped = split(strata_kind::targets, {"dense1.weight", "dense2.bias"});
  stopped.name = "s";
  stopped.stop = stop_rule{0.06, 0.95};
  campaign<net> c([] { return std::make_unique<net>(24, 4); }, {}, {planned, stopped});
  const auto& all = c.experiments();
  REQUIRE(all.size() == 5);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(all[i].what().stratum_of == "e");
    CHECK(all[i].trials() == bitfault::sample_size(all[i].space().sites(), 0.05, 0.95, 0.5));
  }
  memory_store results(5);
  c.run(results);
  REQUIRE(results.stopped_at(3));
  CHECK(*results.stopped_at(3) < all[3].trials());
  for (const std::size_t i : {3U, 4U}) {
    complete_prefix prefix(all[i]);
    results.for_each_trial(i, {0, all[i].trials()}, [&](const trial_record& r) { prefix.add(r); });
    const auto known = prefix.current();
    CHECK((known.upper - known.lower) / 2 <= 0.06);
  }
}
