// SPDX-License-Identifier: MIT
#include <bitfault/campaign/truth_store.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <bitfault/campaign/classification.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

using namespace bitfault::campaign;

TEST_CASE("a truth store keeps for each site which flags held for tau inputs, and no numbers") {
  toy::residual_network net;
  experiment e;
  e.name = "all";
  e.all_inputs = true;
  e.tau = 2;
  const bound_experiment bound(e, 0, 1, targets_of(net.layers(), net.parameters()));
  truth_store all(bound, {margin_loss(), sdc_1(), sdc_5()});
  truth& known = all.known();
  CHECK(known.criteria() == std::vector<std::string>{"sdc_1", "sdc_5", "non_finite", "masked"});
  CHECK(known.sites() == bound.space().sites());

  // Trials in any order. Outcomes: crash, hang, detected, non-finite, masked, SDC, tolerable.
  const auto record = [](std::uint64_t number, const outcome_counts& outcomes, double sdc_1,
                         double sdc_5) {
    trial_record r;
    r.number = number;
    r.inputs = 4;
    r.outcomes = outcomes;
    r.criteria = {99, sdc_1, sdc_5};
    return r;
  };
  all.add(0, std::vector<trial_record>{record(7, {0, 0, 0, 0, 1, 3, 0}, 3, 2),
                                       record(0, {0, 0, 0, 2, 1, 1, 0}, 1, 0)});
  all.add(0, std::vector<trial_record>{record(3, {0, 0, 0, 0, 4, 0, 0}, 0, 0),
                                       record(4, {0, 0, 0, 1, 3, 0, 0}, 0, 0)});
  const auto site = [&](std::uint64_t trial) { return bound.sites_of(trial).front().number; };
  const auto held = [&](std::uint64_t trial) {
    std::string names;
    for (std::size_t i = 0; i < known.criteria().size(); ++i)
      if (known.holds(i, site(trial)))
        names += known.criteria()[i] + " ";
    return names;
  };
  CHECK(held(7) == "sdc_1 sdc_5 ");
  CHECK(held(0) == "non_finite "); // one SDC is less than tau
  CHECK(held(3) == "masked ");
  CHECK(held(4).empty());
  CHECK(known.hits(0) == 1);
  CHECK(known.hits(2) == 1);
  CHECK(all.stored(0).count() == 4);
  CHECK(all.stored(0).prefix() == 1);
  CHECK_FALSE(all.stopped_at(0).has_value());
  CHECK_THROWS_AS(all.set_stopped_at(0, 10), std::invalid_argument);
}
