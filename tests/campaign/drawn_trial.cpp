// SPDX-License-Identifier: MIT
#include <bitfault/campaign/drawn_trial.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace bitfault::campaign;

std::vector<target> targets_of_net() {
  toy::residual_network m;
  return targets_of(m.layers(), m.parameters());
}

experiment of_faults(std::uint64_t count) {
  experiment e;
  e.name = "e";
  e.targets = {"dense1.weight"};
  e.amount = {fault_amount::kind::exactly, count, 0};
  e.trials = 10;
  return e;
}

} // namespace

TEST_CASE("a drawn trial has the sites and inputs that its experiment gives for its number") {
  const auto all = targets_of_net();
  const bound_experiment e(of_faults(3), 2, 5, all);
  for (const std::uint64_t number : {0U, 7U}) {
    const drawn_trial t = draw_trial(e, number, 24);
    const auto sites = e.sites_of(number);
    CHECK(t.record.number == number);
    CHECK(t.record.first_input == e.inputs_of(number, 24).first);
    CHECK(t.record.inputs == 1);
    REQUIRE(t.record.faults.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(t.record.faults[i].target == sites[i].target);
      CHECK(t.record.faults[i].fault.element == sites[i].element);
      CHECK(t.record.faults[i].fault.mask == sites[i].mask);
    }
  }
}

TEST_CASE("a fault is made of the word that it meets") {
  const auto all = targets_of_net();
  experiment what = of_faults(1);
  what.fault.which = fault_description::kind::stuck_at_0;
  const bound_experiment e(what, 2, 5, all);
  const drawn_trial t = draw_trial(e, 0, 24);
  const std::uint64_t mask = t.sites[0].mask;
  const injected_fault on = t.met(0, all[t.sites[0].target], 0xFFFFFFFF);
  CHECK(on.before == 0xFFFFFFFF);
  CHECK(on.after == (0xFFFFFFFF & ~mask));
  CHECK(on.fault.action == bitfault::fault_action::stuck_at_0);
  CHECK(t.met(0, all[t.sites[0].target], 0).after == 0);
}

TEST_CASE("a drawn value is the trial's own, whatever else was met before") {
  const auto all = targets_of_net();
  experiment what = of_faults(2);
  what.fault = {fault_description::kind::random_value, -1, 1, {mask_family::kind::all, {}, 2}};
  const bound_experiment e(what, 2, 5, all);
  const drawn_trial t = draw_trial(e, 0, 24), other = draw_trial(e, 1, 24);
  const target& weights = all[t.sites[0].target];
  const injected_fault first = t.met(0, weights, 1);
  static_cast<void>(t.met(1, weights, 2));
  CHECK(t.met(0, weights, 1) == first);
  CHECK(first.fault.action == bitfault::fault_action::write);
  CHECK(t.met(1, weights, 1).after != first.after);
  CHECK(other.met(0, weights, 1).after != first.after);
}

TEST_CASE("faults that are given are made as they stand there") {
  drawn_trial t;
  t.record.faults = {{0, {5, 0b110, 0, bitfault::fault_action::stuck_at_1}, 77, 88}};
  const injected_fault f = t.met(0, targets_of_net()[0], 0b1000);
  CHECK(f.before == 0b1000);
  CHECK(f.after == 0b1110);
  CHECK(f.fault == t.record.faults[0].fault);
}

TEST_CASE("a trial is named by its experiment, its number and its first fault") {
  const auto all = targets_of_net();
  drawn_trial t;
  t.record.number = 4;
  CHECK(name_of(t, all) == "trial 4");
  t.record.faults = {{0, {8, 1U << 30, 0, bitfault::fault_action::flip}, 0, 0}};
  CHECK(name_of(t, all) == "trial 4 (bf1:dense1.weight[1,2]^30)");
  t.record.faults.push_back(t.record.faults[0]);
  const bound_experiment e(of_faults(2), 2, 5, all);
  t.experiment = &e;
  CHECK(name_of(t, all) == "experiment 'e', trial 4 (bf1:dense1.weight[1,2]^30 and more)");
}
