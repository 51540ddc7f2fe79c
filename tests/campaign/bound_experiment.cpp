// SPDX-License-Identifier: MIT
#include <bitfault/campaign/bound_experiment.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <cmath>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace bitfault::campaign;

constexpr std::uint64_t all_sites = (48 + 8 + 64 + 8 + 32 + 4) * 32;

experiment named(const std::string& name) {
  experiment e;
  e.name = name;
  return e;
}
experiment planned(const sample_plan& plan, bool all_inputs) {
  experiment e = named("p");
  e.plan = plan;
  e.all_inputs = all_inputs;
  return e;
}
bound_experiment bind(const experiment& e, std::uint32_t number = 0, std::uint64_t seed = 1) {
  static toy::residual_network net;
  return {e, number, seed, targets_of(net.layers(), net.parameters())};
}
std::vector<std::uint64_t> first_sites(const bound_experiment& e, std::uint64_t trials) {
  std::vector<std::uint64_t> sites;
  for (std::uint64_t t = 0; t < trials; ++t)
    for (const fault_site& s : e.sites_of(t))
      sites.push_back(s.number);
  return sites;
}

} // namespace

TEST_CASE("an experiment without a number of trials has every site once") {
  const bound_experiment e = bind(named("all"));
  CHECK(e.trials() == all_sites);
  CHECK(e.exhaustive());
  CHECK_FALSE(e.activations_only());
  const std::vector<std::uint64_t> sites = first_sites(e, all_sites);
  CHECK(std::set<std::uint64_t>(sites.begin(), sites.end()).size() == all_sites);
  CHECK(*std::max_element(sites.begin(), sites.end()) == all_sites - 1);
}

TEST_CASE("a trial depends on seed, experiment and number, and on nothing else") {
  experiment e = named("some");
  e.trials = 50;
  const std::vector<std::uint64_t> sites = first_sites(bind(e), 50);
  CHECK_FALSE(bind(e).exhaustive());
  CHECK(first_sites(bind(e), 50) == sites);
  e.trials = 80; // more trials begin with the same ones
  CHECK(first_sites(bind(e), 50) == sites);
  CHECK(first_sites(bind(e, 1), 50) != sites);
  CHECK(first_sites(bind(e, 0, 2), 50) != sites);

  std::set<std::uint64_t> inputs;
  for (std::uint64_t t = 0; t < 200; ++t) {
    const auto [first, count] = bind(e).inputs_of(t, 8);
    CHECK(count == 1);
    inputs.insert(first);
  }
  CHECK(inputs == std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7});
  e.all_inputs = true;
  CHECK(bind(e).inputs_of(3, 8) == std::pair<std::uint64_t, std::uint64_t>{0, 8});
  e.targets = {"@activations"};
  CHECK(bind(e).activations_only());
}

TEST_CASE("a plan takes as many trials as the formula says, corrected where sites are finite") {
  const sample_plan five_percent{0.05, 0.95, 0.5};
  // By hand: t^2 p (1 - p) / e^2 with the deviate of 95 %.
  const double endless = 1.959963984540054 * 1.959963984540054 * 0.25 / (0.05 * 0.05);
  const double sites = all_sites;
  const auto corrected = static_cast<std::uint64_t>(std::ceil(sites / (1 + (sites - 1) / endless)));
  CHECK(bind(planned(five_percent, true)).trials() == corrected);
  CHECK(bind(planned(five_percent, false)).trials() == 385);
  experiment drawn = planned(five_percent, true);
  drawn.fault = {fault_description::kind::random_value, -1, 1, {mask_family::kind::all, {}, 2}};
  drawn.targets = {"dense*.weight", "@activations"};
  // A site whose value is drawn is another one each time; there are 188 sites.
  CHECK_THROWS_WITH(bind(drawn), Catch::Contains("takes 385 single faults"));
  drawn.amount = {fault_amount::kind::exactly, 1, 0};
  CHECK(bind(drawn).trials() == 385);
}

TEST_CASE("a plan that cannot be met is refused by its name") {
  CHECK_THROWS_WITH(bind(planned({0.01, 0.95, 0.5}, false)),
                    "bitfault: campaign: experiment 'p's plan (margin 0.01, confidence 0.95, "
                    "expected 0.5) takes 9604 single faults; there are 5248 sites, and a site "
                    "comes once. Let trials run on all inputs, take a wider margin, or draw "
                    "exactly 1 fault anew in each trial");
  for (const sample_plan& plan :
       {sample_plan{0.01, 0.95, 0}, sample_plan{0.01, 0.95, 1}, sample_plan{0, 0.95, 0.5},
        sample_plan{0.01, 1, 0.5}, sample_plan{0.01, 0.95, std::nan("")}})
    CHECK_THROWS_WITH(bind(planned(plan, true)), Catch::Contains("experiment 'p's plan (margin ") &&
                                                     Catch::Contains("cannot be met"));
  CHECK_THROWS_AS(bind(planned({0.01, 0.95, 0}, true)), std::invalid_argument);
  experiment many = named("m");
  many.trials = all_sites + 1;
  CHECK_THROWS_WITH(bind(many), "bitfault: campaign: experiment 'm' asks for 5249 single faults; "
                                "there are 5248 sites");
  many.amount = {fault_amount::kind::exactly, 2, 0};
  many.trials = 0;
  CHECK_THROWS_WITH(bind(many), Catch::Contains("experiment 'm' says no number of trials"));
}
