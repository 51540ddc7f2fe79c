// SPDX-License-Identifier: MIT
#include <bitfault/campaign/isolation.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/memory_store.hpp>

#include <cstdlib>
#include <memory>

namespace {

using namespace bitfault::campaign;

/// Dies where an activation is huge, never ends where one is hugely negative.
struct fragile : toy::residual_network {
  using toy::residual_network::residual_network;
  void run_layer(std::size_t n, std::uint64_t first, std::span<const tensor_ref> in,
                 const tensor_ref& out) {
    toy::residual_network::run_layer(n, first, in, out);
    for (bitfault::index_t i = 0; i < out.size(); ++i) {
      const float x = out.as<float>()[i];
      if (x > 1e30F && deadly)
        std::abort();
      while (x < -1e30F && deadly)
        static_cast<void>(*const_cast<volatile bool*>(&deadly));
    }
  }
  bool deadly = true;
};
struct sturdy : fragile {
  explicit sturdy(std::uint64_t inputs, std::uint64_t batch) : fragile(inputs, batch) {
    deadly = false;
  }
};

experiment exponents(std::uint64_t trials) {
  experiment e;
  e.name = "exponents";
  e.targets = {"*"};
  e.trials = trials;
  e.fault.bits.which = mask_family::kind::exponent;
  return e;
}

settings isolated(unsigned processes) {
  settings s;
  s.threads = processes;
  s.isolate = true;
  s.time_limit = 0.2;
  return s;
}

template <class Net>
std::vector<trial_record> run(const settings& s, const experiment& e, memory_store& store) {
  campaign<Net> c([] { return std::make_unique<Net>(24, 1); }, s, {e});
  c.run(store);
  std::vector<trial_record> all;
  store.for_each_trial(0, {0, e.trials}, [&](const trial_record& r) { all.push_back(r); });
  return all;
}

} // namespace

TEST_CASE("trials in child processes give the records of trials in threads") {
  memory_store a(1), b(1), c(1);
  const auto expected = run<sturdy>({}, exponents(500), a);
  CHECK(run<sturdy>(isolated(1), exponents(500), b) == expected);
  CHECK(run<sturdy>(isolated(3), exponents(500), c) == expected);
  CHECK(b.deaths(0).empty());
}

TEST_CASE("a crash and a hang cost their own trial only, and are tried twice") {
  memory_store safe(1), store(1);
  const auto expected = run<sturdy>({}, exponents(120), safe);
  const auto got = run<fragile>(isolated(2), exponents(120), store);
  REQUIRE(got.size() == 120);
  std::size_t crashes = 0, hangs = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const bool crash = got[i].outcomes[static_cast<std::size_t>(outcome::crash)] != 0;
    const bool hang = got[i].outcomes[static_cast<std::size_t>(outcome::hang)] != 0;
    crashes += crash ? 1 : 0;
    hangs += hang ? 1 : 0;
    if (!crash && !hang)
      REQUIRE(got[i] == expected[i]);
    else
      REQUIRE(got[i].faults.size() == 1);
  }
  CHECK(crashes > 0);
  CHECK(hangs > 0);
  CHECK(store.deaths(0).size() == crashes + hangs);
  for (const trial_deaths& d : store.deaths(0))
    CHECK(d.count() == 2);
}

TEST_CASE("deaths of an earlier start count: the second one is the last") {
  memory_store first(1);
  static_cast<void>(run<fragile>(isolated(1), exponents(60), first));
  REQUIRE_FALSE(first.deaths(0).empty());
  const trial_deaths known = first.deaths(0)[0];
  memory_store again(1);
  CHECK(again.record_death(0, known.trial, known.hangs != 0 ? outcome::hang : outcome::crash) == 1);
  static_cast<void>(run<fragile>(isolated(1), exponents(60), again));
  for (const trial_deaths& d : again.deaths(0))
    CHECK(d.count() == 2);
}

TEST_CASE("a model that cannot be made in a child process ends the run") {
  static bool in_parent;
  in_parent = true;
  settings s = isolated(1);
  campaign<sturdy> c(
      [] {
        if (!in_parent)
          throw std::runtime_error("no model here");
        auto m = std::make_unique<sturdy>(24, 1);
        in_parent = false;
        return m;
      },
      s, {exponents(10)});
  memory_store store(1);
  CHECK_THROWS_WITH(c.run(store), Catch::Contains("died before it ran trial 0"));
}

TEST_CASE("records survive the way through a socket") {
  trial_record r;
  r.number = 5;
  r.inputs = 3;
  r.outcomes = {1, 2, 3, 4, 5, 6, 7};
  r.criteria = {0.1, -0.0};
  r.faults = {{1, {2, 3, 4, bitfault::fault_action::write}, 5, 6}};
  r.monitors.resize(2);
  r.monitors[1].rmse = 0.25;
  const std::string bytes = to_bytes(r);
  CHECK(to_trial(bytes) == r);
  for (std::size_t n = 0; n < bytes.size(); ++n)
    CHECK_THROWS_AS(to_trial(std::string_view(bytes).substr(0, n)), std::runtime_error);
  CHECK_THROWS_AS(to_trial(bytes + "x"), std::runtime_error);
}
