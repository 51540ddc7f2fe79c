// SPDX-License-Identifier: MIT
#include <bitfault/campaign/complete_prefix.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <algorithm>
#include <random>

namespace {

using namespace bitfault::campaign;

bound_experiment make(std::optional<stop_rule> stop, bool all_inputs = true) {
  static toy::residual_network net;
  experiment e;
  e.name = "e";
  e.all_inputs = all_inputs;
  e.stop = stop;
  return {e, 0, 1, targets_of(net.layers(), net.parameters())};
}

} // namespace

TEST_CASE("only the trials before the first gap count") {
  const auto e = make({});
  complete_prefix p(e);
  for (const std::uint64_t n : {3U, 1U, 5U})
    p.add(n, true);
  CHECK(p.length() == 0);
  p.add(0, true);
  CHECK(p.length() == 2);
  CHECK(p.critical() == 2);
  p.add(2, false);
  CHECK(p.length() == 4);
  p.add(4, false);
  CHECK(p.length() == 6);
  CHECK(p.critical() == 4);
  CHECK_FALSE(p.stops_at());
}

TEST_CASE("the order in which trials arrive does not change where the rule stops") {
  const auto e = make(stop_rule{0.04, 0.95});
  std::mt19937 random(5);
  std::vector<std::pair<std::uint64_t, bool>> trials;
  for (std::uint64_t n = 0; n < 3000; ++n)
    trials.emplace_back(n, random() % 20 == 0);
  std::optional<std::uint64_t> stopped;
  for (int order = 0; order < 5; ++order) {
    complete_prefix p(e);
    for (const auto& [n, hit] : trials)
      p.add(n, hit);
    REQUIRE(p.stops_at());
    if (stopped)
      CHECK(*p.stops_at() == *stopped);
    stopped = p.stops_at();
    std::shuffle(trials.begin(), trials.end(), random);
  }
  CHECK(*stopped < 3000);
}

TEST_CASE("without replacement the interval ends in the truth; with a random input it does not") {
  const auto all = make({}), one = make({}, false);
  complete_prefix census(all), sample(one);
  for (std::uint64_t n = 0; n < all.trials(); ++n) {
    census.add(n, n % 10 == 0);
    sample.add(n, n % 10 == 0);
  }
  const double share =
      static_cast<double>((all.trials() + 9) / 10) / static_cast<double>(all.trials());
  CHECK(census.current().lower == share);
  CHECK(census.current().upper == share);
  CHECK(sample.current().lower < share - 0.005);
  CHECK(sample.current().upper > share + 0.005);
  experiment drawn = all.what();
  drawn.fault.which = fault_description::kind::uniform_noise;
  complete_prefix values(drawn, all.trials());
  for (std::uint64_t n = 0; n < all.trials(); ++n)
    values.add(n, n % 10 == 0);
  CHECK(values.current() == sample.current());
}
